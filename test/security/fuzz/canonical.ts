/** A value in one form that readers in other languages can write too: doubles and texts as hexadecimal. */

import { isJsonArray, isJsonObject, type Json, JsonNumber } from "../../../src/json/json.ts";

const double = Buffer.alloc(8);

export function canonical(value: Json, read: (text: string) => string = (text) => text): string {
  if (value === null || typeof value === "boolean") return String(value);
  if (typeof value === "string") return `"${hexOf(read(value))}"`;
  if (value instanceof JsonNumber) return doubleOf(Number(value.token));
  if (isJsonArray(value)) return `[${value.map((item) => canonical(item, read)).join(",")}]`;
  if (!isJsonObject(value)) return "!";
  return `{${Array.from(value, ([name, member]) => `"${hexOf(name)}":${canonical(member, read)}`).join(",")}}`;
}

function hexOf(text: string): string {
  return Buffer.from(text, "utf16le").swap16().toString("hex");
}

function doubleOf(value: number): string {
  double.writeDoubleBE(value);
  return double.toString("hex");
}
