/** The result of one leg of the bypass test: executions, audit records, and vectors that passed as harmless. */

import { kindOf } from "../../e2e/bypass/answer-kind.ts";
import type { AuditRecord } from "../audit-tail.ts";
import type { Answer } from "./send.ts";
import type { Vector } from "./vector.ts";

export interface LegResult {
  readonly name: string;
  readonly vectors: number;
  /** Forbidden executions without a sidecar. */
  readonly controlled: number;
  /** Forbidden executions through the sidecar: the bar is 0. */
  readonly executed: number;
  readonly stopped: number;
  readonly passed: number;
  /** One line for each fault; empty when the bar is met. */
  readonly faults: readonly string[];
}

export interface Judged {
  readonly isStopped: boolean;
  readonly fault?: string;
}

/** Judges one vector: it must be stopped with one audit record and a response in the shape of a refusal or denial, or be harmless. */
export function judge(vector: Vector, answer: Answer | undefined, records: readonly AuditRecord[]): Judged {
  const denied = records.filter(({ effect }) => effect === "deny");
  if (denied.length === 0) {
    if (vector.isHarmless === true && records.length <= 1) return { isStopped: false };
    return { isStopped: false, fault: `passed, with ${records.length} records` };
  }
  const isShaped = answer !== undefined && kindOf(answer) !== "answered";
  if (records.length > 1) return { isStopped: true, fault: `${records.length} records` };
  return isShaped ? { isStopped: true } : { isStopped: true, fault: `stopped with ${describe(answer)}` };
}

function describe(answer: Answer | undefined): string {
  return answer === undefined ? "no answer" : `${answer.status} ${answer.text.slice(0, 100)}`;
}

/** Counts over the vectors of one leg. */
export class Tally {
  readonly #name: string;
  readonly #controlled: number;
  readonly #faults: string[] = [];
  #stopped = 0;
  #passed = 0;
  #executed = 0;

  constructor(name: string, controlled: number) {
    this.#name = name;
    this.#controlled = controlled;
  }

  add({ name }: Vector, { isStopped, fault }: Judged, executed: number): void {
    if (isStopped) this.#stopped += 1;
    else this.#passed += 1;
    this.#executed += executed;
    if (fault !== undefined) this.#faults.push(`${this.#name}: ${name}: ${fault}`);
    if (executed > 0) this.#faults.push(`${this.#name}: ${name}: EXECUTED`);
  }

  /** Ends the leg. `executed` counts the whole leg; `records` are those that belong to no vector. */
  end(executed: number, records: readonly AuditRecord[]): void {
    if (executed !== this.#executed) this.#faults.push(`${this.#name}: executed after the answer`);
    this.#executed = executed;
    // A call that a server never answers is recorded when the connection ends.
    const late = records.filter(({ effect }) => effect === "deny").length;
    if (late > 0) this.#faults.push(`${this.#name}: ${late} refusals recorded after the answers`);
  }

  result(): LegResult {
    const [stopped, passed] = [this.#stopped, this.#passed];
    const vectors = stopped + passed;
    const counts = { controlled: this.#controlled, executed: this.#executed, stopped, passed };
    return { name: this.#name, vectors, ...counts, faults: this.#faults };
  }
}
