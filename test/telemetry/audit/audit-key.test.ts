/** The digest of a call's arguments, against the platform's own HMAC. */

import { createHmac } from "node:crypto";
import fc from "fast-check";
import { expect, it } from "vitest";
import { createDigest } from "../../../src/telemetry/audit/audit-key.ts";

function platform(key: string | Uint8Array, text: string): string {
  return createHmac("sha256", key).update(text).digest("hex");
}

it("is HMAC-SHA256 for any key and text", () => {
  const key = fc.oneof(fc.uint8Array({ minLength: 1, maxLength: 200 }), fc.string({ minLength: 1 }));
  fc.assert(
    fc.property(key, fc.array(fc.string({ unit: "binary" })), (secret, texts) => {
      const digest = createDigest(secret);
      expect(texts.map(digest)).toEqual(texts.map((text) => platform(secret, text)));
    }),
  );
});

it.each([0, 1_365, 1_366, 4_095, 4_096, 4_097, 100_000])("holds for a text of %i characters", (length) => {
  const digest = createDigest("key");
  for (const text of ["a".repeat(length), "\u20ac".repeat(length)])
    expect(digest(text)).toBe(platform("key", text));
});
