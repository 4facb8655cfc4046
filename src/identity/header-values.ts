/** The values of one header of a request, without a list of all the others: most requests are asked for one. */

import type { IncomingMessage } from "node:http";

/** As they came, one for each time; undefined where it did not. `name` in lower case. */
export function headerValues(
  { rawHeaders }: Pick<IncomingMessage, "rawHeaders">,
  name: string,
): readonly [string, ...string[]] | undefined {
  let values: [string, ...string[]] | undefined;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const written = rawHeaders[index] ?? "";
    if (written.length !== name.length || written.toLowerCase() !== name) continue;
    const value = rawHeaders[index + 1] ?? "";
    if (values === undefined) values = [value];
    else values.push(value);
  }
  return values;
}
