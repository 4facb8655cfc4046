/** Arguments of other types and forms on servers that convert them: counted by the values that the tools were given. */

import { runHttpLeg } from "../bypass/http-leg.ts";
import type { LegResult } from "../bypass/leg.ts";
import type { Figure, Section } from "../figure.ts";
import { GUARD } from "../servers/execution.ts";
import { httpUpstreams } from "../servers/upstreams.ts";
import { ARGUMENT_VECTORS, FORBIDDEN, PLAIN_VECTORS } from "./vectors.ts";

const LEAST_VECTORS = 300;

/** Whether the arguments are held against the tool's schema, which stops most vectors before a rule sees them. */
const CHECKS = ["off", "validate"] as const;

export const ARGUMENTS: Section = {
  name: "arguments",
  run: async ({ toolchain, isQuick }) => {
    const figures: Figure[] = [];
    const corpus = [...ARGUMENT_VECTORS, ...FORBIDDEN];
    for (const kind of httpUpstreams(isQuick)) {
      for (const check of CHECKS) {
        const policy = { ...GUARD, arguments: check };
        const control = isQuick || check === "validate" ? FORBIDDEN : corpus;
        const attacked = await runHttpLeg(kind, toolchain, { corpus, control, policy });
        const plain = await runHttpLeg(kind, toolchain, { corpus: PLAIN_VECTORS, control: [], policy });
        figures.push(attackFigure(attacked, check), plainFigure(plain, check));
      }
    }
    return figures;
  },
};

/** A leg misses the bar when its server does not execute the forbidden values without a sidecar: it would prove nothing. */
function attackFigure(leg: LegResult, check: string): Figure {
  const { name, vectors, controlled, executed, stopped, faults } = leg;
  return {
    name: `arguments, ${name}, validation ${check}`,
    figure: `${executed} forbidden values in ${vectors} vectors, ${stopped} stopped; ${controlled} without Tollgate`,
    bar: `0 in at least ${LEAST_VECTORS}, at least ${FORBIDDEN.length} without Tollgate`,
    isMet:
      executed === 0 && faults.length === 0 && vectors >= LEAST_VECTORS && controlled >= FORBIDDEN.length,
    details: faults,
  };
}

function plainFigure({ name, passed, vectors, faults }: LegResult, check: string): Figure {
  return {
    name: `plain arguments, ${name}, validation ${check}`,
    figure: `${passed} of ${vectors} pass`,
    bar: "all",
    isMet: passed === vectors && faults.length === 0,
    details: faults,
  };
}
