/** The streams on which a server speaks of its own accord (GET, and subscriptions): the only place where we have a word to say as well. */

import type { ServerResponse } from "node:http";
import type { Agent } from "../../enforcement/request.ts";
import { SUBSCRIPTION_ID_KEY } from "../../mcp/message.ts";

interface Listener {
  readonly agent: Agent;
  readonly event: string;
}

export class ServerNotifications {
  readonly #open = new Map<ServerResponse, Listener>();

  /**
   * Holds a stream until the returned function is called. It must carry whole events only: a message goes between two.
   * `subscription` is the id token of the request that it answers; absent for GET.
   */
  hold(downstream: ServerResponse, agent: Agent, subscription?: string): () => void {
    this.#open.set(downstream, { agent, event: toolsChanged(subscription) });
    return () => this.#open.delete(downstream);
  }

  /** Tells the clients of those agents that their list of tools is another; returns how many were told. */
  notifyToolsChanged(isConcerned: (agent: Agent) => boolean): number {
    let told = 0;
    for (const [downstream, { agent, event }] of this.#open) {
      if (downstream.destroyed || downstream.writableEnded || !isConcerned(agent)) continue;
      downstream.write(event);
      told += 1;
    }
    return told;
  }
}

// Without an `id`: it is no event of the server's, and none that the server could resume after.
function toolsChanged(subscription: string | undefined): string {
  const params =
    subscription === undefined ? "" : `,"params":{"_meta":{"${SUBSCRIPTION_ID_KEY}":${subscription}}}`;
  return `event: message\ndata: {"jsonrpc":"2.0","method":"notifications/tools/list_changed"${params}}\n\n`;
}
