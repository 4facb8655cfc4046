/** The forward proxy that the environment names for requests to issuers, as curl and Node read it. */

/** The variables that are set, by the names that Node knows. */
export interface OutgoingProxy {
  readonly HTTPS_PROXY: string;
  readonly NO_PROXY?: string;
}

/** Lower case wins, as it does in curl. Undefined without `HTTPS_PROXY`: plain HTTP is for loopback alone, and needs no proxy. */
export function outgoingProxy(
  environment: Readonly<Record<string, string | undefined>>,
): OutgoingProxy | undefined {
  const { https_proxy: lower, HTTPS_PROXY: upper, no_proxy: none, NO_PROXY: noneUpper } = environment;
  const proxy = lower || upper;
  const exceptions = none ?? noneUpper;
  if (proxy === undefined || proxy === "") return undefined;
  return { HTTPS_PROXY: proxy, ...(exceptions !== undefined && { NO_PROXY: exceptions }) };
}
