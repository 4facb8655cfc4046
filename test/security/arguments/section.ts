/** Arguments of other types and forms on servers that convert them: counted by the values that the tools were given. */

import { runHttpLeg } from "../bypass/http-leg.ts";
import type { LegResult } from "../bypass/leg.ts";
import type { Figure, Section } from "../figure.ts";
import { HTTP_UPSTREAMS } from "../servers/upstreams.ts";
import { ARGUMENT_VECTORS, FORBIDDEN, PLAIN_VECTORS } from "./vectors.ts";

const LEAST_VECTORS = 300;

export const ARGUMENTS: Section = {
  name: "arguments",
  run: async ({ toolchain, isQuick }) => {
    const figures: Figure[] = [];
    for (const kind of HTTP_UPSTREAMS) {
      const corpus = [...ARGUMENT_VECTORS, ...FORBIDDEN];
      const attacked = await runHttpLeg(kind, toolchain, {
        corpus,
        control: isQuick ? FORBIDDEN : corpus,
      });
      const plain = await runHttpLeg(kind, toolchain, { corpus: PLAIN_VECTORS, control: [] });
      figures.push(attackFigure(attacked), plainFigure(plain));
    }
    return figures;
  },
};

/** A leg misses the bar when its server does not execute the forbidden values without a sidecar: it would prove nothing. */
function attackFigure({ name, vectors, controlled, executed, stopped, faults }: LegResult): Figure {
  return {
    name: `arguments, ${name}`,
    figure: `${executed} forbidden values in ${vectors} vectors, ${stopped} stopped; ${controlled} without Tollgate`,
    bar: `0 in at least ${LEAST_VECTORS}, at least ${FORBIDDEN.length} without Tollgate`,
    isMet:
      executed === 0 && faults.length === 0 && vectors >= LEAST_VECTORS && controlled >= FORBIDDEN.length,
    details: faults,
  };
}

function plainFigure({ name, passed, vectors, faults }: LegResult): Figure {
  return {
    name: `plain arguments, ${name}`,
    figure: `${passed} of ${vectors} pass`,
    bar: "all",
    isMet: passed === vectors && faults.length === 0,
    details: faults,
  };
}
