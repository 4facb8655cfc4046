/** The check of a call's arguments against its tool's inputSchema: its causes, and the schemas that it keeps. */

import { describe, expect, it } from "vitest";
import { checkArguments } from "../../../src/policy/arguments/check-arguments.ts";
import { validatorOf } from "../../../src/policy/arguments/schema-pool.ts";
import type { JsonObject } from "../../../src/json/json.ts";
import { objectOf } from "../policies.ts";

describe("checkArguments", () => {
  it("finds nothing in arguments that fit", () => {
    expect(checkArguments(objectOf(`{"a":1}`), objectOf(`{"required":["a"]}`))).toBeUndefined();
  });

  it("says which argument does not fit", () => {
    expect(checkArguments(new Map(), objectOf(`{"required":["a"]}`))).toEqual({
      cause: "invalid",
      path: "args.a",
      text: "args.a is required",
    });
  });

  it.each([
    [`{"const":{"a":1}}`, `{"a":1}`, `{"a":2}`],
    [`{"enum":[{"a":1.0}]}`, `{"a":1}`, `{"a":1,"b":1}`],
    [`{"properties":{"a":{"prefixItems":[{"const":7},{"maximum":7}]}}}`, `{"a":[7,7]}`, `{"a":[8]}`],
    [`{"properties":{"a":{"prefixItems":[{"const":7},{"maximum":7}]}}}`, `{"a":[7]}`, `{"a":[7,7.5]}`],
    [`{"properties":{"a":{"prefixItems":[{"enum":["x",null,true]}]}}}`, `{"a":[null]}`, `{"a":["y"]}`],
  ])("holds %s exactly, at the root and within lists", (schema, good, bad) => {
    expect(checkArguments(objectOf(good), objectOf(schema))).toBeUndefined();
    expect(checkArguments(objectOf(bad), objectOf(schema))).toMatchObject({ cause: "invalid" });
  });

  it("says that the schema is not known", () => {
    expect(checkArguments(new Map(), undefined)).toEqual({
      cause: "schema_unknown",
      text: "the tool's input schema is not known: send tools/list, then make the same call again",
    });
  });

  it("says that the schema cannot be used", () => {
    expect(checkArguments(new Map(), objectOf(`{"$async":true}`))).toEqual({
      cause: "schema_unusable",
      text: "the tool's input schema is asynchronous",
    });
  });

  it("says that a number is too far from its divisor", () => {
    expect(
      checkArguments(objectOf(`{"a":1e-2500}`), objectOf(`{"properties":{"a":{"multipleOf":1e-300}}}`)),
    ).toEqual({
      cause: "unchecked",
      text: "the arguments have a number that cannot be divided exactly",
    });
  });

  it("says that a text is too long for a pattern", () => {
    const schema = objectOf(`{"properties":{"a":{"pattern":"a"}}}`);
    const fault = checkArguments(objectOf(`{"a":"${"a".repeat(20_000)}"}`), schema);
    expect(fault).toEqual({
      cause: "unchecked",
      text: "the arguments have a text of more than 16384 characters where the tool's input schema has a pattern",
    });
  });

  it("leaves arguments unchecked when the library fails", () => {
    const hostile = new Proxy(new Map(), {
      get: () => {
        throw new Error("boom");
      },
    });
    expect(checkArguments(hostile, new Map())).toEqual({
      cause: "unchecked",
      text: "the arguments cannot be held against the tool's input schema",
    });
  });
});

function large(): JsonObject {
  return objectOf(`{"enum":[${"1,".repeat(3_900)}1]}`);
}

describe("validatorOf", () => {
  it("compiles a schema once", () => {
    const schema = objectOf(`{"type":"object"}`);
    expect(validatorOf(schema)).toBe(validatorOf(schema));
  });

  it("drops the oldest of more than 1,000 schemas", () => {
    const first = objectOf(`{"type":"strng"}`);
    const compiled = validatorOf(first);
    for (let count = 0; count < 1_000; count += 1) validatorOf(objectOf(`{"type":"strng"}`));
    expect(validatorOf(first)).not.toBe(compiled);
  });

  it("drops the oldest when schemas have more than 100,000 values together", () => {
    const first = large();
    const compiled = validatorOf(first);
    for (let count = 0; count < 26; count += 1) validatorOf(large());
    expect(validatorOf(first)).not.toBe(compiled);
  });
});
