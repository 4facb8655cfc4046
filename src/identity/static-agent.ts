/** `--agent`: every caller is this agent, since the operator said so. */

import type { Proof, Source } from "./authentication.ts";

export function flagSource(name: string): Source {
  const fixed: Proof = { kind: "agent", agent: { name, source: "flag", verified: true } };
  return () => fixed;
}
