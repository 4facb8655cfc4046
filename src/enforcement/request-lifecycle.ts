/** Reports the life of one request to the observers: started, decided, sent, ended; each at most once, the end always. */

import type { Clock } from "./clock.ts";
import type { DecisionRecord, Observer } from "./observer.ts";
import type { Answer } from "../policy/answers/answer-charges.ts";
import type { Unevaluable } from "../policy/decision.ts";
import type { LocalResponse } from "../mcp/error-response.ts";
import type { Outcome } from "../mcp/vocabulary.ts";
import type { Request } from "./request.ts";

/** How a response ended a request. */
export interface EndOfResponse {
  /** Bytes of its body. */
  readonly resultBytes: number;
  readonly httpStatus?: number | undefined;
  readonly rpcCode?: number | undefined;
  /** Of a response of the server: the JSON tokens at the paths that limits count. */
  readonly amounts?: ReadonlyMap<string, string> | undefined;
  /** See `Answer`. */
  readonly part?: Answer["part"];
  /** Tollgate wrote the response. */
  readonly isLocal?: boolean;
}

/** Called with the end of a request; returns the amounts that its answer does not have. */
export type OnEnded = (answer: Answer) => readonly Unevaluable[];

export class RequestLifecycle {
  readonly request: Request;
  readonly #observer: Required<Observer>;
  readonly #clock: Clock;
  readonly #startedMs: number;
  #sentMs: number | undefined;
  #answeredMs: number | undefined;
  #decision: DecisionRecord | undefined;
  #isEnded = false;
  #onEnded: OnEnded | undefined;
  #countsAnswer = false;
  #answer: Answer | undefined;

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

  /** Whether a limit counts something of the answer. */
  get countsAnswer(): boolean {
    return this.#countsAnswer;
  }

  /** Calls `onEnded` when the request ends; at once when it has ended. */
  whenEnded(onEnded: OnEnded, countsAnswer: boolean): void {
    this.#countsAnswer = countsAnswer;
    if (this.#answer !== undefined) onEnded(this.#answer);
    else this.#onEnded = onEnded;
  }

  /** Charges the result of a task that came after its end, as a message of its own. */
  resultArrived(outcome: Outcome, response: EndOfResponse): void {
    this.#onEnded?.(this.#answerOf(outcome, { ...response, part: "result" }));
  }

  #answerOf(outcome: Outcome, { resultBytes, isLocal, amounts, part }: EndOfResponse): Answer {
    const bytes = isLocal === true ? 0 : resultBytes;
    return { atMs: this.#clock.wallMs(), outcome, bytes, amounts, part };
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
    this.#answer = this.#answerOf(outcome, response);
    const unevaluable = this.#onEnded?.(this.#answer) ?? [];
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
      ...(unevaluable.length > 0 && { unevaluable }),
    };
    this.#observer.requestEnded(this.request, ending, this.#decision);
  }

  /** Ends the request with a response of Tollgate's own; `rpcCode` when that is an error in the server's stead. */
  endedLocally(outcome: Outcome, { body, status }: LocalResponse, rpcCode?: number): void {
    const httpStatus = this.request.transport === "http" ? status : undefined;
    this.ended(outcome, { resultBytes: Buffer.byteLength(body), httpStatus, rpcCode, isLocal: true });
  }
}
