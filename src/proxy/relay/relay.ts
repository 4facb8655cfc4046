/**
 * The path of one message from a client to the server: parse, authenticate, admit, enforce, send.
 * The `Forwarder` that sends a request also forwards its response. HTTP and stdio bring a `Downstream` and a `Forwarder` each.
 */

import type { Clock } from "../../enforcement/clock.ts";
import type { Enforcer } from "../../enforcement/enforcer.ts";
import { whenDecided } from "../../enforcement/maybe-promise.ts";
import type { Observer, Propagate } from "../../enforcement/observer.ts";
import { Permit } from "../../enforcement/permit.ts";
import { type Agent, ANONYMOUS, type Request, type RequestedTool } from "../../enforcement/request.ts";
import { RequestLifecycle } from "../../enforcement/request-lifecycle.ts";
import { errorResponse, INVALID_REQUEST, type LocalResponse } from "../../mcp/error-response.ts";
import {
  type CallMessage,
  cancelledRequestId,
  type Message,
  type NotificationMessage,
  type RequestMessage,
} from "../../mcp/message.ts";
import type { MessageBounds } from "../../json/message-bounds.ts";
import { parseMessage, type Refused } from "../../mcp/parse-message.ts";
import type { Transport } from "../../mcp/vocabulary.ts";
import type { CategoryAssignment } from "../../policy/category/category.ts";
import type { MessageFields } from "../../mcp/message-fields.ts";
import { restrictsMethod } from "../../policy/decide-method.ts";
import { assignmentOfCall, type Policy } from "../../policy/policy.ts";
import type { ToolView } from "../../policy/tool-view.ts";
import type { ToolCatalog } from "../tools/tool-catalog.ts";
import { callDenialResponse, methodDenialResponse } from "./denial-response.ts";
import { type Caller, type Exchange, type RequestExchange, requestExchange } from "./exchange.ts";
import { describeRequest } from "./request-record.ts";
import type { Downstream, Forwarder, Outgoing, RefusedMessage, Source, Work } from "./transport.ts";

/** The parts of a sidecar that decide about messages and observe them, whatever carries these. */
export interface RelayRuntime {
  readonly clock: Clock;
  readonly messageBounds: MessageBounds;
  readonly telemetry: { readonly observer: Required<Observer>; readonly propagate: Propagate };
  readonly enforcement: {
    readonly enforcer: Enforcer;
    readonly tools: ToolCatalog;
    /** Undefined when no policy covers the agent. */
    readonly policyFor: (agent: Agent) => Policy | undefined;
    /** The tools that the caller sees; undefined when no policy covers it. */
    readonly viewFor: (caller: Pick<Request, "agent" | "address">) => ToolView | undefined;
    /** The fields that are kept of messages of the server, for limits that count something of an answer. */
    readonly answerFields: () => MessageFields;
  };
}

export interface RelayOptions<S extends Source, C> {
  readonly runtime: RelayRuntime;
  readonly nextId: () => string;
  readonly downstream: Downstream<S, C>;
  readonly forwarder: Forwarder<C>;
}

export class Relay<S extends Source, C extends S & Caller> {
  readonly #options: RelayOptions<S, C>;

  constructor(options: RelayOptions<S, C>) {
    this.#options = options;
  }

  /** Relays one message of a client. */
  relay(source: S, bytes: Buffer): Work {
    const { downstream, runtime } = this.#options;
    const parsed = parseMessage(bytes, runtime.messageBounds);
    if (!parsed.ok) return this.refuse(source, unparsed(parsed, bytes.byteLength));
    const { message } = parsed;
    const sender = downstream.authenticate(source, message);
    return whenDecided(downstream.admit(source, message, sender, bytes.byteLength), (caller) =>
      caller.refused === undefined ? this.#enforce(caller, message) : this.refuse(source, caller.refused),
    );
  }

  /** Answers a message that may not pass. */
  refuse(source: S, refused: RefusedMessage): Work {
    const { cause, detail, bytes, agent = source.agent ?? ANONYMOUS } = refused;
    this.recordRefusal(source.transport, { cause, detail, bytes, agent, address: source.address });
    return this.#options.downstream.respond(source, refused.response);
  }

  /** Counts and records a message that is not forwarded. */
  recordRefusal(transport: Transport, refused: Omit<RefusedMessage, "response">): void {
    const { runtime, nextId } = this.#options;
    const { clock, telemetry } = runtime;
    telemetry.observer.messageRefused({ id: nextId(), atMs: clock.wallMs(), transport, ...refused });
  }

  #enforce(caller: C, message: Message): Work {
    const { observer } = this.#options.runtime.telemetry;
    observer.messagePassed("downstream", message.kind === "response" ? "response" : message.method);
    switch (message.kind) {
      case "call":
        return this.#enforceCall(caller, message);
      case "request":
        return this.#enforceRequest(caller, message);
      case "notification": {
        if (this.#isRuledOut(caller, message.method)) return this.#refuseNotification(caller, message);
        const cancelled = cancelledRequestId(message);
        if (cancelled !== undefined) this.#options.downstream.cancel(caller, cancelled);
        return this.#send({ kind: "one_way", caller }, message);
      }
      case "response":
        return this.#send({ kind: "one_way", caller }, message);
    }
  }

  /** Whether a notification has the name of no revision's, and a freeze or a rule of the policy is about this method. */
  #isRuledOut({ agent }: C, method: string): boolean {
    if (method.startsWith("notifications/")) return false;
    const { enforcer, policyFor } = this.#options.runtime.enforcement;
    const policy = policyFor(agent);
    return enforcer.isFrozen(agent, method) || (policy !== undefined && restrictsMethod(policy, method));
  }

  #refuseNotification(caller: C, { text }: NotificationMessage): Work {
    const detail = "a freeze or a rule of the policy is about this method, which must come with an id";
    const response = errorResponse(400, INVALID_REQUEST, detail);
    return this.refuse(caller, { cause: "envelope", detail, bytes: Buffer.byteLength(text), response });
  }

  #enforceCall(caller: C, message: CallMessage): Work {
    const { enforcer, tools, policyFor } = this.#options.runtime.enforcement;
    const { name } = message;
    // Invariant: the policy is read once, so that exactly one policy decides one call.
    const policy = policyFor(caller.agent);
    const inputSchema = tools.inputSchemaOf(name);
    const ofTool = tools.categoryOf(name, policy);
    const category = assignmentOfCall(policy, {
      tool: name,
      args: message.args,
      inputSchema,
      category: ofTool,
    });
    const lifecycle = this.#begin(caller, message, requestedTool(tools, name, category));
    const exchange = { kind: "tool_call", caller, lifecycle } as const;
    const listing = tools.listingOf(name);
    const call = { message, category, inputSchema, listing, isToolChanged: tools.isChanged(name, policy) };
    return whenDecided(enforcer.enforce(lifecycle, policy, call), (verdict) =>
      verdict.permit === undefined
        ? this.#deny(
            exchange,
            callDenialResponse(message, lifecycle.request.id, { ...verdict, agent: caller.agent }),
          )
        : this.#send(exchange, verdict.permit),
    );
  }

  #enforceRequest(caller: C, message: RequestMessage): Work {
    const { runtime, downstream } = this.#options;
    const policy = runtime.enforcement.policyFor(caller.agent);
    const lifecycle = this.#begin(caller, message, undefined);
    const exchange = requestExchange(message, caller, lifecycle);
    return whenDecided(runtime.enforcement.enforcer.enforceMethod(lifecycle, policy), (denial) => {
      const response =
        denial === undefined
          ? downstream.overload(caller, message)
          : methodDenialResponse(message.id, lifecycle.request.id, { denial, agent: caller.agent });
      return response === undefined ? this.#send(exchange, message) : this.#deny(exchange, response);
    });
  }

  #begin(
    caller: C,
    message: CallMessage | RequestMessage,
    tool: RequestedTool | undefined,
  ): RequestLifecycle {
    const { runtime, nextId } = this.#options;
    const { clock, telemetry } = runtime;
    const received = { id: nextId(), receivedAtMs: clock.wallMs(), caller, tool };
    return new RequestLifecycle(describeRequest(received, message), telemetry.observer, clock);
  }

  #deny(exchange: RequestExchange<C>, response: LocalResponse): Work {
    exchange.lifecycle.endedLocally("denied", response);
    return this.#options.downstream.respond(exchange.caller, response);
  }

  #send(exchange: Exchange<C>, outgoing: Outgoing): Work {
    const { runtime, downstream, forwarder } = this.#options;
    const { caller, lifecycle } = exchange;
    // The client may have left while a store was asked; a message that was sent cannot be taken back.
    if (downstream.isGone(caller)) {
      if (outgoing instanceof Permit) outgoing.refund();
      return lifecycle?.ended("cancelled");
    }
    lifecycle?.sent();
    const trace = lifecycle === undefined ? undefined : runtime.telemetry.propagate(lifecycle.request);
    return forwarder.send(exchange, outgoing, trace);
  }
}

function unparsed({ cause, detail, code, id, isModern }: Refused, bytes: number): RefusedMessage {
  // Clients of the legacy revisions end their session on any status but 2xx.
  const status = id === undefined || isModern ? 400 : 200;
  return { cause, detail, bytes, response: errorResponse(status, code, detail, id) };
}

/** The tool as observers see it at the end of the call, when its name may have become known. */
function requestedTool(tools: ToolCatalog, name: string, category: CategoryAssignment): RequestedTool {
  return {
    name,
    category,
    get isKnown() {
      return tools.isKnown(name);
    },
    answered: () => tools.answered(name),
  };
}
