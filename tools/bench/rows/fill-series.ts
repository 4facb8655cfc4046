/** Creates as many series as callers can create: agents call every tool until no further pair gets its own series. */

import { Agent, request } from "node:http";
import { once } from "node:events";
import { bodyOf, headersOf } from "../load/request.ts";
import type { Subject } from "../subjects/subject.ts";

const TOOLS = 805;
/** With this many agents, more pairs are tried than the 2,500 for agents that are not configured. */
const AGENTS = 4;
const AT_ONCE = 32;

/** @throws when a response has a status other than 200 */
export async function fillSeries(subject: Subject): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: AT_ONCE });
  const pairs = Array.from({ length: TOOLS * AGENTS }, (_, index) => ({
    tool: `service_operation_tool_${index % TOOLS}`,
    caller: `agent-${Math.floor(index / TOOLS)}`,
  })).values();
  const one = async (): Promise<void> => {
    for (const { tool, caller } of pairs) {
      const headers = { ...headersOf(subject), "X-Agent": caller };
      const params = { name: tool, arguments: { resource: "a" } };
      const sent = request({ agent, port: subject.port, path: subject.path, method: "POST", headers });
      sent.end(bodyOf({ method: "tools/call", params }));
      const [response] = await once(sent, "response");
      response.resume();
      await once(response, "end");
      if (response.statusCode !== 200)
        throw new Error(`${subject.name}: a call was answered with ${response.statusCode}`);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, one));
  agent.destroy();
}
