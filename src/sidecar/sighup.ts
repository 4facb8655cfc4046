/** What SIGHUP asks for: whatever came from a file, or goes to one, is taken up anew. */

import type { Telemetry } from "../telemetry/telemetry.ts";

/** Never throws: what cannot be taken up anew stays as it is, and the log says so. */
export function createHangUp(
  { log, reopenAudit }: Pick<Telemetry, "log" | "reopenAudit">,
  readFiles: () => void,
): () => void {
  return () => {
    readFiles();
    const failure = reopenAudit();
    if (failure === undefined) log.info("audit log reopened");
    else log.error({ err: failure }, "the audit log could not be reopened; the old file stays in use");
  };
}
