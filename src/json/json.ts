/** JSON values. Numbers keep their token, so nothing is rounded; objects are Maps, so no name is special. */

export type Json = null | boolean | string | JsonNumber | JsonArray | JsonObject;
export type JsonArray = readonly Json[];
/** Members by name; `__proto__` and `constructor` are ordinary names. */
export type JsonObject = ReadonlyMap<string, Json>;

/** A number as its RFC 8259 token: `9007199254740993`, `1.0` and `1e3` lose nothing. */
export class JsonNumber {
  readonly token: string;

  constructor(token: string) {
    this.token = token;
  }
}

export function isJsonObject(value: Json | undefined): value is JsonObject {
  return value instanceof Map;
}

export function isJsonArray(value: Json | undefined): value is JsonArray {
  return Array.isArray(value);
}
