/** The shapes of what `tollgate policy` prints with `--format json`. */

import * as z from "zod";
import { DIFFERENCE_KINDS } from "../../src/commands/policy/diff/difference.ts";
import { CHANGES } from "../../src/commands/policy/replay-report.ts";
import { UNEVALUABLE_CAUSES } from "../../src/policy/decision.ts";
import { FINDING_CODES } from "../../src/policy/lint/finding.ts";
import { EFFECTS, MODES, REASONS } from "../../src/policy/mode.ts";
import { ASSIGNMENT, count, texts } from "./json-parts.ts";

export const CHECK = z.object({
  ok: z.boolean().describe("no file has an error"),
  errors: count,
  warnings: count,
  files: z.array(
    z.object({
      file: z.string(),
      findings: z.array(
        z.object({
          severity: z.enum(["error", "warning"]),
          code: z.enum(FINDING_CODES),
          path: z.string().describe("place in the normal form of the policy"),
          message: z.string(),
          place: z.string().optional().describe("line and column; of a file that cannot be loaded"),
        }),
      ),
      notes: texts,
      normal_form: z
        .record(z.string(), z.unknown())
        .nullable()
        .describe("the policy in its normal form; null when it cannot be loaded"),
    }),
  ),
});

export const EXPLAIN = z.object({
  tool: z.string(),
  agent: z.string(),
  user: z.string().optional().describe("as --user gives it"),
  category: z.object({ ...ASSIGNMENT, reason: z.string().optional() }),
  effect: z.enum(EFFECTS),
  reason: z.enum(REASONS).nullable().describe("null for a call that passes"),
  rule: z.string().nullable(),
  message: z.string().nullable().describe("the message of the policy's author"),
  condition: z.string().nullable(),
  mode: z.enum(MODES),
  steps: z.array(
    z.object({
      step: z.string(),
      verdict: z.enum(["passes", "denies", "asks"]),
      mode: z.enum(MODES),
      why: z.string(),
      conditions: z
        .array(
          z.object({
            condition: z.string(),
            outcome: z.enum(["holds", "does not hold", "missing", "cannot be evaluated"]),
            found: z.string().optional(),
          }),
        )
        .optional(),
    }),
  ),
  unevaluable: z.array(z.object({ rule: z.string(), cause: z.enum(UNEVALUABLE_CAUSES) })),
  how_to_allow: texts,
  policy: z.object({ digest: z.string() }),
});

export const TEST = z.object({
  ok: z.boolean().describe("every decision is as expected, and every file could be played"),
  files: z.array(
    z.object({
      file: z.string(),
      story: z.string(),
      ok: z.boolean(),
      problems: texts.describe("why the file cannot be played"),
      calls: z.array(
        z.object({
          index: count.describe("position in the file's list of calls"),
          call: z.string(),
          ok: z.boolean(),
          outcome: z.object({
            effect: z.enum(EFFECTS),
            reason: z.string().optional(),
            rule: z.string().optional(),
            retry_after: count.optional().describe("seconds until the call may succeed"),
            message: z.string().optional(),
          }),
          differences: texts,
        }),
      ),
    }),
  ),
});

const changeCounts = z.object({
  unchanged: count,
  allow_to_deny: count,
  allow_to_would_deny: count,
  deny_to_allow: count,
  unknown: count,
});

export const REPLAY = z.object({
  policy: z.string(),
  audit: z.string(),
  calls: count,
  from: z.iso.datetime().nullable().describe("time of the first call; null without calls"),
  to: z.iso.datetime().nullable(),
  counts: changeCounts,
  rows: z.array(z.object({ agent: z.string(), tool: z.string(), calls: count, counts: changeCounts })),
  changes: z.array(
    z.object({
      change: z.enum(CHANGES).exclude(["unchanged"]),
      agent: z.string(),
      tool: z.string(),
      reason: z.string(),
      rule: z.string(),
      calls: count,
    }),
  ),
  cannot_tell: texts.describe("limits of this replay, as sentences"),
});

const effectAfter = z.enum(["allow", "would_deny", "deny", "unknown"]);

export const DIFF = z.object({
  a: z.string(),
  b: z.string(),
  counts: z.object({ stricter: count, looser: count, changed: count, note: count }),
  differences: z.array(z.object({ place: z.string(), kind: z.enum(DIFFERENCE_KINDS), text: z.string() })),
  decisions: z
    .array(
      z.object({
        agent: z.string(),
        tool: z.string(),
        before: effectAfter,
        after: effectAfter,
        rule: z.string(),
        calls: count,
      }),
    )
    .optional()
    .describe("recorded calls whose decision differs; with --audit"),
});
