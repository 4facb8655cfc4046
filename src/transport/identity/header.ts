/** A header that names the agent, believed only from a trusted hop. */

import { headerValues } from "./header-values.ts";
import type { IsHop } from "./hop.ts";
import { bad, NONE, proven, type Source } from "./proof.ts";

/** `name` in lower case. From anybody else the header is nothing, neither proof nor fault. */
export function headerSource(name: string, isHop: IsHop): Source {
  return (request) => {
    const values = headerValues(request, name);
    if (values === undefined || !isHop(request)) return NONE;
    const [value, ...others] = values;
    return others.length > 0 ? bad("the header that names the agent comes twice") : proven(value, "header");
  };
}
