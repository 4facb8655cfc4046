/** The classifier name by name: what each list of words is there for, and how sure it makes. */

import { describe, expect, it } from "vitest";
import type { Category } from "../../../src/policy/category/category.ts";
import { classifyTool } from "../../../src/policy/category/classify.ts";

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
  it.each<[string, Category]>([
    ["StartAHORunBatch", "execute"],
    ["HTTPGet", "read"],
    ["getHTTP", "read"],
    ["createX1", "write"],
    ["pullRequestRead", "read"],
    ["merge_requests_list", "read"],
    ["change_request_get", "read"],
    ["feature_requests", "unknown"],
    ["workflow_runs", "unknown"],
    ["workflow_run", "unknown"],
    ["check_suites", "unknown"],
    ["check_runs", "unknown"],
    ["pull_request", "unknown"],
    ["issue_write", "write"],
    ["log_search", "read"],
    ["label_list", "read"],
    ["log_log", "read"],
    ["search_index", "write"],
    ["search_and_index", "write"],
    ["get_and_index", "write"],
    ["get_or_index", "write"],
    ["get_index", "read"],
    ["create_delete", "write"],
    ["create_and_delete", "destructive"],
    ["delete_create", "destructive"],
    ["update_pay", "write"],
    ["update_or_pay", "financial"],
    ["add_run", "write"],
    ["add_and_run", "execute"],
    ["ebs_snapshot", "unknown"],
    ["x_monitor", "execute"],
    ["x_get", "read"],
    ["x_delete", "destructive"],
    ["resolve_library_id", "read"],
    ["resolve_thread", "write"],
    ["resolve_dns", "read"],
    ["browser_update", "execute"],
    ["page_clear", "execute"],
    ["mouse_reset", "execute"],
    ["clear_cache", "destructive"],
    ["update_browser", "write"],
    ["browser_get", "read"],
    ["browser_delete", "destructive"],
    ["update_order", "financial"],
    ["get_order", "read"],
    ["delete_order", "destructive"],
    ["estimate_order", "read"],
    ["capture_order", "financial"],
    ["convert_funds", "financial"],
    ["order_x", "unknown"],
    ["create_transaction", "write"],
    ["sign_transaction", "financial"],
    ["broadcast_transactions", "financial"],
    ["revoke_token", "destructive"],
    ["mint_tokens", "financial"],
    ["approve_usdc", "financial"],
    ["compress_tokens", "write"],
    ["analyze_loan", "read"],
    ["DELETE_ROWS", "destructive"],
    ["list_and_delete_list", "destructive"],
    ["check_suite", "unknown"],
    ["label_x_list", "read"],
    ["delete_and_create", "destructive"],
    ["poll_x", "read"],
    ["x_poll", "unknown"],
    ["get_rock_and_roll_index", "read"],
    ["get_sand_index", "read"],
    ["get_andes_index", "read"],
    ["x_status", "read"],
    ["checkout_branch", "write"],
    ["create_transactions", "write"],
    ["create_eth", "write"],
    ["create_sol", "write"],
    ["create_btc", "write"],
    ["create_usdc", "write"],
    ["create_crypto", "write"],
    ["create_tokens", "write"],
  ])("%s is %s", (name, category) => {
    expect(classifyTool({ name }).category).toBe(category);
  });

  it("counts for 256 characters", () => {
    expect(classifyTool({ name: `${"x".repeat(249)}_delete` }).category).toBe("destructive");
    expect(classifyTool({ name: `${"x".repeat(250)}_delete` }).category).toBe("unknown");
  });
});
