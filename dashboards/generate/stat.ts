/** Stat panels: one number, coloured by threshold, with its past as a line behind it. */

import {
  BigValueColorMode,
  BigValueGraphMode,
  BigValueTextMode,
  ReduceDataOptionsBuilder,
  VizOrientation,
} from "@grafana/grafana-foundation-sdk/common";
import { MappingType, type ValueMapping } from "@grafana/grafana-foundation-sdk/dashboard";
import { PanelBuilder } from "@grafana/grafana-foundation-sdk/stat";
import { ALLOWED, DENIED, type Thresholds, NEUTRAL } from "./colours.ts";
import { applyPanelOptions, type PanelOptions, singleColour, thresholds } from "./panel.ts";

export interface StatOptions extends PanelOptions {
  /** Absent for a number that is neither good nor bad. */
  readonly limits?: Thresholds;
  /** Omits the line, where the past of the number has no meaning. */
  readonly isBare?: boolean;
  readonly colour?: string;
  /** Words for single values: `{ "0": "down" }`. */
  readonly words?: Readonly<Record<string, string>>;
}

/** The latest value of one series. */
export function stat(options: StatOptions): PanelBuilder {
  const { limits, isBare, colour = NEUTRAL, words } = options;
  const builder = applyPanelOptions(new PanelBuilder(), options)
    .reduceOptions(new ReduceDataOptionsBuilder().calcs(["lastNotNull"]).fields("").values(false))
    .colorMode(BigValueColorMode.Value)
    .graphMode(isBare === true ? BigValueGraphMode.None : BigValueGraphMode.Area)
    .textMode(BigValueTextMode.Value)
    .thresholds(limits === undefined ? singleColour(colour) : thresholds(limits));
  return words === undefined ? builder : builder.mappings(valueMappings(words));
}

export interface ProblemCountsOptions extends PanelOptions {
  /** Names of numbers that are warnings, not faults. */
  readonly mild: readonly string[];
}

/** Several named numbers side by side, all expected to be 0; others are highlighted. */
export function problemCounts(options: ProblemCountsOptions): PanelBuilder {
  const builder = sideBySide(options)
    .colorMode(BigValueColorMode.Background)
    .thresholds(thresholds({ warn: 1, bad: 1 }));
  const steps = [
    { value: null, color: ALLOWED },
    { value: 1, color: DENIED },
  ];
  for (const name of options.mild) {
    builder.overrideByName(name, [{ id: "thresholds", value: { mode: "absolute", steps } }]);
  }
  return builder;
}

/** Several named numbers side by side, none of them good or bad. */
export function neutralCounts(options: PanelOptions): PanelBuilder {
  return sideBySide(options).colorMode(BigValueColorMode.Value).thresholds(singleColour(NEUTRAL));
}

function sideBySide(options: PanelOptions): PanelBuilder {
  return applyPanelOptions(new PanelBuilder(), options)
    .reduceOptions(new ReduceDataOptionsBuilder().calcs(["lastNotNull"]).fields("").values(false))
    .graphMode(BigValueGraphMode.None)
    .textMode(BigValueTextMode.ValueAndName)
    .orientation(VizOrientation.Vertical);
}

function valueMappings(words: Readonly<Record<string, string>>): ValueMapping[] {
  const options = Object.fromEntries(Object.entries(words).map(([value, text]) => [value, { text }]));
  return [{ type: MappingType.ValueToText, options }];
}
