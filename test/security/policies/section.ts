/** The ready policies in front of their real servers: every condition is attacked with values that servers convert. */

import type { Figure, Section } from "../figure.ts";
import { attackPolicy, type PolicyLeg } from "./leg.ts";
import { STAGES } from "./stages/stages.ts";

/** Small servers of npm, whose installation takes seconds. */
const QUICK = ["memory", "slack", "stripe"];

export const POLICIES: Section = {
  name: "policies",
  run: async ({ isQuick, policies = isQuick ? QUICK : Object.keys(STAGES) }) => {
    const figures: Figure[] = [];
    for (const name of policies) {
      const stage = STAGES[name];
      if (stage === undefined) throw new Error(`${name}: its server has no stage`);
      figures.push(figureOf(name, await attackPolicy(name, stage)));
    }
    return figures;
  },
};

/** A server on which no forbidden value has an effect of its own would prove nothing. */
function figureOf(name: string, leg: PolicyLeg): Figure {
  const { conditions, forbidden, told, vectors, passed, executed, plain, plainPassed, faults } = leg;
  return {
    name: `policy ${name}, before its server`,
    figure: `${executed} forbidden effects in ${vectors} vectors on ${conditions} conditions, ${passed} passed; without Tollgate ${told} of ${forbidden} forbidden values; ${plainPassed} of ${plain} plain calls pass`,
    bar: "0, at least 1 without Tollgate, and all plain calls",
    isMet: executed === 0 && plainPassed === plain && faults.length === 0 && told > 0,
    details: faults,
  };
}
