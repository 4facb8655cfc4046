/** Categories of tools, and their assignment. */

export const CATEGORIES = ["read", "write", "execute", "destructive", "financial", "unknown"] as const;
export type Category = (typeof CATEGORIES)[number];

export interface CategoryAssignment {
  readonly category: Category;
  readonly source: "policy" | "annotations" | "heuristic";
  /** From 0 to 1; 1 for a category that the policy assigns. */
  readonly confidence: number;
}
