/** What kind of thing a tool does, and where that judgement came from. */

export const CATEGORIES = ["read", "write", "execute", "destructive", "financial", "unknown"] as const;
export type Category = (typeof CATEGORIES)[number];

export interface CategoryAssignment {
  readonly category: Category;
  readonly source: "policy" | "annotations" | "heuristic";
  /** 0 to 1; a policy's own word is 1. */
  readonly confidence: number;
}
