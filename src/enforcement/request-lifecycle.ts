/** Reports the life of one request to the observers: started, decided, sent, ended; each at most once, the end always. */

import type { Clock } from "./clock.ts";
import type { DecisionRecord, Observer } from "./observer.ts";
import type { LocalResponse } from "../mcp/error-response.ts";
import type { Outcome } from "../mcp/vocabulary.ts";
import type { Request } from "./request.ts";

/** How a response ended a request. */
export interface EndOfResponse {
  /** Bytes of its body. */
  readonly resultBytes: number;
  readonly httpStatus?: number | undefined;
  readonly rpcCode?: number | undefined;
}

export class RequestLifecycle {
  readonly request: Request;
  readonly #observer: Required<Observer>;
  readonly #clock: Clock;
  readonly #startedMs: number;
  #sentMs: number | undefined;
  #answeredMs: number | undefined;
  #decision: DecisionRecord | undefined;
  #isEnded = false;
  #onEnded: (() => void) | undefined;

  constructor(request: Request, observer: Required<Observer>, clock: Clock) {
    this.request = request;
    this.#observer = observer;
    this.#clock = clock;
    this.#startedMs = clock.steadyMs();
    observer.requestStarted(request);
  }

  get isEnded(): boolean {
    return this.#isEnded;
  }

  /** Calls `release` once, when the request ends; at once when it has ended. */
  whenEnded(release: () => void): void {
    if (this.#isEnded) release();
    else this.#onEnded = release;
  }

  decided(record: DecisionRecord): void {
    this.#decision = record;
    this.#observer.requestDecided(this.request, record);
  }

  /** The message is about to go upstream. */
  sent(): void {
    this.#sentMs = this.#clock.steadyMs();
    this.#observer.requestSent(this.request);
  }

  /** The upstream's last byte arrived; the time that follows is Tollgate's. */
  answered(): void {
    this.#answeredMs ??= this.#clock.steadyMs();
  }

  /** Ends the request; a second end is ignored, since a broken connection is reported from both of its sides. */
  ended(outcome: Outcome, response: EndOfResponse = { resultBytes: 0 }): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#onEnded?.();
    if (outcome === "success") this.request.tool?.answered?.();
    const nowMs = this.#clock.steadyMs();
    const { resultBytes, httpStatus, rpcCode } = response;
    const upstreamMs = this.#sentMs === undefined ? undefined : (this.#answeredMs ?? nowMs) - this.#sentMs;
    const ending = {
      outcome,
      totalMs: nowMs - this.#startedMs,
      upstreamMs,
      resultBytes,
      httpStatus,
      rpcCode,
    };
    this.#observer.requestEnded(this.request, ending, this.#decision);
  }

  /** Ends the request with a response of Tollgate's own; `rpcCode` when that is an error in the server's stead. */
  endedLocally(outcome: Outcome, { body, status }: LocalResponse, rpcCode?: number): void {
    const httpStatus = this.request.transport === "http" ? status : undefined;
    this.ended(outcome, { resultBytes: Buffer.byteLength(body), httpStatus, rpcCode });
  }
}
