import { describe, expect, it } from "vitest";
import { isReservedName, nameFault, RESERVED_NAMES } from "../../src/policy/agent-name.ts";

describe("the name of an agent", () => {
  it.each([
    "alice",
    "a",
    "build 7",
    "system:serviceaccount:team-a:bot",
    "spiffe://example.org/alice",
    `/C=US/CN=Alice "A", Inc;x`,
    "auth0|abc",
    "Zoë",
    "日本語",
    "한국어",
    "🤖",
    "locality",
    "anonymous-1",
    "other",
    "unknown",
    "x".repeat(256),
  ])("may be %s", (name) => {
    expect(nameFault(name)).toBeUndefined();
  });

  it.each([
    ["U+3164 HANGUL FILLER", "alice\u3164"],
    ["U+115F HANGUL CHOSEONG FILLER", "\u115falice"],
    ["U+FFA0 HALFWIDTH HANGUL FILLER", "al\uffa0ice"],
    ["U+034F COMBINING GRAPHEME JOINER", "al\u034fice"],
    ["U+FE0F VARIATION SELECTOR-16", "alice\ufe0f"],
    ["U+E0100 VARIATION SELECTOR-17", "alice\u{e0100}"],
    ["U+180B MONGOLIAN VARIATION SELECTOR ONE", "alice\u180b"],
    ["U+17B5 KHMER VOWEL INHERENT AA", "alice\u17b5"],
    ["U+2800 BRAILLE PATTERN BLANK", "alice\u2800"],
    ["U+1D159 MUSICAL SYMBOL NULL NOTEHEAD", "alice\u{1d159}"],
    ["U+00A0 NO-BREAK SPACE", "al\u00a0ice"],
    ["U+3000 IDEOGRAPHIC SPACE", "al\u3000ice"],
    ["U+2009 THIN SPACE", "al\u2009ice"],
    ["U+200B ZERO WIDTH SPACE", "al\u200bice"],
    ["U+202E RIGHT-TO-LEFT OVERRIDE", "\u202ealice"],
    ["U+00AD SOFT HYPHEN", "ali\u00adce"],
    ["U+FEFF", "\ufeffalice"],
    ["U+E0061 TAG LATIN SMALL LETTER A", "alice\u{e0061}"],
    ["U+2028 LINE SEPARATOR", "ali\u2028ce"],
    ["a control", "ali\tce"],
    ["a lone surrogate", "ali\ud800ce"],
    ["an unassigned character", "ali\u0378ce"],
  ])("may not hold %s", (_what, name) => {
    expect(nameFault(name)).toBe("has a character that does not show");
  });

  it.each([
    ["", "is empty"],
    ["x".repeat(257), "has more than 256 characters"],
    [" alice", "begins or ends with a blank"],
    ["alice ", "begins or ends with a blank"],
    ["Zoe\u0308", "is not in Unicode normalization form C"],
    ["\u212bngstr\u00f6m", "is not in Unicode normalization form C"],
  ])("may not be %j", (name, fault) => {
    expect(nameFault(name)).toBe(fault);
  });

  it.each([
    ...RESERVED_NAMES,
    "Anonymous",
    "ANONYMOUS",
    "anonymou\u017f",
    "ａｎｏｎｙｍｏｕｓ",
    "\uff3fother",
    "_Other",
    "_un\uff4bnown",
    "Local",
    "𝓵𝓸𝓬𝓪𝓵",
    "lo cal",
  ])("may not be %s, which is reserved", (name) => {
    expect(nameFault(name)).toBe("is reserved");
    expect(isReservedName(name)).toBe(true);
  });
});
