/** A process that records one denial in the file it is given, and exits in the same turn of the event loop. */

import { openAudit } from "../../../src/telemetry/audit/audit.ts";
import { denied, exampleRequest } from "../examples.ts";

const [target = ""] = process.argv.slice(2);
const audit = openAudit({ target, server: "s", hmacKey: "key", onDropped: () => undefined });
audit.observer.requestDecided?.(exampleRequest(), denied());
process.exit(0);
