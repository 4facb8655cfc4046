/** The classifier beside its rules: words that only look like those of a rule, and names where two rules meet. */

import { describe, expect, it } from "vitest";
import { classifyTool } from "../../../src/policy/category/classify.ts";
import { firstVerb, laterChangingVerb } from "../../../src/policy/category/description.ts";
import { tokensOf, withoutAccents } from "../../../src/policy/category/name.ts";
import { rowsBy, words } from "../../fixtures/tables.ts";

describe("by its name alone, a tool near a rule", () => {
  it.each(
    rowsBy({
      read: words(
        `forward_geocode reverse_geocoding trade_search test_research list_posts query_users query_sqlx`,
      ),
      write:
        words(`close_issues test_create update_status applies_x update_sql create_key make_plan replace_call
        make_recalls make_callsign create_topic_subscriptions list_and_update`),
      execute:
        words(`open_door open_airports open_casestudy run_deploy_docs stops_vm presses_button chat_playlist
        pause_project query_xsql mysql_query postgresql_query`),
      destructive: words("获取_delete delete_toolset search_delete"),
      financial: words("edit_bid dispatch_order editar_order create_payment_link"),
      unknown: words("xgetweather filelistx xresearch runs tests_x x_disk_stat_y"),
    }),
  )("%s is %s", (name, category) => {
    expect(classifyTool({ name }).category).toBe(category);
  });

  it("is read word by word, joined verbs and nouns too", () => {
    expect(tokensOf("createuser")).toEqual(["create", "user"]);
    expect(tokensOf("userdelete")).toEqual(["user", "delete"]);
    expect(tokensOf("🚀")).toEqual([""]);
  });

  it("is read without accents", () => {
    expect(withoutAccents("Größe")).toBe("Grosse");
  });
});

describe("by its name and description, a tool near a rule", () => {
  it.each<[string, string, string]>([
    ["frobnicate", "删除并获取文件", "destructive"],
    ["send_x", "Delete x", "write"],
    ["update_x", "Run x", "write"],
    ["run_x", "Add x", "execute"],
    ["get_x", "Press x", "read"],
    ["scan_x", "Scans read-only. It is fast", "read"],
    ["update_subscription", "Update the note. It is fast", "write"],
    ...["notification", "webhook", "listener", "event", "feed", "topic"].map(
      (noun): [string, string, string] => ["create_subscription", `Subscribes to one ${noun}`, "write"],
    ),
  ])("%s, %j is %s", (name, description, category) => {
    expect(classifyTool({ name, description }).category).toBe(category);
  });

  it.each<[string, string | undefined]>([
    ["Take a screenshot of x", "look"],
    ["Run searches", "search"],
    ["Run a lookup", "search"],
    ["Run SQL searches", "run"],
    ["Run one SQL search", "run"],
    ["Deactivate x and run a search", "deactivate"],
    ["Adds two numbers", "calculate"],
    ["Find what adds numbers", "find"],
    ["Render a set of x", "render"],
    ["Get 删除", "get"],
    ["Ingesting x", "ingest"],
    ["Presses x", "press"],
    ["Screenshotting x", "screenshot"],
    ["Writ x", undefined],
    ["Logging x", undefined],
  ])("%j begins with %s", (text, verb) => {
    expect(firstVerb(text)?.word).toBe(verb);
  });

  it.each<[string, string | undefined]>([
    ["Lists x and submits the y", "submit"],
    ["Find the latest news and updates here", undefined],
    ["Get x and delete of. It is fast", undefined],
  ])("%j promises %s besides", (text, verb) => {
    expect(laterChangingVerb(text)?.word).toBe(verb);
  });
});

describe("a label near a rule", () => {
  it.each<[string, object | undefined, object]>([
    [
      "my_user_manager",
      undefined,
      { category: "write", confidence: 0.85, reason: "`manager` is a noun of administration" },
    ],
    [
      "x_agent",
      undefined,
      { category: "execute", confidence: 0.85, reason: "`agent` is a program that acts" },
    ],
    [
      "playlist",
      undefined,
      { category: "read", confidence: 0.85, reason: "the name has only nouns, and no verb" },
    ],
    [
      "create_and_update_x",
      undefined,
      { category: "write", confidence: 0.95, reason: "`create` is a write verb" },
    ],
    [
      "frob",
      { readOnlyHint: true },
      { category: "unknown", confidence: 0, reason: "neither name nor description has a known verb" },
    ],
    [
      "xecho",
      { readOnlyHint: true },
      { category: "unknown", confidence: 0, reason: "neither name nor description has a known verb" },
    ],
    [
      "echox",
      { readOnlyHint: true },
      { category: "unknown", confidence: 0, reason: "neither name nor description has a known verb" },
    ],
    [
      "select_project",
      { readOnlyHint: true },
      {
        category: "write",
        confidence: 0.75,
        reason:
          "`select` is an execute verb, write with these words, which overrules the server's readOnlyHint",
      },
    ],
    [
      "delete_x",
      { destructiveHint: true },
      {
        category: "destructive",
        confidence: 0.98,
        reason: "`delete` is a destructive verb; the server says that it may destroy",
      },
    ],
  ])("of %s, %j is %j", (name, annotations, label) => {
    expect(classifyTool({ name, annotations })).toMatchObject(label);
  });
});
