/** Adds the user of a call, which a trusted proxy names in a header beside the one of the agent. */

import type { IncomingMessage } from "node:http";
import {
  type Authentication,
  type CredentialSource,
  headerValues,
  rejectedCredential,
  type SourceNames,
  withUser,
} from "../authentication.ts";

/**
 * `source` reads the header of the agent, and is the one that checks the proxy: without an agent the user's header is ignored.
 * `name` in lower case.
 */
export function withUserHeader(
  source: CredentialSource,
  name: string,
  names?: SourceNames,
): CredentialSource {
  const addUser = (request: IncomingMessage, found: Authentication): Authentication => {
    if (found.kind !== "agent") return found;
    const [user, ...others] = headerValues(request, name) ?? [];
    const isAgent = `${names?.prefix ?? ""}${user}` === found.agent.name;
    return others.length > 0
      ? rejectedCredential("the header that names the user comes twice")
      : withUser(found.agent, isAgent ? undefined : user, names);
  };
  return (request) => {
    const found = source(request);
    return found instanceof Promise
      ? found.then((settled) => addUser(request, settled))
      : addUser(request, found);
  };
}
