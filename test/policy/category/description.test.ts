/** The classifier phrase by phrase: what each turn of a description and each argument is read for. */

import { describe, expect, it } from "vitest";
import { classifyTool } from "../../../src/policy/category/classify.ts";
import { isFreeForm } from "../../../src/policy/category/free-form.ts";
import { isReadOnlyText, firstVerb, laterChangingVerb } from "../../../src/policy/category/description.ts";

function judged(
  name: string,
  description?: string,
  argumentNames: readonly string[] = [],
): readonly [string, number] {
  const { category, confidence } = classifyTool({ name, description, argumentNames });
  return [category, confidence];
}

/** One row `[phrase, key]` for each phrase of a text, which ` | ` separates. */
function withKey<Key>(key: Key, text: string): [string, Key][] {
  return text.split("|").map((phrase) => [phrase.trim(), key]);
}

describe("a description", () => {
  it.each<[string, string | undefined]>([
    ...withKey(
      "delete",
      `**Delete** x | A delete | This tool deletes | this operation deletes | Use this to delete |
      Use this tool to delete | Use this function to delete | Tool to delete | A tool that deletes |
      Tool which deletes | Allows you to delete | Allow users to delete | Lets the user delete |
      Enables agents to delete | Helps delete | Is used to delete | Used to delete | Let users delete |
      Enable users to delete | Help users delete | Allows user to delete | Allows agent to delete |
      Use this delete | Utility to delete | Can delete | Will delete | Provides the ability to delete |
      Provide a way to delete | To delete | MCP tool to delete | Easily delete | Securely delete |
      Efficiently delete | Asynchronously delete | Automatically delete | Simply delete |
      Performs delete | Perform delete | Tool for deleting | Used for deleting | Gracefully delete |
      Deprecated: delete | [EXPERIMENTAL] delete | Legacy, deletes`,
    ),
    ["An update", "update"],
    ["The update", "update"],
    ...withKey(
      undefined,
      `Tool for x | Utility for | Easily and delete | Safely, quickly delete | Nothing | x delete`,
    ),
    ["Fetches x", "fetch"],
    ["Lists x", "list"],
    ["List/delete", "list"],
    ["Queries x", "query"],
    ["Returns x", "return"],
    ["Displays x", "display"],
    ["", undefined],
    [`${"the ".repeat(49)}list`, "list"],
    [`${"the ".repeat(50)}list`, undefined],
  ])("%j begins with %s", (text, verb) => {
    expect(firstVerb(text)?.word).toBe(verb);
  });

  it.each<[string, string | undefined]>([
    ...withKey(
      "delete",
      `Get x and delete y | Get x or delete y | Get x then delete y | Get x and then delete y |
      Get x and optionally delete y | GET X AND DELETE Y | Get x and look and delete y |
      Get x and delete forms`,
    ),
    ...withKey(
      undefined,
      `Get x and delete and y | Get x and delete or y | Get x and delete of y | Get x and delete for y |
      Get x and delete from y | Get x and delete in y | Get x and delete | Get x. Find and delete y |
      Get x and order the y | Get x and find the y | Get x and frob the y | Get sand delete y`,
    ),
    ["Get x and clone the y", "clone"],
    ["Get x and post the y", "post"],
    ["Get x\nand delete y", undefined],
  ])("%j promises %s besides", (text, verb) => {
    expect(laterChangingVerb(text)?.word).toBe(verb);
  });

  it.each([
    ...withKey(
      true,
      `Read-only | A readonly view | read only | It does not modify x | It doesn't change x |
      without altering x | never mutates x | no writes | no side effects | no side-effects |
      without making changes | does not affect x`,
    ),
    ...withKey(
      false,
      `read-only replica | read-only mode | read-only access | read-only user | read-only token |
      bread-only | read-onlyness | does modify x | not read-only | non-read-only | isn't read only |
      disables the read-only flag | disabled read-only | unless in read-only | outside a read-only |
      when read-only | if the read-only | if is on read-only | disable read-only | not  read-only |
      not readonly`,
    ),
    ["", false],
  ])("%j is read-only: %s", (text, expected) => {
    expect(isReadOnlyText(text)).toBe(expected);
  });

  it.each([
    ["permanently", "destructive"],
    ["irreversible", "destructive"],
    ["irreversibly", "destructive"],
    ["Cannot be undone", "destructive"],
    ["can't be undone", "destructive"],
    ["impermanently", "write"],
    ["can be undone", "write"],
  ])("of an update that says %s makes it %s", (words, category) => {
    expect(judged("update_x", `Update x, ${words}`)[0]).toBe(category);
  });

  it("that captures or converts money moves it", () => {
    expect(judged("payment", "Captures a payment")).toEqual(["financial", 0.93]);
    expect(judged("payment", "Converts a payment")).toEqual(["financial", 0.93]);
    expect(judged("payment", "Prints a payment")).toEqual(["read", 0.93]);
  });

  it("changes nothing in what is read, and its read-only text nothing in what is written", () => {
    expect(judged("get_x", "Get permanently deleted x")).toEqual(["read", 0.98]);
    expect(judged("update_x", "Update x. Read-only")).toEqual(["write", 0.98]);
  });

  it("counts for 4,096 characters", () => {
    const spaces = 4_096 - "Update xpermanently".length;
    const ends = [spaces, spaces + 1].map((count) => `Update x${" ".repeat(count)}permanently`);
    expect(ends.map((text) => judged("update_x", text)[0])).toEqual(["destructive", "write"]);
  });
});

describe("arguments", () => {
  it.each<[string[], string, string, boolean]>([
    [["sql"], "", "get", true],
    [["SQL"], "", "", true],
    [["x", "raw_sql"], "", "", true],
    [["x"], "SQL", "run", false],
    [[], "SQL", "run", true],
    [[], "SQL", "get", false],
    [[], "", "run", false],
    [["query"], "", "run", true],
    [["query"], "", "search", false],
    [["queries"], "", "run", false],
    [["query"], "SQL", "search", false],
    [["query"], "SQL", "get", false],
    [["query"], "SQL", "frob", true],
    [["query"], "", "frob", false],
    [["Code"], "python", "frob", true],
    [["x"], "SQL", "frob", false],
    [["x", "query"], "", "run", true],
    [["query"], `${" ".repeat(297)}SQL`, "frob", true],
    [["query"], `${" ".repeat(298)}SQL`, "frob", false],
    [["query"], "a query language", "frob", true],
    [["query"], "select statements", "frob", true],
    [["query"], "select statement", "frob", true],
    [["query"], "select queries", "frob", true],
    [["query"], "range query", "frob", true],
    [["query"], "instant query", "frob", true],
    [["query"], "NoSQLite", "frob", false],
  ])("%j of a tool %j with the verb %j are a program: %s", (names, text, verb, expected) => {
    expect(isFreeForm(names, text, verb)).toBe(expected);
  });

  it("make no program of what is not read", () => {
    expect(judged("create_x", "Create x", ["sql"])[0]).toBe("write");
    expect(judged("get_x", "Get x", ["sql"])).toEqual(["execute", 0.85]);
    expect(judged("frobnicate", "", ["sql"])).toEqual(["execute", 0.85]);
    expect(judged("run_report", "Run a report. Read-only", ["sql"])[0]).toBe("execute");
  });
});
