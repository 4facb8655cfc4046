import { describe, expect, it } from "vitest";
import { CHAIN_START, createChain, linkHash, parseChainedLine } from "../../src/json/line-chain.ts";

const digest = (text: string): string => text.length.toString(16).padStart(64, "0");

describe("a chain of lines", () => {
  it("numbers its lines, and each holds the digest of the one before", () => {
    const link = createChain(digest, CHAIN_START);
    const [one, two] = ['{"a":1}\n', '{"b":{}}\n'].map(link);
    expect(JSON.parse(one ?? "")).toMatchObject({ a: 1, chain: { seq: 1, prev: CHAIN_START.hash } });
    const [first, second] = [one, two].map((line = "") => parseChainedLine(line.trimEnd()));
    expect(first?.body).toBe('{"a":1}');
    expect(second).toMatchObject({ seq: 2, prev: first?.hash, body: '{"b":{}}' });
    if (second !== undefined) expect(linkHash(digest, second)).toBe(second.hash);
  });

  it("is not seen in other lines", () => {
    for (const line of ["", "{}", '{"chain":{"seq":1}}', '{"a":1,"chain":{"seq":1,"prev":"","hash":""}}'])
      expect(parseChainedLine(line)).toBeUndefined();
  });
});
