import { expect, it } from "vitest";
import { parseSessionKeys } from "../../../src/config/files/session-key-file.ts";

const [FIRST, SECOND] = ["A".repeat(44), "B".repeat(32)];

it.each([
  ["one key", `${FIRST}`, [FIRST]],
  ["a line end, and blanks around", ` ${FIRST} \r\n`, [FIRST]],
  ["two keys and empty lines", `\n${FIRST}\n\n${SECOND}\n`, [FIRST, SECOND]],
])("reads %s", (_what, text, keys) => {
  expect(parseSessionKeys("keys", text)).toEqual({ ok: true, value: keys });
});

const SHAPE = "must be 32 to 1024 visible characters; make one with: openssl rand -base64 32";

it.each([
  ["no key", "\n \n", `keys: ${SHAPE}`],
  ["a short key", "x".repeat(31), `keys: key 1: ${SHAPE}`],
  ["a second key that is short", `${FIRST}\nshort`, `keys: key 2: ${SHAPE}`],
  ["a key that is too long", "x".repeat(1_025), `keys: key 1: ${SHAPE}`],
  ["blanks within a key", `${"x".repeat(32)} ${"y".repeat(32)}`, `keys: key 1: ${SHAPE}`],
  ["hidden characters", `${"x".repeat(40)}\u3164`, `keys: key 1: ${SHAPE}`],
  ["a key twice", `${FIRST}\n${FIRST}`, "keys: has a key twice; write it once"],
  [
    "too many keys",
    Array.from({ length: 9 }, (_, index) => `${index}${FIRST}`).join("\n"),
    "keys: must have at most 8 keys, one a line",
  ],
])("refuses %s, in words without the key", (_what, text, problem) => {
  expect(parseSessionKeys("keys", text)).toEqual({ ok: false, problems: [problem] });
});
