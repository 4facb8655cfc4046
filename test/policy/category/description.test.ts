/** The classifier phrase by phrase: what each turn of a description and each argument is read for. */

import { describe, expect, it } from "vitest";
import { classifyTool } from "../../../src/policy/category/classify.ts";
import {
  isFreeForm,
  isReadOnlyText,
  firstVerb,
  laterChangingVerb,
} from "../../../src/policy/category/description.ts";

function judged(
  name: string,
  description?: string,
  argumentNames: readonly string[] = [],
): readonly [string, number] {
  const { category, confidence } = classifyTool({ name, description, argumentNames });
  return [category, confidence];
}

describe("a description", () => {
  it.each<[string, string | undefined]>([
    ["**Delete** x", "delete"],
    ["A delete", "delete"],
    ["An update", "update"],
    ["The update", "update"],
    ["This tool deletes", "delete"],
    ["this operation deletes", "delete"],
    ["Use this to delete", "delete"],
    ["Use this tool to delete", "delete"],
    ["Use this function to delete", "delete"],
    ["Tool to delete", "delete"],
    ["A tool that deletes", "delete"],
    ["Tool for deleting", undefined],
    ["Tool which deletes", "delete"],
    ["Allows you to delete", "delete"],
    ["Allow users to delete", "delete"],
    ["Lets the user delete", "delete"],
    ["Enables agents to delete", "delete"],
    ["Helps delete", "delete"],
    ["Is used to delete", "delete"],
    ["Used to delete", "delete"],
    ["Let users delete", "delete"],
    ["Enable users to delete", "delete"],
    ["Help users delete", "delete"],
    ["Allows user to delete", "delete"],
    ["Allows agent to delete", "delete"],
    ["Use this delete", "delete"],
    ["Utility to delete", "delete"],
    ["Utility for", undefined],
    ["Can delete", "delete"],
    ["Will delete", "delete"],
    ["Provides the ability to delete", "delete"],
    ["Provide a way to delete", "delete"],
    ["To delete", "delete"],
    ["MCP tool to delete", "delete"],
    ["Easily and delete", undefined],
    ["Easily delete", "delete"],
    ["Safely, quickly delete", undefined],
    ["Securely delete", "delete"],
    ["Efficiently delete", "delete"],
    ["Asynchronously delete", "delete"],
    ["Automatically delete", "delete"],
    ["Simply delete", "delete"],
    ["Performs delete", "delete"],
    ["Perform delete", "delete"],
    ["Fetches x", "fetch"],
    ["Lists x", "list"],
    ["Queries x", "query"],
    ["Returns x", "return"],
    ["Displays x", "display"],
    ["List/delete", "list"],
    ["Nothing", undefined],
    ["x delete", undefined],
    ["", undefined],
    [`${"the ".repeat(49)}list`, "list"],
    [`${"the ".repeat(50)}list`, undefined],
  ])("%j begins with %s", (text, verb) => {
    expect(firstVerb(text)?.word).toBe(verb);
  });

  it.each<[string, string | undefined]>([
    ["Get x and delete y", "delete"],
    ["Get x or delete y", "delete"],
    ["Get x then delete y", "delete"],
    ["Get x and then delete y", "delete"],
    ["Get x and optionally delete y", "delete"],
    ["GET X AND DELETE Y", "delete"],
    ["Get x and look and delete y", "delete"],
    ["Get x and delete and y", undefined],
    ["Get x and delete or y", undefined],
    ["Get x and delete of y", undefined],
    ["Get x and delete for y", undefined],
    ["Get x and delete from y", undefined],
    ["Get x and delete in y", undefined],
    ["Get x and delete forms", "delete"],
    ["Get x and delete", undefined],
    ["Get x. Find and delete y", undefined],
    ["Get x\nand delete y", undefined],
    ["Get x and order the y", undefined],
    ["Get x and clone the y", "clone"],
    ["Get x and post the y", "post"],
    ["Get x and find the y", undefined],
    ["Get x and frob the y", undefined],
    ["Get sand delete y", undefined],
  ])("%j promises %s besides", (text, verb) => {
    expect(laterChangingVerb(text)).toBe(verb);
  });

  it.each([
    ["Read-only", true],
    ["A readonly view", true],
    ["read only", true],
    ["read-only replica", false],
    ["read-only mode", false],
    ["read-only access", false],
    ["read-only user", false],
    ["read-only token", false],
    ["bread-only", false],
    ["read-onlyness", false],
    ["It does not modify x", true],
    ["It doesn't change x", true],
    ["without altering x", true],
    ["never mutates x", true],
    ["no writes", true],
    ["no side effects", true],
    ["no side-effects", true],
    ["without making changes", true],
    ["does not affect x", true],
    ["does modify x", false],
    ["not read-only", false],
    ["non-read-only", false],
    ["isn't read only", false],
    ["disables the read-only flag", false],
    ["disabled read-only", false],
    ["unless in read-only", false],
    ["outside a read-only", false],
    ["when read-only", false],
    ["if the read-only", false],
    ["if is on read-only", false],
    ["disable read-only", false],
    ["not  read-only", false],
    ["not readonly", false],
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
    expect(judged("payment", "Captures a payment")).toEqual(["financial", 0.5]);
    expect(judged("payment", "Converts a payment")).toEqual(["financial", 0.5]);
    expect(judged("payment", "Prints a payment")).toEqual(["read", 0.5]);
  });

  it("changes nothing in what is read, and its read-only text nothing in what is written", () => {
    expect(judged("get_x", "Get permanently deleted x")).toEqual(["read", 0.9]);
    expect(judged("update_x", "Update x. Read-only")).toEqual(["write", 0.9]);
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
    expect(judged("get_x", "Get x", ["sql"])).toEqual(["execute", 0.6]);
    expect(judged("frobnicate", "", ["sql"])).toEqual(["execute", 0.6]);
    expect(judged("run_report", "Run a report. Read-only", ["sql"])[0]).toBe("execute");
  });
});
