/** Requests that the admin listener refuses: each is counted; wrong tokens are logged and audited, together for each ten seconds. */

import type { AdminRefusal } from "../../admin/access.ts";
import type { Control as ControlEvent } from "../../enforcement/observer.ts";
import type { Telemetry } from "../../telemetry/telemetry.ts";

const GATHER_MS = 10_000;
const MAX_PATH = 128;

/** The first wrong token is recorded at once, so that one alone is seen; those of the next seconds in one record. */
export function createAdminRefusals(
  { metrics, observer, log }: Pick<Telemetry, "metrics" | "observer" | "log">,
  nowMs: () => number,
): { readonly onRefused: (refusal: AdminRefusal) => void; readonly flush: () => void } {
  let timer: NodeJS.Timeout | undefined;
  let gathered: ControlEvent | undefined;
  const record = (event: ControlEvent): void => {
    observer.controlled(event);
    log.warn({ address: event.by, request: event.reason, count: event.count }, "wrong admin token");
  };
  const flush = (): void => {
    clearTimeout(timer);
    timer = undefined;
    if (gathered !== undefined) record(gathered);
    gathered = undefined;
  };
  return {
    flush,
    onRefused: ({ cause, method, path, address = "unknown" }) => {
      metrics.adminRefused(cause);
      if (cause !== "wrong_token") return;
      const request = `${method} ${path.slice(0, MAX_PATH)}`;
      const event = { atMs: nowMs(), action: "wrong_token", by: address, reason: request } as const;
      if (timer === undefined) {
        record({ ...event, count: 1 });
        timer = setTimeout(flush, GATHER_MS).unref();
      } else gathered = { ...event, count: (gathered?.count ?? 0) + 1 };
    },
  };
}
