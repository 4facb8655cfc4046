/** JSON as it was written: numbers keep their token, objects are Maps, so that no name is special and nothing is rounded. */

export type Json = null | boolean | string | JsonNumber | JsonArray | JsonObject;
export type JsonArray = readonly Json[];
/** Own names only: `__proto__` and `constructor` are names like any other. */
export type JsonObject = ReadonlyMap<string, Json>;

/** A number as its RFC 8259 token: `9007199254740993`, `1.0` and `1e3` keep what a double would lose. */
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
