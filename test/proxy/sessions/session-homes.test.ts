import { describe, expect, it } from "vitest";
import {
  type HomeNames,
  homedSessionIds,
  homeIn,
  homeName,
  ownerlessSessionIds,
} from "../../../src/proxy/sessions/session-homes.ts";
import { sealedSessionIds } from "../../../src/proxy/sessions/session-ids.ts";

const [KEY, NEXT] = ["one-key-of-the-replicas", "the-next-key-of-the-replicas"];
const SEALED = sealedSessionIds({ keys: () => [KEY], endpoint: "" });
const NAMES: HomeNames = [homeName(KEY, "", "10.0.0.7:8080")];
const IDS = homedSessionIds(SEALED, () => NAMES);

describe("a session id that names its replica", () => {
  it.each(["s1", "a~b", `odd~${"x".repeat(16)}`, "~", "with.dots.in.it"])(
    "gives back the server's id %s",
    (id) => {
      const sealed = IDS.seal(id, "alice");
      expect(IDS.open(sealed, "alice")).toBe(id);
      expect(IDS.unproven(sealed)).toBe(id);
      expect(homeIn(sealed)).toBe(NAMES[0]);
      expect(sealed).toMatch(/^[!-~]+$/);
    },
  );

  it("is good for its owner alone, and as it was written", () => {
    const sealed = IDS.seal("s1", "alice");
    const other = homeName(KEY, "", "10.0.0.8:8080");
    expect(IDS.open(sealed, "bob")).toBeUndefined();
    expect(IDS.open(sealed.replace(NAMES[0], other), "alice")).toBeUndefined();
    expect(IDS.open(sealed.replace("s1", "s2"), "alice")).toBeUndefined();
  });

  it("may come from before replicas were named", () => {
    const sealed = SEALED.seal("s1", "alice");
    expect([IDS.open(sealed, "alice"), homeIn(sealed)]).toEqual(["s1", undefined]);
  });

  it("is good for each caller where no credential names the callers", () => {
    const ids = ownerlessSessionIds(IDS);
    expect(ids.open(ids.seal("s1", "alice"), "bob")).toBe("s1");
    expect(ids.open("s1", "bob")).toBeUndefined();
  });
});

describe("the name of a replica", () => {
  it("differs by key, endpoint and address, and does not show the address", () => {
    const names = [
      homeName(KEY, "", "10.0.0.7:8080"),
      homeName(NEXT, "", "10.0.0.7:8080"),
      homeName(KEY, "https://a.example", "10.0.0.7:8080"),
      homeName(KEY, "", "10.0.0.7:8081"),
    ];
    expect(new Set(names).size).toBe(4);
    for (const name of names) expect(name).toMatch(/^[\w-]{16}$/);
  });
});
