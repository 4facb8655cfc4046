/** `--agent`: every caller is this agent, since the operator said so. */

import type { Authentication, CredentialSource } from "./authentication.ts";

export function staticAgentSource(name: string): CredentialSource {
  const fixed: Authentication = { kind: "agent", agent: { name, source: "flag", verified: true } };
  return () => fixed;
}
