/** What tools were when they were first listed, what they are now, and whether that is still what a policy pinned. */

import { createHash } from "node:crypto";
import { type DefinitionDigests, digestDefinition, type ToolDefinition } from "../../mcp/tool-definition.ts";
import type { Pin } from "../../policy/document/document.ts";

/** What differs; a new title counts as a new description, since both are only words. */
export type Grade = "description" | "schema" | "annotations";

export interface DefinitionChange {
  readonly tool: string;
  readonly grade: Grade;
}

interface DefinitionHistory {
  readonly first: DefinitionDigests;
  readonly now: DefinitionDigests;
}

/** Tools remembered at once, past what any list may hold, so that a tool that comes and goes keeps its first definition. */
const MAX_TOOLS = 100_000;

export class ToolPins {
  readonly #seen = new Map<string, DefinitionHistory>();

  /** Remembers the tool as it is listed now; what has changed since it was listed before. */
  record(tool: ToolDefinition): DefinitionChange[] {
    const now = digestDefinition(tool, sha256);
    const before = this.#seen.get(tool.name);
    if (before === undefined && this.#seen.size >= MAX_TOOLS) return [];
    this.#seen.set(tool.name, { first: before?.first ?? now, now });
    if (before === undefined || before.now.digest === now.digest) return [];
    return gradesOf(before.now, now).map((grade) => ({ tool: tool.name, grade }));
  }

  /** In what the tool differs from when this process saw it first; empty for one that was never listed. */
  changesOf(name: string): readonly Grade[] {
    const seen = this.#seen.get(name);
    return seen === undefined ? [] : gradesOf(seen.first, seen.now);
  }

  /** Against the digests of the pin; a pin without digests means the definition that this process saw first. */
  isChanged(name: string, pin: Pin): boolean {
    const seen = this.#seen.get(name);
    if (seen === undefined) return false;
    if (typeof pin !== "object") return seen.now.digest !== seen.first.digest;
    const { on_change: _effect, ...digests } = pin;
    return Object.entries(digests).some(([part, digest]) => Reflect.get(seen.now, part) !== digest);
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
