/** The classifier, on tools of well-known servers labelled by judgement, and where the word came from. */

import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { classifyTool } from "../../../src/policy/category/classify.ts";
import type { ToolDescription } from "../../../src/mcp/tool-definition.ts";
import { processorMs } from "../../fixtures/processor-time.ts";

interface Labelled extends ToolDescription {
  readonly category: string;
}

const TOOLS: Labelled[] = JSON.parse(
  readFileSync(new URL("../../fixtures/categories.json", import.meta.url), "utf8"),
);

describe("the classifier", () => {
  const judged = TOOLS.map((tool) => ({ label: tool.category, word: classifyTool(tool).category }));

  it("is measured on at least 200 tools", () => {
    expect(TOOLS.length).toBeGreaterThanOrEqual(200);
  });

  it("calls at most 1 in 100 tools `read` that are not", () => {
    const others = judged.filter(({ label }) => label !== "read");
    expect(others.filter(({ word }) => word === "read").length / others.length).toBeLessThanOrEqual(0.01);
  });

  it("is right for at least 98 in 100", () => {
    const right = judged.filter(({ label, word }) => label === word);
    expect(right.length / judged.length).toBeGreaterThanOrEqual(0.98);
  });
});

describe("classify", () => {
  it.each([
    [{ name: "get_or_create_user" }, "write"],
    [{ name: "find_and_delete_rows" }, "destructive"],
    [{ name: "pull_request_read" }, "read"],
    [{ name: "log_search" }, "read"],
    [{ name: "status" }, "read"],
    [{ name: "frobnicate" }, "unknown"],
    [{ name: "" }, "unknown"],
    [{ name: "🚀" }, "unknown"],
    [{ name: "frobnicate", description: "Deletes all frobs" }, "destructive"],
    [{ name: "frobnicate", description: "This tool can be used to query things" }, "unknown"],
    [{ name: "get_user", description: "Creates a user when there is none" }, "write"],
    [{ name: "list_users", description: "Get users and delete old sessions" }, "destructive"],
    [{ name: "list_users", description: "Get users and then their teams" }, "read"],
    [{ name: "git_log", description: "Shows the log" }, "read"],
    [{ name: "resolve_comment", description: "Resolve a comment" }, "write"],
    [{ name: "update_record", description: "Update it. This cannot be undone" }, "destructive"],
    [{ name: "run_report", description: "Run a report. Read-only" }, "execute"],
    [{ name: "scan_hosts", description: "Scan hosts, read-only" }, "read"],
    [{ name: "scan_hosts", description: "Scan hosts. Read-only" }, "execute"],
    [{ name: "run_report", description: "Run a report. Not read-only" }, "execute"],
    [{ name: "create_replica", description: "Create a read-only replica" }, "write"],
    [{ name: "run_report", description: "Read-only", argumentNames: ["sql"] }, "execute"],
    [{ name: "search_code", description: "Search", argumentNames: ["query"] }, "read"],
    [{ name: "query_data", description: "Query data", argumentNames: ["query"] }, "execute"],
    [{ name: "get_data", description: "Get data", argumentNames: ["Script"] }, "execute"],
    [{ name: "query_data", description: "Query with SQL" }, "execute"],
    [{ name: "create_payment" }, "financial"],
    [{ name: "send_tokens" }, "financial"],
    [{ name: "create_token" }, "write"],
    [{ name: "browser_set_value" }, "execute"],
    [{ name: "page_reset" }, "execute"],
    [{ name: "mute_monitor" }, "write"],
    [{ name: "frob_snapshot" }, "unknown"],
    [{ name: "check_crawl_status" }, "read"],
    [{ name: "crawl_check" }, "execute"],
    [{ name: "search_index_delete" }, "destructive"],
    [{ name: "search_and_replace" }, "write"],
    [{ name: "compare_and_get" }, "read"],
    [{ name: "get_next_run" }, "read"],
    [{ name: "list_and_purge" }, "destructive"],
    [{ name: "capture_payment_intent" }, "financial"],
    [{ name: "verify_payment" }, "read"],
    [{ name: "convert_crypto" }, "financial"],
    [{ name: "resolve_name" }, "read"],
    [{ name: "return_order" }, "unknown"],
    [{ name: "orders", description: "Returns all orders" }, "read"],
    [{ name: "get_alert", description: "Find the alert and snooze it" }, "write"],
  ])("%j is %s", (tool, expected) => {
    expect(classifyTool(tool).category).toBe(expected);
  });

  it("takes the policy's word first", () => {
    expect(classifyTool({ name: "delete_all", annotations: { readOnlyHint: true } }, "read")).toEqual({
      category: "read",
      source: "policy",
      confidence: 1,
      reason: "the policy says so",
    });
  });

  it.each([
    [{ name: "frobnicate", annotations: { readOnlyHint: true } }, "unknown", "heuristic"],
    [{ name: "scan_x", annotations: { readOnlyHint: true } }, "read", "annotations"],
    [{ name: "echo", annotations: { readOnlyHint: true } }, "read", "annotations"],
    [{ name: "echo" }, "unknown", "heuristic"],
    [{ name: "hello_x", annotations: { readOnlyHint: true } }, "unknown", "heuristic"],
    [{ name: "run_x", annotations: { readOnlyHint: true } }, "execute", "heuristic"],
    [
      { name: "get_x", description: "Get x and delete y", annotations: { readOnlyHint: true } },
      "read",
      "annotations",
    ],
    [{ name: "list_x", annotations: { readOnlyHint: true } }, "read", "annotations"],
    [{ name: "delete_x", annotations: { readOnlyHint: true } }, "destructive", "heuristic"],
    [{ name: "list_x", annotations: { readOnlyHint: false } }, "write", "annotations"],
    [{ name: "frobnicate", annotations: { readOnlyHint: false } }, "write", "annotations"],
    [{ name: "run_x", annotations: { readOnlyHint: false } }, "execute", "heuristic"],
    [{ name: "edit_x", annotations: { destructiveHint: true } }, "write", "heuristic"],
    [{ name: "list_x", annotations: { destructiveHint: true } }, "destructive", "annotations"],
    [{ name: "frobnicate", annotations: { destructiveHint: true } }, "destructive", "annotations"],
    [{ name: "pay_x", annotations: { destructiveHint: true } }, "financial", "heuristic"],
    [{ name: "run_x", annotations: { destructiveHint: true } }, "execute", "heuristic"],
    [{ name: "list_x", annotations: { readOnlyHint: "yes" } }, "read", "heuristic"],
    [{ name: "list_x", annotations: "x" }, "read", "heuristic"],
    [{ name: "list_x", annotations: null }, "read", "heuristic"],
  ])("%j is %s by %s", (tool, category, source) => {
    expect(classifyTool(tool)).toMatchObject({ category, source });
  });

  it("is surer when name and description agree", () => {
    const sure = classifyTool({ name: "list_x", description: "Lists x" }).confidence;
    expect(sure).toBeGreaterThan(classifyTool({ name: "list_x" }).confidence);
    expect(sure).toBeGreaterThan(classifyTool({ name: "x", description: "Lists x" }).confidence);
  });

  it("takes bounded time for any name and description", () => {
    const startedAt = processorMs();
    classifyTool({ name: "get_".repeat(100_000), description: "and delete ".repeat(100_000) });
    expect(processorMs() - startedAt).toBeLessThan(2_000);
  });
});
