/** The parts of the answer to a call that a limit can count: `result.bytes`, `result.tokens_estimate`, `result.isError`, or a path in `structuredContent`. */

import { parseItemsPath } from "../../json/path.ts";

export type AnswerSource =
  | { readonly kind: "bytes" | "tokens" | "failures" }
  | {
      readonly kind: "path";
      /** The path as the author wrote it. */
      readonly path: string;
      /** The names below `result`, `structuredContent` first. */
      readonly names: readonly string[];
    };

export const ANSWER_SOURCE_EXPECTED =
  "result.bytes, result.tokens_estimate, result.isError, or a path of names such as result.structuredContent.usage.tokens";

/** Whether the amount is one of the answer. */
export function isOfAnswer(path: string): boolean {
  return /^result(?:$|[.[])/.test(path);
}

/** Parses a source; undefined for any other text. */
export function parseAnswerSource(path: string): AnswerSource | undefined {
  switch (path) {
    case "result.bytes":
      return { kind: "bytes" };
    case "result.tokens_estimate":
      return { kind: "tokens" };
    case "result.isError":
      return { kind: "failures" };
    default: {
      const segments = parseItemsPath(path, "result") ?? [];
      const names = segments.filter((segment) => typeof segment === "string");
      const isPath = names.length > 1 && names.length === segments.length && names[0] === "structuredContent";
      return isPath ? { kind: "path", path, names } : undefined;
    }
  }
}
