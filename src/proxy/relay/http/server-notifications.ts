/** Server-initiated streams (GET and subscriptions), into which Tollgate may insert tools/list_changed. */

import type { Agent } from "../../../enforcement/request.ts";
import { SUBSCRIPTION_ID_KEY } from "../../../mcp/message.ts";
import type { ClientResponse } from "../../http/client-response.ts";

interface Listener {
  readonly agent: Agent;
  readonly event: string;
}

export class ServerNotifications {
  readonly #open = new Map<ClientResponse, Listener>();

  /**
   * Holds a stream until the returned function is called. It must carry whole events, because a message is inserted between two.
   * `subscription` is the id token of the request that it answers; absent for GET.
   */
  hold(downstream: ClientResponse, agent: Agent, subscription?: string): () => void {
    this.#open.set(downstream, { agent, event: toolsChanged(subscription) });
    return () => this.#open.delete(downstream);
  }

  /** Sends tools/list_changed on the streams of these agents; returns on how many. */
  notifyToolsChanged(isConcerned: (agent: Agent) => boolean): number {
    let notified = 0;
    for (const [downstream, { agent, event }] of this.#open) {
      if (downstream.destroyed || downstream.writableEnded || !isConcerned(agent)) continue;
      downstream.write(event);
      notified += 1;
    }
    return notified;
  }
}

// The event has no `id`: the server did not send it and could not resume after it.
function toolsChanged(subscription: string | undefined): string {
  const params =
    subscription === undefined ? "" : `,"params":{"_meta":{"${SUBSCRIPTION_ID_KEY}":${subscription}}}`;
  return `event: message\ndata: {"jsonrpc":"2.0","method":"notifications/tools/list_changed"${params}}\n\n`;
}
