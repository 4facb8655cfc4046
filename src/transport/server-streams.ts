/** The streams on which a server speaks of its own accord (GET): the only place where we have a word to say as well. */

import type { ServerResponse } from "node:http";
import type { Agent } from "../enforcement/request.ts";

export class ServerStreams {
  readonly #open = new Map<ServerResponse, Agent>();

  /** Holds a stream until the returned function is called. It must carry whole events only: a message goes between two. */
  hold(downstream: ServerResponse, agent: Agent): () => void {
    this.#open.set(downstream, agent);
    return () => this.#open.delete(downstream);
  }

  /** Tells the clients of those agents that their list of tools is another; returns how many were told. */
  tellToolsChanged(isConcerned: (agent: Agent) => boolean): number {
    let told = 0;
    for (const [downstream, agent] of this.#open) {
      if (downstream.destroyed || downstream.writableEnded || !isConcerned(agent)) continue;
      downstream.write(TOOLS_CHANGED);
      told += 1;
    }
    return told;
  }
}

// Without an `id`: it is no event of the server's, and none that the server could resume after.
const TOOLS_CHANGED =
  'event: message\ndata: {"jsonrpc":"2.0","method":"notifications/tools/list_changed"}\n\n';
