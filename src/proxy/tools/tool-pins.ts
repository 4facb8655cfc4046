/** Digests of tool definitions as first listed and as listed now, compared with each other and with a policy's pins. */

import { createHash } from "node:crypto";
import { type DefinitionDigests, digestDefinition, type ToolDefinition } from "../../mcp/tool-definition.ts";
import type { Pin } from "../../policy/document/pin.ts";

/** The part of a definition that differs; a title counts as part of the description. */
export type Grade = "description" | "schema" | "annotations";

export interface DefinitionChange {
  readonly tool: string;
  readonly grade: Grade;
}

interface DefinitionHistory {
  readonly first: DefinitionDigests;
  readonly now: DefinitionDigests;
}

/** More than a list may hold, so that a tool that is removed and listed again keeps its first definition. */
const MAX_TOOLS = 100_000;

export class ToolPins {
  readonly #histories = new Map<string, DefinitionHistory>();
  /** Definitions of a list that Tollgate asked for itself; they count for a tool that no client has listed. */
  #own: ReadonlyMap<string, DefinitionDigests> = new Map();

  /** Records the tool as listed now; returns the changes since it was listed before. */
  record(tool: ToolDefinition): DefinitionChange[] {
    const now = digestDefinition(tool, sha256);
    const before = this.#histories.get(tool.name);
    if (before === undefined && this.#histories.size >= MAX_TOOLS) return [];
    this.#histories.set(tool.name, { first: before?.first ?? now, now });
    if (before === undefined || before.now.digest === now.digest) return [];
    return gradesOf(before.now, now).map((grade) => ({ tool: tool.name, grade }));
  }

  /** Replaces the definitions of the list that Tollgate asked for itself. */
  setOwn(tools: readonly ToolDefinition[]): void {
    this.#own = new Map(tools.map((tool) => [tool.name, digestDefinition(tool, sha256)]));
  }

  /** The parts that differ from the first definition in this process; empty for a tool that was never listed. */
  changesOf(name: string): readonly Grade[] {
    const history = this.#histories.get(name);
    return history === undefined ? [] : gradesOf(history.first, history.now);
  }

  /** Compares with the digests of the pin; a pin without digests means the first definition in this process. */
  isChanged(name: string, pin: Pin): boolean {
    const history = this.#histories.get(name);
    if (typeof pin !== "object") return history !== undefined && history.now.digest !== history.first.digest;
    const now = history?.now ?? this.#own.get(name);
    if (now === undefined) return false;
    const { on_change: _effect, ...digests } = pin;
    return Object.entries(digests).some(([part, digest]) => Reflect.get(now, part) !== digest);
  }
}

function gradesOf(before: DefinitionDigests, now: DefinitionDigests): Grade[] {
  const grades: Grade[] = [];
  if (before.name !== now.name || before.description !== now.description) grades.push("description");
  if (before.schema !== now.schema) grades.push("schema");
  if (before.annotations !== now.annotations) grades.push("annotations");
  return grades;
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
