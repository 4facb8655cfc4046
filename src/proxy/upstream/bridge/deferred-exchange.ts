/** An exchange that begins when something else has ended. */

import type { UpstreamExchange } from "../../upstream.ts";

/** Begins after `ended`. An abort before that begins nothing. */
export function deferExchange(ended: Promise<void>, begin: () => UpstreamExchange): UpstreamExchange {
  let exchange: UpstreamExchange | undefined;
  let isAborted = false;
  const response = ended.then(() => {
    if (isAborted) return new Promise<never>(() => undefined);
    exchange = begin();
    return exchange.response;
  });
  const abort = (): void => {
    isAborted = true;
    exchange?.abort();
  };
  return { response, abort };
}
