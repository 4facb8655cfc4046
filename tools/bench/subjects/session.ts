/** Opens the session that some subjects require before a call. */

import { sendRequest, type Subject } from "./subject.ts";

const TYPES = { "content-type": "application/json", accept: "application/json, text/event-stream" };

/** Returns the session header, or no header when the subject has no sessions. @throws when the session is refused */
export async function openSession({
  name,
  port,
  path,
  headers,
}: Subject): Promise<Readonly<Record<string, string>>> {
  const params = {
    protocolVersion: "2025-06-18",
    capabilities: {},
    clientInfo: { name: "bench", version: "1" },
  };
  const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "initialize", params });
  const opened = await sendRequest({ port, path, headers: { ...TYPES, ...headers }, body });
  if (opened.status !== 200)
    throw new Error(`${name}: initialize was answered with ${opened.status}: ${opened.text.slice(0, 200)}`);
  const id = opened.headers["mcp-session-id"];
  const session = typeof id === "string" ? { "Mcp-Session-Id": id } : {};
  const initialized = JSON.stringify({ jsonrpc: "2.0", method: "notifications/initialized" });
  await sendRequest({ port, path, headers: { ...TYPES, ...headers, ...session }, body: initialized });
  return session;
}
