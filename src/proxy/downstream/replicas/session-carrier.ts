/** Finds the requests of sessions that another replica has, and carries them there. */

import { Agent, type IncomingMessage, type ServerResponse } from "node:http";
import { errorResponse, INTERNAL_ERROR } from "../../../mcp/error-response.ts";
import type { Drain } from "../../http/drain.ts";
import { notFoundResponse } from "../../relay/ownership.ts";
import type { RefusedMessage } from "../../relay/transport.ts";
import { overloadResponse } from "../../relay/upstream-errors.ts";
import type { ReplicaDirectory } from "../../sessions/replica-directory.ts";
import { homeIn } from "../../sessions/session-homes.ts";
import { CARRIED_HEADER, carryRequest } from "./carry-request.ts";

export interface SessionCarrierOptions {
  readonly directory: ReplicaDirectory;
  readonly drain: Drain;
}

/** Shorter than a listener keeps an idle connection, so that no request meets its end. */
const IDLE_MS = 30_000;

export class SessionCarrier {
  readonly #options: SessionCarrierOptions;
  readonly #agent = new Agent({ keepAlive: true, timeout: IDLE_MS });

  constructor(options: SessionCarrierOptions) {
    this.#options = options;
  }

  /** The name of the other replica that has the session of the request; undefined when the request is served here. */
  homeOf({ headers }: IncomingMessage): string | undefined {
    const id = headers["mcp-session-id"];
    if (typeof id !== "string" || headers[CARRIED_HEADER] !== undefined) return undefined;
    const home = homeIn(id);
    return home === undefined || this.#options.directory.isOwn(home) ? undefined : home;
  }

  /** Resolves with the refusal when the request could not be carried, and then it is not answered yet. */
  async carry(
    home: string,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<RefusedMessage | undefined> {
    const { directory, drain } = this.#options;
    const address = await directory.find(home);
    if (address === "absent") return NOT_FOUND;
    if (address === "unavailable") return UNAVAILABLE;
    const fault = await carryRequest({ request, response, address, agent: this.#agent, drain });
    if (fault === undefined) return undefined;
    if (fault === "broken") return BROKEN;
    directory.forget(home);
    return (await directory.find(home)) === "absent" ? NOT_FOUND : UNAVAILABLE;
  }

  close(): void {
    this.#agent.destroy();
  }
}

const NOT_FOUND: RefusedMessage = {
  cause: "ownership",
  detail: "the replica that had the session is gone",
  bytes: 0,
  response: notFoundResponse("session", undefined),
};

const AWAY = "the replica that has this session cannot be reached now";
const UNAVAILABLE: RefusedMessage = {
  cause: "overload",
  detail: AWAY,
  bytes: 0,
  response: overloadResponse(AWAY, undefined),
};

const BROKE_OFF = "the replica that has this session broke off before its response";
const BROKEN: RefusedMessage = {
  cause: "overload",
  detail: BROKE_OFF,
  bytes: 0,
  response: errorResponse(502, INTERNAL_ERROR, BROKE_OFF),
};
