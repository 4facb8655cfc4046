/** The head of a request of Streamable HTTP that Tollgate makes for a client of HTTP+SSE. */

import type { RequestHead } from "../../http/client-response.ts";

export interface HeadOptions {
  readonly method: "POST" | "GET" | "DELETE";
  /** The session that the server gave; absent before it gave one. */
  readonly sessionId?: string | undefined;
  /** The revision that server and client agreed on; absent before they did. */
  readonly protocolVersion?: string | undefined;
  /** The revision that the client knows, where it is another: a header that names it is replaced. */
  readonly clientVersion?: string | undefined;
  /** The event after which a stream is resumed. */
  readonly lastEventId?: string | undefined;
}

const VERSION_HEADER = "mcp-protocol-version";
// Security: a client of HTTP+SSE names its session in the address; one in a header would be another client's.
const REPLACED: ReadonlySet<string> = new Set(["accept", "mcp-session-id", "last-event-id"]);

/** The head of the client's request with the headers of the transport replaced. */
export function messageHead(request: RequestHead, options: HeadOptions): RequestHead {
  const { method, sessionId, protocolVersion, clientVersion, lastEventId } = options;
  const own = request.headers[VERSION_HEADER];
  const isVersionKept = own !== undefined && own !== clientVersion;
  const added: Record<string, string> = {
    accept: "application/json, text/event-stream",
    ...(sessionId !== undefined && { "mcp-session-id": sessionId }),
    ...(lastEventId !== undefined && { "last-event-id": lastEventId }),
    // Clients of the old transport need not send it, and servers of the new one may require it.
    ...(protocolVersion !== undefined && !isVersionKept && { [VERSION_HEADER]: protocolVersion }),
  };
  const isKept = (name: string): boolean =>
    !REPLACED.has(name) &&
    (name !== VERSION_HEADER || isVersionKept) &&
    (method === "POST" || name !== "content-type");
  const headers = Object.entries(request.headers).filter(([name]) => isKept(name));
  return {
    method,
    headers: { ...Object.fromEntries(headers), ...added },
    headersDistinct: request.headersDistinct,
    rawHeaders: [...keptLines(request.rawHeaders, isKept), ...Object.entries(added).flat()],
  };
}

function keptLines(rawHeaders: readonly string[], isKept: (name: string) => boolean): string[] {
  const kept: string[] = [];
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const [name = "", value = ""] = rawHeaders.slice(index, index + 2);
    if (isKept(name.toLowerCase())) kept.push(name, value);
  }
  return kept;
}
