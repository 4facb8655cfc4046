/** The classifier name by name: what each list of words is there for, and how sure it makes. */

import { describe, expect, it } from "vitest";
import type { Category } from "../../../src/policy/category/category.ts";
import { classifyTool } from "../../../src/policy/category/classify.ts";
import { rowsBy, words } from "../../fixtures/tables.ts";

function judged(
  name: string,
  description?: string,
  argumentNames: readonly string[] = [],
): readonly [string, number] {
  const { category, confidence } = classifyTool({ name, description, argumentNames });
  return [category, confidence];
}

function hinted(name: string, annotations: object) {
  return classifyTool({ name, annotations });
}

describe("how sure a guess is", () => {
  it.each<[string, string | undefined, Category, number]>([
    ["list_x", "Lists x", "read", 0.9],
    ["list_x", undefined, "read", 0.7],
    ["list_x", "Something about x", "read", 0.7],
    ["x", "Lists x", "read", 0.5],
    ["status", undefined, "read", 0.4],
    ["frobnicate", undefined, "unknown", 0],
    ["run_report", "Run it. Read-only", "read", 0.6],
    ["update_record", "Update it. This cannot be undone", "destructive", 0.6],
    ["get_user", "Creates a user", "write", 0.4],
    ["list_x", "Annotates things", "read", 0.6],
    ["build_status", "Shows the build status", "read", 0.5],
    ["build_status", "Updates the build status", "execute", 0.6],
    ["delete_x", "Shows x", "destructive", 0.6],
    ["get_x", "Get x and delete y", "destructive", 0.4],
  ])("%s, %j: %s, %s", (name, description, category, confidence) => {
    expect(judged(name, description)).toEqual([category, confidence]);
  });

  it("depends on the annotations", () => {
    expect(hinted("frobnicate", { readOnlyHint: true })).toEqual({
      category: "read",
      source: "annotations",
      confidence: 0.9,
    });
    expect(hinted("delete_x", { readOnlyHint: true })).toEqual({
      category: "destructive",
      source: "heuristic",
      confidence: 0.6,
    });
    expect(hinted("edit_x", { destructiveHint: true })).toEqual({
      category: "destructive",
      source: "annotations",
      confidence: 0.9,
    });
    expect(hinted("pay_x", { destructiveHint: true })).toEqual({
      category: "financial",
      source: "heuristic",
      confidence: 0.7,
    });
    expect(hinted("list_x", { readOnlyHint: false })).toEqual({
      category: "write",
      source: "annotations",
      confidence: 0.6,
    });
    expect(hinted("list_x", { destructiveHint: false })).toEqual({
      category: "read",
      source: "heuristic",
      confidence: 0.7,
    });
  });

  it("is believed below 0.6 when the server says that it only reads", () => {
    const annotations = { readOnlyHint: true };
    expect(classifyTool({ name: "x", description: "Deletes x", annotations }).source).toBe("annotations");
    expect(classifyTool({ name: "delete_x", description: "Shows x", annotations }).source).toBe("heuristic");
  });
});

describe("a name", () => {
  it.each(
    rowsBy({
      execute: words(`StartAHORunBatch add_and_run x_monitor browser_update page_clear mouse_reset`),
      read: words(`HTTPGet getHTTP pullRequestRead merge_requests_list change_request_get log_search label_list
        log_log get_index x_get resolve_library_id resolve_dns browser_get get_order estimate_order
        analyze_loan label_x_list poll_x get_rock_and_roll_index get_sand_index get_andes_index x_status`),
      write:
        words(`createX1 issue_write search_index search_and_index get_and_index get_or_index create_delete
        update_pay add_run resolve_thread update_browser create_transaction compress_tokens
        checkout_branch create_transactions create_eth create_sol create_btc create_usdc create_crypto
        create_tokens`),
      unknown:
        words(`feature_requests workflow_runs workflow_run check_suites check_runs pull_request ebs_snapshot
        order_x check_suite x_poll`),
      destructive:
        words(`create_and_delete delete_create x_delete clear_cache browser_delete delete_order revoke_token
        DELETE_ROWS list_and_delete_list delete_and_create`),
      financial:
        words(`update_or_pay update_order capture_order convert_funds sign_transaction broadcast_transactions
        mint_tokens approve_usdc`),
    }),
  )("%s is %s", (name, category) => {
    expect(classifyTool({ name }).category).toBe(category);
  });

  it("counts for 256 characters", () => {
    expect(classifyTool({ name: `${"x".repeat(249)}_delete` }).category).toBe("destructive");
    expect(classifyTool({ name: `${"x".repeat(250)}_delete` }).category).toBe("unknown");
  });
});
