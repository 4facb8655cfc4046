import { describe, expect, it } from "vitest";
import { PLAIN_SESSION_IDS, sealedSessionIds } from "../../../src/proxy/sessions/session-ids.ts";

const [OLD, NEW] = ["an-old-key-of-sessions-that-is-long", "a-new-key-of-sessions-that-is-long"];

const sealedWith = (first: string, ...others: string[]) =>
  sealedSessionIds({ keys: () => [first, ...others], endpoint: "https://mcp.example.com/mcp" });

const ids = sealedWith(OLD);
const sealed = ids.seal("s1", "alice");

describe("a sealed session id", () => {
  it("opens for its owner, in any process that has the key", () => {
    expect(ids.open(sealed, "alice")).toBe("s1");
    expect(sealedWith(OLD).open(sealed, "alice")).toBe("s1");
    expect(sealed).toMatch(/^s1\.[\w-]{32}$/);
  });

  it.each(["", ".", "a.b", "s1.", "ÿ", `x${"y".repeat(10_000)}`, sealed])("may be made of %j", (id) => {
    expect(ids.open(ids.seal(id, "alice"), "alice")).toBe(id === "" ? undefined : id);
  });

  it.each([
    ["another owner", "mallory"],
    ["a user of the owner", "alice\nbob"],
    ["the owner in other letters", "Alice"],
    ["no name", ""],
  ])("does not open for %s", (_who, owner) => {
    expect(ids.open(sealed, owner)).toBeUndefined();
  });

  it.each<[string, string]>([
    ["the server's id alone", "s1"],
    ["an empty id", ""],
    ["the proof alone", sealed.slice(3)],
    ["the proof with its separator", sealed.slice(2)],
    ["the id in other letters", `S1${sealed.slice(2)}`],
    ["the proof in other letters", sealed.slice(0, 3) + swapped(sealed.slice(3))],
    ["one character less", sealed.slice(0, -1)],
    ["one character more", `${sealed}A`],
    ["another last character", sealed.slice(0, -1) + (sealed.endsWith("A") ? "B" : "A")],
    ["a blank behind", `${sealed} `],
    ["two ids", `${sealed}, ${sealed}`],
    ["another id", `s2${sealed.slice(2)}`],
    ["another separator", sealed.replace(".", "~")],
    ["a proof of zeros", `s1.${"A".repeat(32)}`],
    ["a proof of wide characters", `s1.${"\u{ff}".repeat(32)}`],
    ["itself, sealed again by another key", sealedWith(NEW).seal(sealed, "alice")],
  ])("does not open as %s", (_what, given) => {
    expect(ids.open(given, "alice")).toBeUndefined();
  });

  it("does not open at an endpoint of another address", () => {
    const other = sealedSessionIds({ keys: () => [OLD], endpoint: "https://other.example.com/mcp" });
    expect(other.open(sealed, "alice")).toBeUndefined();
  });

  it("cannot be moved between owner, id and endpoint", () => {
    const moved = sealedSessionIds({ keys: () => [OLD], endpoint: "" });
    expect(moved.open(moved.seal(`","s1`, "alice"), `alice","`)).toBeUndefined();
    expect(moved.open(`1${moved.seal("s", "alice").slice(1)}`, "alices")).toBeUndefined();
  });

  it("opens while its key is one of the keys, and is sealed by the first", () => {
    const during = sealedWith(OLD, NEW);
    expect(during.seal("s1", "alice")).toBe(sealed);
    const rotated = sealedWith(NEW, OLD);
    expect(rotated.open(sealed, "alice")).toBe("s1");
    expect(during.open(rotated.seal("s1", "alice"), "alice")).toBe("s1");
    expect(sealedWith(NEW).open(sealed, "alice")).toBeUndefined();
  });

  it("names the server's id for a label, also unproven", () => {
    expect(ids.unproven(sealed)).toBe("s1");
    expect(ids.unproven("s1")).toBe("s1");
  });
});

it("is the server's own where no caller is identified", () => {
  expect(PLAIN_SESSION_IDS.seal("s1", "anonymous")).toBe("s1");
  expect(PLAIN_SESSION_IDS.open("s1", "anonymous")).toBe("s1");
  expect(PLAIN_SESSION_IDS.unproven("s1")).toBe("s1");
});

function swapped(text: string): string {
  return text.replaceAll(/[a-z]/gi, (letter) =>
    letter === letter.toLowerCase() ? letter.toUpperCase() : letter.toLowerCase(),
  );
}
