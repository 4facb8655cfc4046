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
    ["list_x", "Lists x", "read", 0.98],
    ["list_x", undefined, "read", 0.95],
    ["list_x", "Something about x", "read", 0.93],
    ["x", "Lists x", "read", 0.93],
    ["status", undefined, "read", 0.85],
    ["frobnicate", undefined, "unknown", 0],
    ["scan_x", "Scan it, read-only", "read", 0.6],
    ["update_record", "Update it. This cannot be undone", "destructive", 0.6],
    ["get_user", "Creates a user", "write", 0.85],
    ["list_x", "Annotates things", "read", 0.85],
    ["build_status", "Shows the build status", "read", 0.93],
    ["build_status", "Updates the build status", "write", 0.93],
    ["build_x", "Shows the build of x", "read", 0.85],
    ["scan_x", "Shows x", "read", 0.85],
    ["delete_x", "Shows x", "destructive", 0.85],
    ["get_x", "Get x and delete y", "destructive", 0.6],
    ["send_x", "Type x into a console", "execute", 0.85],
  ])("%s, %j: %s, %s", (name, description, category, confidence) => {
    expect(judged(name, description)).toEqual([category, confidence]);
  });

  it.each<[object, string, string, object]>([
    [{ readOnlyHint: true }, "list_x", "read", { source: "annotations", confidence: 0.98 }],
    [{ readOnlyHint: true }, "frobnicate", "unknown", { source: "heuristic", confidence: 0 }],
    [{ readOnlyHint: true }, "scan_x", "read", { source: "annotations", confidence: 0.7 }],
    [{ readOnlyHint: true }, "delete_x", "destructive", { source: "heuristic", confidence: 0.75 }],
    [{ readOnlyHint: false }, "list_x", "write", { source: "annotations", confidence: 0.6 }],
    [{ readOnlyHint: false }, "frobnicate", "write", { source: "annotations", confidence: 0.6 }],
    [{ readOnlyHint: false }, "run_x", "execute", { source: "heuristic", confidence: 0.95 }],
    [{ destructiveHint: true }, "list_x", "destructive", { source: "annotations", confidence: 0.6 }],
    [{ destructiveHint: true }, "edit_x", "write", { source: "heuristic", confidence: 0.95 }],
    [{ destructiveHint: true }, "pay_x", "financial", { source: "heuristic", confidence: 0.95 }],
    [{ destructiveHint: false }, "list_x", "read", { source: "heuristic", confidence: 0.95 }],
  ])("depends on the annotations %j of %s, which make it %s", (annotations, name, category, rest) => {
    expect(hinted(name, annotations)).toMatchObject({ category, ...rest });
  });

  it("is read where name and description agree, against a hint that is also a default", () => {
    expect(notReadOnly("Lists x")).toMatchObject({ category: "read", source: "heuristic", confidence: 0.75 });
    expect(notReadOnly("Something about x")).toMatchObject({ category: "write", confidence: 0.6 });
    expect(notReadOnly("Lists x and deletes y")).toMatchObject({ category: "destructive" });
    expect(notReadOnly("Lists x", "frobnicate")).toMatchObject({ category: "write", confidence: 0.6 });
  });

  it("never grows by a hint that is overruled", () => {
    const annotations = { readOnlyHint: true };
    const tool = { name: "get_x", description: "Get x permanently", annotations };
    const doubted = { name: "update_x", description: "Update x permanently", annotations };
    expect(classifyTool(tool).confidence).toBe(0.98);
    expect(classifyTool(doubted)).toMatchObject({ category: "destructive", confidence: 0.6 });
  });
});

/** A tool whose server says that it is not read-only. */
function notReadOnly(description: string, name = "list_x") {
  return classifyTool({ name, description, annotations: { readOnlyHint: false } });
}

describe("a name", () => {
  it.each(
    rowsBy({
      execute: words(`StartAHORunBatch add_and_run x_monitor browser_update page_clear mouse_reset`),
      read: words(`HTTPGet getHTTP pullRequestRead merge_requests_list change_request_get log_search label_list
        log_log get_index x_get resolve_library_id resolve_dns browser_get get_order search_index estimate_order
        analyze_loan label_x_list poll_x get_rock_and_roll_index get_sand_index get_andes_index x_status`),
      write:
        words(`createX1 issue_write update_order search_and_index get_and_index get_or_index create_delete
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
        words(`update_or_pay update_subscription capture_order convert_funds sign_transaction broadcast_transactions
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
