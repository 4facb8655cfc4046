/** Measures several subjects in turns, A B A B, so that a change of the machine's load affects all of them. */

import type { Testbed } from "../testbed.ts";
import type { Subject } from "../subjects/subject.ts";

export interface Turns<Figures, Started extends Subject = Subject> {
  readonly subjects: readonly Started[];
  readonly rounds: number;
  readonly measure: (subject: Started) => Promise<Figures>;
}

/** Measures all rounds and returns their figures by subject. */
export async function measureInTurns<Figures, Started extends Subject = Subject>({
  subjects,
  rounds,
  measure,
}: Turns<Figures, Started>): Promise<ReadonlyMap<string, readonly Figures[]>> {
  const figures = new Map<string, Figures[]>(subjects.map(({ name }) => [name, []]));
  for (let round = 0; round < rounds; round += 1) {
    // The order alternates, so that no subject always follows the same one.
    for (const subject of round % 2 === 0 ? subjects : subjects.toReversed()) {
      figures.get(subject.name)?.push(await measure(subject));
    }
  }
  return figures;
}

/** Starts the subjects, runs `work` with them, and stops them even when it throws. */
export async function withSubjects<Result, Started extends Subject = Subject>(
  testbed: Testbed,
  starts: readonly ((testbed: Testbed) => Promise<Started>)[],
  work: (subjects: readonly Started[]) => Promise<Result>,
): Promise<Result> {
  const subjects: Started[] = [];
  try {
    for (const start of starts) subjects.push(await start(testbed));
    return await work(subjects);
  } finally {
    await Promise.all(subjects.map(({ stop }) => stop()));
  }
}

/** Returns one figure of all rounds of one subject. */
export function figuresOfSubject<Figures, Name extends keyof Figures>(
  figures: ReadonlyMap<string, readonly Figures[]>,
  subject: string,
  name: Name,
): readonly Figures[Name][] {
  return (figures.get(subject) ?? []).map((one) => one[name]);
}
