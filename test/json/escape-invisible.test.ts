import { describe, expect, it } from "vitest";
import { escapeInvisible, escapeInvisibleInJson, isVisibleText } from "../../src/json/escape-invisible.ts";

describe("a text with characters that are not seen", () => {
  it.each([
    ["a bidi override", "read\u202egpj", "read\\u202egpj"],
    ["a bidi isolate", "a\u2066b\u2069", "a\\u2066b\\u2069"],
    ["a zero width space", "ad\u200bmin", "ad\\u200bmin"],
    ["a soft hyphen", "ad\u00admin", "ad\\u00admin"],
    ["a byte order mark", "\ufeffx", "\\ufeffx"],
    ["a tag character, beyond 16 bits", "x\u{e0041}", "x\\udb40\\udc41"],
    ["a filler that is a letter", "x\u3164", "x\\u3164"],
    ["a variation selector", "x\ufe0f", "x\\ufe0f"],
    ["a line separator", "a\u2028b", "a\\u2028b"],
    ["private use", "\ue000", "\\ue000"],
    ["a lone surrogate", "\ud800", "\\ud800"],
    ["a control character", "a\u001b[2Jb\n", "a\\u001b[2Jb\\n"],
    ["a C1 control", "\u009b", "\\u009b"],
  ])("is shown with escapes: %s", (_what, text, shown) => {
    expect(escapeInvisible(text)).toBe(shown);
    expect(isVisibleText(text)).toBe(false);
    expect(JSON.parse(escapeInvisibleInJson(JSON.stringify({ text })))).toEqual({ text });
  });

  it("keeps text that is seen, in any script", () => {
    for (const text of ["plain", "größe", "日本語", "नमस्ते", "🙂", "עברית"]) {
      expect(escapeInvisible(text)).toBe(text);
      expect(isVisibleText(text)).toBe(true);
    }
  });

  it("keeps line breaks of JSON", () => {
    expect(escapeInvisibleInJson('{\n "a": "\u202e"\n}')).toBe('{\n "a": "\\u202e"\n}');
  });
});
