/** Schemas of servers: which compile, which arguments fit them exactly, and which work is bounded. */

import { describe, expect, it } from "vitest";
import { compileSchema } from "../../../src/policy/arguments/compile-schema.ts";
import { PlainValue, requirePart } from "../../../src/policy/arguments/plain-value.ts";
import { type JsonObject, JsonNumber } from "../../../src/json/json.ts";
import { objectOf } from "../policies.ts";

const DIALECT = "is in another dialect than draft 2020-12 and draft-07";
const DRAFT_7 = "http://json-schema.org/draft-07/schema#";

/** The problem of a schema that cannot be used; undefined for any other. */
function problemOf(schema: string): string | undefined {
  const compiled = compileSchema(objectOf(schema));
  return compiled.ok ? undefined : compiled.problem;
}

/** Whether the value of `x` fits its schema; `unchecked` when the check was given up. */
function fits(schema: string, value: string, dialect = ""): boolean | "unchecked" {
  const compiled = compileSchema(objectOf(`{${dialect}"properties":{"x":${schema}}}`));
  if (!compiled.ok) throw new Error(compiled.problem);
  try {
    return compiled.check(objectOf(`{"x":${value}}`)) === undefined;
  } catch {
    return "unchecked";
  }
}

describe("a schema that can be used", () => {
  it.each([
    ["without $schema", `{"properties":{"a":{"prefixItems":[{"type":"string"}]}}}`],
    ["of draft 2020-12", `{"$schema":"https://json-schema.org/draft/2020-12/schema","type":"object"}`],
    [
      "of draft 2020-12 with an empty fragment",
      `{"$schema":"https://json-schema.org/draft/2020-12/schema#"}`,
    ],
    ["of draft-07", `{"$schema":"${DRAFT_7}","properties":{"a":{"items":[{"type":"string"}]}}}`],
    ["of draft-07 over https", `{"$schema":"https://json-schema.org/draft-07/schema"}`],
    ["with keywords that no draft has", `{"x-order":1,"id":"a","properties":{"a":{"example":2}}}`],
    ["with a format that is not known", `{"properties":{"a":{"type":"string","format":"cron"}}}`],
    [
      "with a reference into itself",
      `{"properties":{"a":{"$ref":"#/$defs/b"}},"$defs":{"b":{"type":"null"}}}`,
    ],
    ["that is recursive", `{"properties":{"next":{"$ref":"#"}}}`],
    [
      "with an $id of its own",
      `{"$id":"https://a.example/x","properties":{"a":{"$ref":"#/$defs/b"}},"$defs":{"b":{}}}`,
    ],
    [
      "with a reference to the draft's own schema",
      `{"properties":{"a":{"$ref":"https://json-schema.org/draft/2020-12/schema"}}}`,
    ],
  ])("is one %s", (_kind, schema) => {
    expect(problemOf(schema)).toBeUndefined();
  });

  it("is compiled apart from another one with the same $id", () => {
    const schemas = ["string", "number"].map(
      (type) => `{"$id":"https://a.example/x","properties":{"a":{"type":"${type}"}}}`,
    );
    expect(schemas.map(problemOf)).toEqual([undefined, undefined]);
  });
});

describe("a schema that cannot be used", () => {
  it.each([
    ["of another dialect", `{"$schema":"http://json-schema.org/draft-04/schema#"}`, /another dialect/],
    ["with a dialect that is no text", `{"$schema":7}`, /another dialect/],
    ["with a list of items in draft 2020-12", `{"properties":{"a":{"items":[{}]}}}`, /items/],
    [
      "with a reference to another document",
      `{"properties":{"a":{"$ref":"https://a.example/b.json"}}}`,
      /can't resolve/,
    ],
    ["with a reference to a file", `{"properties":{"a":{"$ref":"file:///etc/passwd"}}}`, /can't resolve/],
    ["with a reference that leads nowhere", `{"properties":{"a":{"$ref":"#/$defs/none"}}}`, /can't resolve/],
    [
      "with a reference to a part that is no schema",
      `{"$defs":{"b":5},"properties":{"a":{"$ref":"#/$defs/b"}}}`,
      /cannot be compiled/,
    ],
    ["with a type that does not exist", `{"properties":{"a":{"type":"strng"}}}`, /type/],
    ["with a bound that is no number", `{"properties":{"a":{"minimum":"5"}}}`, /number/],
    ["with a divisor of 0", `{"properties":{"a":{"multipleOf":0}}}`, /above 0/],
    ["with a property that is no schema", `{"properties":{"a":5}}`, /no schema/],
    ["with a property that is a list", `{"properties":{"a":[{"type":"string"}]}}`, /no schema/],
    ["with an alternative that is no schema", `{"anyOf":[{"type":"object"},null]}`, /no schema/],
    [
      "with a pattern that RE2 does not have",
      `{"properties":{"a":{"pattern":"(?=a)b"}}}`,
      /cannot be compiled/,
    ],
    ["with a pattern that is no expression", `{"properties":{"a":{"pattern":"("}}}`, /cannot be compiled/],
    [
      "with a pattern that is copied too often",
      `{"properties":{"a":{"pattern":"${"[a-z]{1000}".repeat(40)}"}}}`,
      /too large/,
    ],
    ["that answers later", `{"$async":true,"type":"object"}`, /asynchronous/],
    [
      "with a part that answers later",
      `{"properties":{"a":{"$ref":"#/$defs/b"}},"$defs":{"b":{"$async":true}}}`,
      /async/,
    ],
    ["with too many values", `{"enum":[${"1,".repeat(4_001)}1]}`, /too large/],
    ["with too much text", `{"description":"${"a".repeat(300_000)}"}`, /too large/],
  ])("is one %s", (_kind, schema, problem) => {
    expect(problemOf(schema)).toMatch(problem);
  });

  it("is one that is nested too deeply for the library", () => {
    let schema: JsonObject = new Map();
    for (let depth = 0; depth < 4_000; depth += 1) schema = new Map([["not", schema]]);
    expect(compileSchema(schema).ok).toBe(false);
  });

  it("is not code, whatever names and texts it has", () => {
    const breakout = JSON.stringify(`"];globalThis.isBroken=true;["`);
    const template = JSON.stringify("`;globalThis.isBroken=true;//${globalThis.isBroken=true}");
    for (const text of [breakout, template, JSON.stringify("\u2028globalThis.isBroken=true\u2028")]) {
      const schema = `{"$id":${text},"title":${text},"properties":{${text}:{"const":${text},"enum":[${text}]}},
        "required":[${text}],"dependentRequired":{${text}:[${text}]},"patternProperties":{"a":{"$comment":${text}}}}`;
      const compiled = compileSchema(objectOf(schema.replaceAll("\n", "")));
      if (compiled.ok) compiled.check(objectOf(`{${text}:1}`));
    }
    expect("isBroken" in globalThis).toBe(false);
  });
});

describe("numbers as they were written", () => {
  it.each([
    [`{"maximum":9007199254740992}`, "9007199254740992", true],
    [`{"maximum":9007199254740992}`, "9007199254740993", false],
    [`{"maximum":9007199254740993}`, "9007199254740993", true],
    [`{"maximum":9007199254740993}`, "9007199254740994", false],
    [`{"minimum":9007199254740993}`, "9007199254740992", false],
    [`{"exclusiveMinimum":0}`, "1e-400", true],
    [`{"exclusiveMinimum":0}`, "0e5", false],
    [`{"exclusiveMaximum":1}`, "0.99999999999999999999", true],
    [`{"minimum":0.1}`, "0.1", true],
    [`{"minimum":0.1}`, "0.09999999999999999999999", false],
    [`{"type":"integer"}`, "1.0", true],
    [`{"type":"integer"}`, "1e3", true],
    [`{"type":"integer"}`, "1.00000000000000000001", false],
    [`{"type":"integer"}`, "1e-400", false],
    [`{"type":"integer"}`, "9007199254740993.5", false],
    [`{"type":"integer"}`, "12345678901234567890123", true],
    [`{"type":"integer"}`, "0.1000000000000000055511151231257827", false],
    [`{"type":"integer"}`, "0.00000000000000000001", false],
    [`{"type":"number"}`, "9007199254740993.5", true],
    [`{"const":9007199254740993}`, "9007199254740993", true],
    [`{"const":9007199254740993}`, "9007199254740992", false],
    [`{"const":{"a":[9007199254740993]}}`, `{"a":[9007199254740993]}`, true],
    [`{"const":{"a":[9007199254740993]}}`, `{"a":[9007199254740992]}`, false],
    [`{"enum":[7,9007199254740993]}`, "9007199254740992", false],
    [`{"enum":[1]}`, "1.0", true],
    [`{"enum":["1"]}`, "1", false],
    [`{"enum":[null,false]}`, "false", true],
    [`{"enum":[null,false]}`, "null", true],
    [`{"const":null}`, "null", true],
    [`{"const":null}`, `"null"`, false],
    [`{"const":false}`, "false", true],
    [`{"multipleOf":0.1}`, "0.3", true],
    [`{"multipleOf":0.01}`, "19.99", true],
    [`{"multipleOf":2}`, "9007199254740993", false],
    [`{"multipleOf":3}`, "9007199254740993", true],
    [`{"multipleOf":5}`, "0", true],
    [`{"multipleOf":0.5}`, "0.0", true],
    [`{"multipleOf":1e-300}`, "1e300", true],
    [`{"multipleOf":7}`, "1e-320", false],
    [`{"uniqueItems":true}`, "[9007199254740992,9007199254740993]", true],
    [`{"uniqueItems":true}`, "[1,1.0]", false],
    [`{"uniqueItems":true}`, `[{"a":1,"b":2},{"b":2.0,"a":1e0}]`, false],
    [`{"uniqueItems":true}`, `["1",1,true,null,[1],{"1":1}]`, true],
    [`{"uniqueItems":false}`, "[1,1]", true],
  ])("%s on %s is %s", (schema, value, expected) => {
    expect(fits(schema, value)).toBe(expected);
  });

  it("are compared beside a number that a double changes", () => {
    expect(fits(`{"properties":{"a":{"maximum":5}}}`, `{"a":5,"b":9007199254740993}`)).toBe(true);
    expect(fits(`{"prefixItems":[{"maximum":5}]}`, "[5.00000000000000000001]")).toBe(false);
    expect(fits(`{"items":{"maximum":5}}`, "[5,5.00000000000000000001]")).toBe(false);
  });

  it("are not divided when they are too far apart", () => {
    expect(fits(`{"multipleOf":1e-300}`, "1e-2500")).toBe("unchecked");
  });
});

describe("names", () => {
  it.each([
    [`{"additionalProperties":false}`, `{"constructor":1}`, false],
    [`{"required":["toString"]}`, "{}", false],
    [`{"required":["__proto__"]}`, "{}", false],
    [`{"required":["__proto__"]}`, `{"__proto__":1}`, true],
    [`{"properties":{"__proto__":{"type":"number"}}}`, `{"__proto__":"a"}`, false],
    [`{"properties":{"__proto__":{"type":"number"}}}`, `{"__proto__":1}`, true],
    [`{"properties":{"__proto__":{"type":"number"}}}`, "{}", true],
    [`{"const":{"valueOf":1}}`, `{"valueOf":1}`, true],
    [`{"uniqueItems":true}`, `[{"constructor":1},{"constructor":2}]`, true],
    [`{"propertyNames":{"maxLength":2}}`, `{"abc":1}`, false],
    [`{"dependentRequired":{"a":["b"]}}`, `{"a":1}`, false],
    [`{"unevaluatedProperties":false,"properties":{"a":{}}}`, `{"b":1}`, false],
  ])("%s on %s is %s", (schema, value, expected) => {
    expect(fits(schema, value)).toBe(expected);
  });

  it("are read in draft-07 as well", () => {
    const dialect = `"$schema":"${DRAFT_7}",`;
    expect(fits(`{"items":[{"type":"string"}],"additionalItems":false}`, `["a",1]`, dialect)).toBe(false);
    expect(fits(`{"dependencies":{"a":["b"],"c":{"required":["d"]}}}`, `{"c":1}`, dialect)).toBe(false);
  });
});

describe("no coercion", () => {
  it.each([
    [`{"type":"boolean"}`, `"true"`],
    [`{"type":"boolean"}`, "1"],
    [`{"type":"number"}`, `"1"`],
    [`{"type":"integer"}`, "true"],
    [`{"type":"string"}`, "1"],
    [`{"type":"array"}`, `"[]"`],
    [`{"type":"object"}`, "[]"],
    [`{"type":"string"}`, "null"],
  ])("%s does not take %s", (schema, value) => {
    expect(fits(schema, value)).toBe(false);
  });
});

describe("patterns", () => {
  it.each([
    ["^a+$", "aaa", true],
    ["^a+$", "aab", false],
    ["b", "abc", true],
    ["^\\\\d{2}\\\\/\\\\d$", "12/3", true],
    ["^\\\\u0041$", "A", true],
    ["^(?<year>\\\\d{4})$", "2026", true],
    ["a$", "a\\n", false],
    ["^a{2,}b{1}$", "aaab", true],
  ])("%s on %s is %s", (pattern, text, expected) => {
    expect(fits(`{"pattern":"${pattern}"}`, `"${text}"`)).toBe(expected);
  });

  it("are kept apart, each for its own names", () => {
    const schema = `{"patternProperties":{"^a":{"type":"number"},"^b":{"type":"string"}},"additionalProperties":false}`;
    expect(fits(schema, `{"a":1,"b":"1"}`)).toBe(true);
    expect(fits(schema, `{"a":"1"}`)).toBe(false);
    expect(fits(schema, `{"c":1}`)).toBe(false);
  });

  it("take linear time on texts that make others take exponential time", () => {
    expect(fits(`{"pattern":"^(a|a)*$"}`, `"${"a".repeat(10_000)}b"`)).toBe(false);
    expect(fits(`{"pattern":"^(a+)+$"}`, `"${"a".repeat(10_000)}b"`)).toBe(false);
  });

  it("are not matched on a text of more than 16,384 characters", () => {
    expect(fits(`{"pattern":"a"}`, `"${"a".repeat(16_384)}"`)).toBe(true);
    expect(fits(`{"pattern":"a"}`, `"${"a".repeat(16_385)}"`)).toBe("unchecked");
  });
});

describe("work", () => {
  it("is bounded where references double at each level", () => {
    const levels = Array.from({ length: 40 }, (_, level) => {
      const next = `{"$ref":"#/$defs/d${level + 1}"}`;
      return `"d${level}":{"anyOf":[${next},${next}]}`;
    });
    const schema = `{"properties":{"x":{"$ref":"#/$defs/d0"}},"$defs":{${levels.join(",")},"d40":{"type":"null"}}}`;
    const compiled = compileSchema(objectOf(schema));
    expect(() => compiled.ok && compiled.check(objectOf(`{"x":1}`))).toThrow("too large");
  });

  it("is bounded where a value is applied to a schema that is its own part", () => {
    const compiled = compileSchema(objectOf(`{"allOf":[{"$ref":"#"}]}`));
    expect(() => compiled.ok && compiled.check(objectOf("{}"))).toThrow();
  });

  it.each([
    [
      "elements",
      `{"items":{"anyOf":[${`{"type":"null"},`.repeat(200)}{"type":"number"}]}}`,
      `[${"1,".repeat(20_000)}1]`,
    ],
    [
      "members",
      `{"additionalProperties":{"anyOf":[${`{"type":"null"},`.repeat(200)}{}]}}`,
      `{${Array.from({ length: 20_000 }, (_, at) => `"${at}":1`).join(",")}}`,
    ],
    ["characters", `{"allOf":[${`{"maxLength":9000000},`.repeat(200)}{}]}`, `"${"a".repeat(900_000)}"`],
    ["values of an enumeration", `{"items":{"enum":[${"1,".repeat(3_000)}1]}}`, `[${"2,".repeat(5_000)}2]`],
    [
      "items that must differ",
      `{"allOf":[${`{"uniqueItems":true},`.repeat(100)}{}]}`,
      `[${Array.from({ length: 60_000 }, (_, at) => at).join(",")}]`,
    ],
  ])("is bounded for many %s", (_parts, schema, value) => {
    expect(fits(schema, value)).toBe("unchecked");
  });

  it("is enough for 50,000 values", () => {
    expect(fits(`{"items":{"type":"number","minimum":0}}`, `[${"1,".repeat(50_000)}1]`)).toBe(true);
    expect(fits(`{"uniqueItems":true}`, `[${Array.from({ length: 50_000 }, (_, at) => at).join(",")}]`)).toBe(
      true,
    );
  });
});

describe("a number beyond a double", () => {
  it.each([
    ["1e400", false],
    ["-1e400", true],
  ])("%s is compared as well: at most 5 is %s", (token, expected) => {
    const compiled = compileSchema(objectOf(`{"properties":{"x":{"type":"integer","maximum":5}}}`));
    const args = new Map([["x", new JsonNumber(token)]]);
    expect(compiled.ok && compiled.check(args) === undefined).toBe(expected);
  });
});

it("applies the operands of the draft's own schema", () => {
  const meta = `{"$ref":"https://json-schema.org/draft/2020-12/schema"}`;
  expect(fits(meta, `{"minLength":1,"required":["a"],"type":["string"]}`)).toBe(true);
  expect(fits(meta, `{"minLength":-1}`)).toBe(false);
  expect(fits(meta, `{"required":["a","a"]}`)).toBe(false);
  expect(fits(meta, `{"type":"strng"}`)).toBe(false);
});

it("a part that a value does not have is a fault", () => {
  expect(() => requirePart(new PlainValue(new Map()).sourceOf({}))).toThrow(
    "a part of the value is not found",
  );
});

describe("nullable, a keyword of OpenAPI", () => {
  it.each([
    ["beside a type", `{"type":"string","nullable":true}`, "null", false],
    ["beside a list of types", `{"type":["string","number"],"nullable":true}`, "null", false],
    ["beside a type that has null", `{"type":["string","null"],"nullable":false}`, "null", true],
    ["without a type", `{"nullable":true,"enum":["a"]}`, "null", false],
    ["in an alternative", `{"anyOf":[{"type":"string","nullable":true}]}`, "null", false],
    [
      "under a property that is called properties",
      `{"properties":{"properties":{"type":"string","nullable":true}}}`,
      `{"properties":null}`,
      false,
    ],
    ["that is a property's name", `{"properties":{"nullable":{"type":"string"}}}`, `{"nullable":1}`, false],
    ["that is the name of any property", `{"properties":{"nullable":false}}`, `{"nullable":1}`, false],
    ["of a schema that is referred to", `{"$ref":"#/x-shared/a","type":"string"}`, "null", false],
    ["as a value of an enum", `{"enum":[{"nullable":true}]}`, `{"nullable":true}`, true],
    ["as a part of a constant", `{"const":{"nullable":true}}`, `{}`, false],
  ])("changes nothing %s", (_place, schema, value, expected) => {
    for (const draft of ["", `"$schema":"${DRAFT_7}",`]) {
      const shared = `"x-shared":{"a":{"type":"string","nullable":true}},`;
      expect(fits(schema, value, draft + shared)).toBe(expected);
    }
  });
});

describe("a part that is called nullable", () => {
  const DRAFT_2020 = "https://json-schema.org/draft/2020-12/schema";

  it.each([
    ["patternProperties", DRAFT_7, `{"patternProperties":{"nullable":false}}`],
    ["patternProperties", DRAFT_2020, `{"patternProperties":{"nullable":false}}`],
    ["dependentSchemas", DRAFT_2020, `{"dependentSchemas":{"nullable":false}}`],
    ["dependencies", DRAFT_7, `{"dependencies":{"nullable":false}}`],
    ["$defs", DRAFT_2020, `{"$ref":"#/properties/x/$defs/nullable","$defs":{"nullable":false}}`],
    [
      "definitions",
      DRAFT_7,
      `{"$ref":"#/properties/x/definitions/nullable","definitions":{"nullable":false}}`,
    ],
  ])("stays a part of %s in %s", (_keyword, draft, schema) => {
    expect(fits(schema, `{"nullable":1}`, `"$schema":"${draft}",`)).toBe(false);
  });

  it.each(["patternProperties", "dependentSchemas", "allOf", "oneOf", "prefixItems", "anyOf", "properties"])(
    "is refused in %s when it is no schema",
    (keyword) => {
      const parts = /[Pp]roperties|dependent/.test(keyword) ? `{"nullable":5}` : "[5]";
      expect(problemOf(`{"${keyword}":${parts}}`)).toContain(`"${keyword}" has a part that is no schema`);
    },
  );

  it("is refused in dependencies when it is no schema and no list", () => {
    const before = `{"$schema":"${DRAFT_7}","dependencies":`;
    expect(problemOf(`${before}{"nullable":5}}`)).toContain(`"dependencies" has a part that is no schema`);
    expect(problemOf(`${before}{"nullable":["a"]}}`)).toBeUndefined();
  });
});

describe("bounds and texts of schemas", () => {
  it.each([
    ['{"$schema":"x-https://json-schema.org/draft-07/schema"}', DIALECT],
    ['{"$schema":"https://json-schema.org/draft-07#/schema"}', DIALECT],
    ['{"$schema":"json-schema.org/draft-07/schema"}', undefined],
    ['{"$schema":7}', DIALECT],
    ['{"$ref":"#/$defs/a","$defs":{"a":5}}', "cannot be compiled: Error: a reference leads to no schema"],
    ['{"$ref":"#/$defs/a","$defs":{"a":[]}}', "cannot be compiled: Error: a reference leads to no schema"],
    ['{"$ref":"#/$defs/a~1b%25","$defs":{"a/b%":true}}', undefined],
    ['{"properties":{"a":[]}}', 'cannot be compiled: Error: "properties" has a part that is no schema'],
    [`{"$schema":"${DRAFT_7}","dependencies":{"a":["b"]}}`, undefined],
    [
      `{"$schema":"${DRAFT_7}","items":[5]}`,
      'cannot be compiled: Error: "items" has a part that is no schema',
    ],
  ])("%s: %s", (schema, problem) => {
    expect(problemOf(schema)).toBe(problem);
  });

  it("may have 131,072 characters and 4,000 values", () => {
    expect([131_057, 131_058].map((length) => problemOf(`{"$comment":"${"a".repeat(length)}"}`))).toEqual([
      undefined,
      "is too large",
    ]);
    expect([3_998, 3_999].map((values) => problemOf(`{"enum":[${"1,".repeat(values - 1)}1]}`))).toEqual([
      undefined,
      "is too large",
    ]);
  });

  it("shortens the reason of the library to 120 characters", () => {
    const problem = problemOf(`{"$ref":"https://a.example/${"a".repeat(500)}"}`);
    expect(problem).toHaveLength("cannot be compiled: ".length + 120);
  });

  it.each([
    [`{"properties":{"__proto__":{"type":"string"}}}`, '{"__proto__":1}', false],
    [`{"properties":{"__proto__":{"type":"string"}}}`, '{"__proto__":"a"}', true],
    [`{"properties":{"__proto__":{"type":"string"}}}`, "{}", true],
    [
      `{"properties":{"__proto__":{"type":"string"},"a":{"type":"string"}}}`,
      '{"__proto__":"a","a":1}',
      false,
    ],
    [`{"patternProperties":{"__proto__":{"type":"string"}}}`, '{"__proto__":"a"}', true],
    ['{"type":"string","nullable":true}', "null", false],
    ['{"type":"string","nullable":false}', "null", false],
    ['{"properties":{"nullable":{"type":"string"}}}', '{"nullable":1}', false],
    ['{"properties":{"nullable":{"type":"string","nullable":true}}}', '{"nullable":null}', false],
    ['{"enum":[{"nullable":true}]}', '{"nullable":true}', true],
  ])("%s takes %s: %j", (schema, value, expected) => {
    expect(fits(schema, value)).toBe(expected);
  });
});
