/** The events of requests that observers receive. Observers never block and never decide, and their exceptions end here. */

import type { Category } from "../policy/category/category.ts";
import type { Decision, Unevaluable } from "../policy/decision.ts";
import type { Limit } from "../policy/limit.ts";
import type { Agent, Request } from "./request.ts";
import type { Outcome, RefusalCause, TraceContext, Transport } from "../mcp/vocabulary.ts";

export type Direction = "downstream" | "upstream";

/** The decision about a tools/call, or about another method that the policy names. */
export interface DecisionRecord {
  readonly decision: RecordedDecision;
  /** Digest of the policy that decided; empty without a policy. */
  readonly policyDigest: string;
  readonly approval?: string;
}

/** A decision as far as observers read it. */
export interface RecordedDecision extends Pick<Decision, "denial" | "unevaluable" | "arguments"> {
  readonly charges: readonly {
    readonly limit: Pick<Limit, "counter" | "rule">;
    readonly amount: number;
  }[];
}

export interface Refusal {
  readonly id: string;
  readonly atMs: number;
  readonly cause: RefusalCause;
  /** One sentence for the log and the response; never a part of the message. */
  readonly detail: string;
  readonly agent?: Agent;
  readonly address?: string | undefined;
  readonly transport: Transport;
  readonly bytes: number;
}

export interface Ending {
  readonly outcome: Outcome;
  /** From the last byte of the request to the last byte of the response. */
  readonly totalMs: number;
  /** The part of it that the upstream took; absent when nothing was sent there. */
  readonly upstreamMs?: number | undefined;
  /** Bytes of the response's body as it went downstream. */
  readonly resultBytes: number;
  readonly httpStatus?: number | undefined;
  /** Amounts that limits count of the answer, and that it does not have. */
  readonly unevaluable?: readonly Unevaluable[];
  /** `error.code` of a JSON-RPC error. */
  readonly rpcCode?: number | undefined;
}

/** An action of an operator, or an attempt with a wrong admin token. */
export interface Control {
  readonly atMs: number;
  readonly action:
    | "approve"
    | "reject"
    | "freeze"
    | "unfreeze"
    | "label"
    | "reload"
    | "wrong_token"
    | "records_lost";
  /** The operator's name. Of a wrong token: the address of the caller. */
  readonly by: string;
  /** The name is proven; absent: it is the one that the operator gave, or Tollgate's own. */
  readonly isProven?: true;
  readonly reason?: string;
  /** Of an approval: its id. */
  readonly approval?: string;
  readonly agent?: string;
  /** Of an approval: the user on whose behalf the agent asked. */
  readonly user?: string;
  readonly tool?: string;
  readonly untilMs?: number;
  /** Of a corrected label: the category that was assigned. */
  readonly category?: Category;
  /** Of a reload: the digests of the policies in force. */
  readonly policies?: readonly string[];
  /** Attempts that this event stands for, or records that were lost; absent: one. */
  readonly count?: number;
}

/** A tool as the server's tools/list described it. */
export interface ListedTools {
  readonly count: number;
  readonly bytes: number;
}

export interface Observer {
  /** A request was accepted by the scanner; `requestEnded` follows exactly once. */
  readonly requestStarted?: (request: Request) => void;
  readonly requestDecided?: (request: Request, record: DecisionRecord) => void;
  /** The first byte is about to go upstream. */
  readonly requestSent?: (request: Request) => void;
  readonly requestEnded?: (request: Request, ending: Ending, record: DecisionRecord | undefined) => void;
  /** A message was refused and never forwarded. */
  readonly messageRefused?: (refusal: Refusal) => void;
  /** Any message that passed; `direction` is the side it came from, `method` is `response` where it answers another. */
  readonly messagePassed?: (direction: Direction, method: string) => void;
  readonly toolsListed?: (list: ListedTools) => void;
  readonly controlled?: (control: Control) => void;
}

/** Supplies the trace context that goes upstream with a request; called between `requestSent` and the first byte. */
export type Propagate = (request: Request) => TraceContext | undefined;

/** Combines observers into one that never throws; their errors go to `onFailure`. */
export function combineObservers(
  observers: readonly Observer[],
  onFailure: (error: unknown) => void,
): Required<Observer> {
  const each = <A extends readonly unknown[]>(
    pick: (observer: Observer) => ((...args: A) => void) | undefined,
  ): ((...args: A) => void) => {
    const listeners = observers.map(pick).filter((listener) => listener !== undefined);
    return (...args) => {
      for (const listener of listeners) {
        try {
          listener(...args);
        } catch (error) {
          onFailure(error);
        }
      }
    };
  };
  return {
    requestStarted: each((observer) => observer.requestStarted),
    requestDecided: each((observer) => observer.requestDecided),
    requestSent: each((observer) => observer.requestSent),
    requestEnded: each((observer) => observer.requestEnded),
    messageRefused: each((observer) => observer.messageRefused),
    messagePassed: each((observer) => observer.messagePassed),
    toolsListed: each((observer) => observer.toolsListed),
    controlled: each((observer) => observer.controlled),
  };
}
