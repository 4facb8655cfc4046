/** Categories of tools, and their assignment. */

export const CATEGORIES = ["read", "write", "execute", "destructive", "financial", "unknown"] as const;
export type Category = (typeof CATEGORIES)[number];

export interface CategoryAssignment {
  readonly category: Category;
  readonly source: "policy" | "annotations" | "heuristic";
  /** From 0 to 1: the share of such labels that are right; 1 for a category that the policy assigns. */
  readonly confidence: number;
  /** Why, in words of the lists; it never contains text of the server. Absent in a call that was read from a log. */
  readonly reason?: string;
}
