/**
 * A process that records a given number of denials on stderr before its stderr is read, then one more, and says how
 * many were lost.
 */

import { writeSync } from "node:fs";
import { openAudit } from "../../../src/telemetry/audit/audit.ts";
import { denied, exampleRequest } from "../examples.ts";

// As soon as it is touched, Node makes the pipe non-blocking: a full one then fails with EAGAIN.
if (!process.stderr.writable) process.exit(2);

const [count = "0"] = process.argv.slice(2);
let dropped = 0;
const audit = openAudit({
  target: 2,
  server: "s",
  hmacKey: "key",
  onDropped: (records) => (dropped += records),
});
for (let index = 0; index < Number(count); index += 1)
  audit.observer.requestDecided?.(exampleRequest(), denied());
audit.flush();
writeSync(1, "recorded");

// A timer that does not keep the process alive writes the pending lines.
setTimeout(() => {
  audit.observer.requestDecided?.(exampleRequest({ id: "last" }), denied());
  audit.close();
  writeSync(1, ` ${dropped}`);
  process.exit(0);
}, 500);
