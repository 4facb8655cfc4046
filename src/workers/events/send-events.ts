/** Sends what the observers of a worker would learn to the process that has the metrics, the audit log and the console. */

import type { DecisionRecord, Observer } from "../../enforcement/observer.ts";
import type { Agent, Request } from "../../enforcement/request.ts";
import { printJson } from "../../json/print-json.ts";
import type { Json } from "../../json/json.ts";
import type { SentRequest, WorkerEvent } from "./events.ts";

export interface SendEventsOptions {
  readonly send: (event: WorkerEvent) => void;
  readonly traceIdOf: (request: Request) => string | undefined;
}

export function createEventSender({ send, traceIdOf }: SendEventsOptions): Required<Observer> {
  return {
    requestStarted: (request) => send({ kind: "started", request: sentRequest(request, traceIdOf(request)) }),
    requestDecided: ({ id }, record) => send({ kind: "decided", id, ...sentDecision(record) }),
    // Only traces know it, and they are the worker's own.
    requestSent: () => undefined,
    requestEnded: ({ id }, ending) => send({ kind: "ended", id, ending }),
    messageRefused: (refusal) => send({ kind: "refused", refusal: sentRefusal(refusal) }),
    messagePassed: (direction, method) => send({ kind: "passed", direction, method }),
    toolsListed: (list) => send({ kind: "listed", list }),
    // A reload is recorded by the process that reads the policies.
    controlled: () => undefined,
  };
}

function sentRequest(request: Request, traceId: string | undefined): SentRequest {
  const { agent, tool, ...rest } = request;
  return {
    ...rest,
    agent: sentAgent(agent),
    tool: tool && { name: tool.name, category: tool.category, isKnown: tool.isKnown },
    proof: agent.proof && proofText(agent.proof),
    traceId,
  };
}

function sentAgent({ name, source, verified, user }: Agent): Omit<Agent, "proof"> {
  return { name, source, verified, ...(user !== undefined && { user }) };
}

function sentRefusal(refusal: Parameters<Required<Observer>["messageRefused"]>[0]): typeof refusal {
  return refusal.agent === undefined ? refusal : { ...refusal, agent: sentAgent(refusal.agent) };
}

function sentDecision({ decision, policyDigest, approval }: DecisionRecord): DecisionRecord {
  const { denial, unevaluable, arguments: checked, charges } = decision;
  return {
    decision: {
      ...(denial && { denial }),
      unevaluable,
      ...(checked && { arguments: checked }),
      charges: charges.map(({ limit: { counter, rule }, amount }) => ({ limit: { counter, rule }, amount })),
    },
    policyDigest,
    ...(approval !== undefined && { approval }),
  };
}

type ReadProof = NonNullable<Agent["proof"]>;

/** The same function stands for the same token. */
const proofTexts = new WeakMap<ReadProof, string>();

function proofText(read: ReadProof): string {
  const known = proofTexts.get(read);
  if (known !== undefined) return known;
  const { claims, issuer, groups, scopes } = read();
  const members: [string, Json][] = [["claims", claims]];
  if (issuer !== undefined) members.push(["issuer", issuer]);
  if (groups !== undefined) members.push(["groups", groups]);
  if (scopes !== undefined) members.push(["scopes", scopes]);
  const text = printJson(new Map(members));
  proofTexts.set(read, text);
  return text;
}
