/** The first revision that has Streamable HTTP, for servers and clients that know older ones alone (decisions 0112 and 0141). */

export const FIRST_OVER_HTTP = "2025-03-26";

/** Takes the token of a revision, a date in quotes; any other token is not older. */
export function isOlderThanHttp(token: string): boolean {
  return /^"\d{4}-\d\d-\d\d"$/.test(token) && token < JSON.stringify(FIRST_OVER_HTTP);
}
