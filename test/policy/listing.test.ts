/** A name looked up in the list of a server. */

import { expect, it } from "vitest";
import { protectedNames } from "../../src/json/confusable-names.ts";
import { listingOf } from "../../src/policy/listing.ts";

it.each([
  ["pay", "listed"],
  ["Pay", "look_alike"],
  ["pay\u200b", "look_alike"],
  ["pay\0x", "look_alike"],
  ["refund", undefined],
])("%j", (name, expected) => {
  expect(listingOf(name, protectedNames(["pay", "list"]))).toBe(expected);
});
