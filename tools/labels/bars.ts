/** Figures of the classifier on labelled tools, and the bars that they must reach. */

import { type Judged, judge, type LabelledTool, type ViewName } from "./labelled-tools.ts";

export interface Figure {
  readonly text: string;
  readonly isReached: boolean;
}

/** Share of clear labels that must be right in each view. */
const MIN_RIGHT: Readonly<Record<ViewName, number>> = {
  "with annotations": 0.97,
  "without annotations": 0.97,
  "name alone": 0.95,
  "lying readOnlyHint": 0.97,
  "claims to modify nothing": 0.97,
};
const MAX_CHANGING_AS_READ = 1 / 150;
const MAX_READ_AS_OTHER = 3 / 100;

/** The figures of one view: right labels, changing tools that are called `read`, and reads that are called something else. */
export function figuresOf(tools: readonly LabelledTool[], view: ViewName): readonly Figure[] {
  const judged = judge(tools, view);
  const clear = judged.filter(({ isClear }) => isClear);
  const wrong = clear.filter(({ isRight }) => !isRight);
  const reads = clear.filter(({ tool }) => tool.label === "read");
  const changing = clear.filter(({ tool }) => tool.label !== "read");
  const doubtful = judged.filter(({ tool }) => tool.label !== "read" && !tool.also.includes("read"));
  const lost = reads.filter((one) => !isCalledRead(one)).length;
  const mistaken = changing.filter(isCalledRead).length;
  return [
    figure(
      `right ${(100 * (1 - wrong.length / clear.length)).toFixed(1)} %`,
      wrong.length / clear.length,
      1 - MIN_RIGHT[view],
    ),
    figure(
      `changing called read ${mistaken} of ${changing.length}`,
      mistaken / changing.length,
      MAX_CHANGING_AS_READ,
    ),
    {
      text: `with doubtful ones ${doubtful.filter(isCalledRead).length} of ${doubtful.length}`,
      isReached: true,
    },
    figure(`reads called something else ${lost} of ${reads.length}`, lost / reads.length, MAX_READ_AS_OTHER),
  ];
}

function figure(text: string, value: number, max: number): Figure {
  return { text, isReached: value <= max };
}

function isCalledRead({ guess }: Judged): boolean {
  return guess.category === "read";
}

/** One line of the confidence curve: the share of right labels among those with this confidence. */
export interface CurvePoint {
  readonly confidence: number;
  readonly right: number;
  readonly count: number;
}

/** The confidence curve over the three honest views. */
export function curveOf(tools: readonly LabelledTool[]): readonly CurvePoint[] {
  const views: readonly ViewName[] = ["with annotations", "without annotations", "name alone"];
  const clear = views.flatMap((view) => judge(tools, view)).filter(({ isClear }) => isClear);
  const levels = [...new Set(clear.map(({ guess }) => guess.confidence))].toSorted(
    (one, other) => other - one,
  );
  return levels.map((confidence) => {
    const at = clear.filter(({ guess }) => guess.confidence === confidence);
    return { confidence, right: at.filter(({ isRight }) => isRight).length, count: at.length };
  });
}
