/** The corpus against one kind of upstream over HTTP: first directly, to show that the attacks work, then through the sidecar. */

import { startTestSidecar } from "../../fixtures/start-sidecar.ts";
import { AuditTail } from "../audit-tail.ts";
import { isForbidden } from "../servers/execution.ts";
import type { ExecutingUpstream, UpstreamKind } from "../servers/upstreams.ts";
import type { Toolchain } from "../toolchain.ts";
import { judge, type LegResult, Tally } from "./leg.ts";
import { send } from "./send.ts";
import { envelope, type Family, vector } from "./vector.ts";

export interface Leg {
  readonly corpus: Family;
  /** Vectors that are sent without a sidecar, to show that the upstream does execute them. */
  readonly control: Family;
  readonly policy: object;
}

const LIST = vector("a list of the tools", envelope('"method":"tools/list"'));

export async function runHttpLeg(kind: UpstreamKind, toolchain: Toolchain, leg: Leg): Promise<LegResult> {
  const controlled = await direct(kind, toolchain, leg.control);
  const upstream = await kind.start(toolchain);
  const audit = new AuditTail(leg.policy);
  const flags = { policy: audit.policyFile, audit: audit.file };
  const sidecar = await startTestSidecar({ upstream: upstream.url, flags });
  const tally = new Tally(kind.name, controlled);
  try {
    // Tollgate learns the schemas of the tools, as it does from any client that begins with a list.
    await send(sidecar.url, LIST);
    audit.next();
    for (const vector of leg.corpus) {
      const before = forbiddenOf(upstream);
      const answer = await send(sidecar.url, vector);
      tally.add(vector, judge(vector, answer, audit.next()), forbiddenOf(upstream) - before);
    }
  } finally {
    await sidecar.stop();
    await upstream.close();
  }
  // Count executions and audit records that came after their response.
  tally.end(forbiddenOf(upstream), audit.next());
  audit.remove();
  return tally.result();
}

/** How many of the vectors the upstream executes when no sidecar is in front of it. */
async function direct(kind: UpstreamKind, toolchain: Toolchain, control: Family): Promise<number> {
  const upstream = await kind.start(toolchain);
  let executed = 0;
  for (const vector of control) {
    const before = forbiddenOf(upstream);
    await send(upstream.url, vector);
    if (forbiddenOf(upstream) > before) executed += 1;
  }
  await upstream.close();
  return executed;
}

function forbiddenOf(upstream: ExecutingUpstream): number {
  return upstream.executions().filter(isForbidden).length;
}
