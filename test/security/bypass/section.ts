/** Sends the bypass corpus to every kind of upstream. */

import type { Figure, Section } from "../figure.ts";
import { GUARD } from "../servers/execution.ts";
import { httpUpstreams, STDIO_UPSTREAMS } from "../servers/upstreams.ts";
import { CORPUS, PLAIN, STDIO_CORPUS } from "./corpus.ts";
import { runHttpLeg } from "./http-leg.ts";
import type { LegResult } from "./leg.ts";
import { runStdioLeg } from "./stdio-leg.ts";

const LEAST_VECTORS = 500;
const LEAST_UPSTREAMS = 11;

export const BYPASS: Section = {
  name: "bypass",
  run: async ({ toolchain, isQuick }) => {
    const results: LegResult[] = [];
    for (const kind of httpUpstreams(isQuick)) {
      const control = isQuick ? PLAIN : CORPUS;
      results.push(await runHttpLeg(kind, toolchain, { corpus: CORPUS, control, policy: GUARD }));
    }
    for (const kind of STDIO_UPSTREAMS) {
      results.push(
        await runStdioLeg(kind, toolchain, { corpus: STDIO_CORPUS, control: PLAIN, policy: GUARD }),
      );
    }
    return [summary(results), ...results.map(describeLeg)];
  },
};

function summary(results: readonly LegResult[]): Figure {
  const executed = results.reduce((sum, result) => sum + result.executed, 0);
  const kinds = results.length;
  return {
    name: "bypass corpus",
    figure: `${executed} executions in ${CORPUS.length} vectors (${STDIO_CORPUS.length} over stdio) x ${kinds} kinds of upstream`,
    bar: `0 in at least ${LEAST_VECTORS} x ${LEAST_UPSTREAMS}`,
    isMet: executed === 0 && CORPUS.length >= LEAST_VECTORS && kinds >= LEAST_UPSTREAMS,
  };
}

/** A leg misses the bar when its upstream executes nothing without a sidecar either: it would prove nothing. */
function describeLeg({ name, vectors, controlled, executed, stopped, passed, faults }: LegResult): Figure {
  return {
    name: `bypass, ${name}`,
    figure: `${executed} executed of ${vectors}, ${stopped} stopped with one record each, ${passed} harmless passed; ${controlled} executed without Tollgate`,
    bar: `0 executed, 0 faults, at least ${PLAIN.length} without Tollgate`,
    isMet: executed === 0 && faults.length === 0 && controlled >= PLAIN.length,
    details: faults,
  };
}
