/** The one client on stdio: always the same agent, and each id once at a time. */

import type { Agent } from "../../../enforcement/request.ts";
import { errorResponse, INVALID_REQUEST, type LocalResponse } from "../../../mcp/error-response.ts";
import { clientOf, type Message } from "../../../mcp/message.ts";
import type { Client } from "../../../mcp/vocabulary.ts";
import type { PendingRequests } from "../../sessions/pending-requests.ts";
import type { Caller, RequestExchange } from "../exchange.ts";
import type { Admitted, Downstream, Sender, Source } from "../transport.ts";

export interface StdioSource extends Source {
  readonly transport: "stdio";
  readonly agent: Agent;
}

export interface StdioCaller extends Caller {
  readonly transport: "stdio";
}

/** Resolves when the client's pipe took the line; never rejects. */
export type WriteLine = (line: string | Buffer) => Promise<void>;

export class StdioDownstream implements Downstream<StdioSource, StdioCaller> {
  readonly #pending: PendingRequests<RequestExchange<StdioCaller>>;
  readonly #toClient: WriteLine;
  /** From the last message that described it, usually `initialize`. */
  #client: Client | undefined;

  constructor(pending: PendingRequests<RequestExchange<StdioCaller>>, toClient: WriteLine) {
    this.#pending = pending;
    this.#toClient = toClient;
  }

  authenticate({ agent }: StdioSource, message: Message): Sender {
    return { agent, client: clientOf(message) ?? this.#client };
  }

  admit(
    _source: StdioSource,
    message: Message,
    { agent, client }: Sender,
    bytes: number,
  ): Admitted<StdioCaller> {
    const isRequest = message.kind === "call" || message.kind === "request";
    const detail = isRequest ? this.#pending.refusal(message.id) : undefined;
    if (detail !== undefined) {
      // An error under the id of a request in flight would be taken for the response to that.
      const id = isRequest && !this.#pending.has(message.id) ? message.id : undefined;
      const response = errorResponse(400, INVALID_REQUEST, detail, id);
      return { refused: { cause: "envelope", detail, bytes, response } };
    }
    this.#client = client;
    return {
      transport: "stdio",
      agent,
      client,
      session: undefined,
      address: undefined,
      headerTrace: undefined,
    };
  }

  overload(): undefined {
    return undefined;
  }

  cancel(_caller: StdioCaller, id: string): void {
    this.#pending.cancel(id);
  }

  isGone(): boolean {
    return false;
  }

  respond(_source: StdioSource, { body }: LocalResponse): Promise<void> {
    return this.#toClient(body);
  }
}
