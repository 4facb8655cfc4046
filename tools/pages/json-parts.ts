/** Parts that several shapes of JSON output share. */

import * as z from "zod";
import { CATEGORIES } from "../../src/policy/category/category.ts";

export const texts = z.array(z.string());
export const count = z.int().min(0);

/** The category of a tool, and how it is known. */
export const ASSIGNMENT = {
  category: z.enum(CATEGORIES),
  source: z.enum(["policy", "annotations", "heuristic"]).describe("where the category comes from"),
  confidence: z.number().min(0).max(1).describe("the share of such guesses that are right"),
};
