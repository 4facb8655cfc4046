/** The check as WebAssembly: it reads nothing of an earlier text, and may be missing. */

import { afterEach, describe, expect, it, vi } from "vitest";
import { Scanner, type ScanBounds } from "../../../src/json/lazy/scanner.ts";

const BOUNDS: ScanBounds = { maxDepth: 64, maxNodes: 200_000, maxKeys: 100_000, maxNumberLength: 64 };
const PATH = ["params", "arguments"] as const;

afterEach(() => {
  vi.unstubAllGlobals();
  vi.resetModules();
});

describe("the scanner", () => {
  it("reports the same of a text, whatever text stood in its memory before", () => {
    const scanner = new Scanner();
    const text = '{"params":{"arguments":{"a":[true,"b\\n",-1.5e3]}}}';
    const before = [" ", '"', "\\", "}", "0", "true", '"}]}', "\u00ff"].map((part) => part.repeat(9_000));
    for (let length = 0; length <= text.length; length += 1) {
      const cut = Buffer.from(text.slice(0, length));
      const wanted = new Scanner().scan(cut, BOUNDS, PATH);
      expect(wanted === undefined).toBe(length < text.length);
      for (const other of before) {
        scanner.scan(Buffer.from(other), BOUNDS, PATH);
        scanner.scan(Buffer.from(text.slice(0, length) + text.slice(length) + other), BOUNDS, PATH);
        expect(scanner.scan(cut, BOUNDS, PATH)).toEqual(wanted);
      }
    }
  });

  it("has room for as many names and members as a text can have", () => {
    const scanner = new Scanner();
    for (const count of [1, 25, 1_000, 99_990]) {
      const members = Array.from({ length: count }, (_, index) => `"${index.toString(36)}":0`).join(",");
      const bytes = Buffer.from(`{"params":{"arguments":{${members}}}}`);
      const found = scanner.scan(bytes, BOUNDS, PATH);
      expect(found?.members).toHaveLength(count * 4);
      const [, , start, end] = found?.members.slice(-4) ?? [];
      expect(bytes.toString("utf8", start, end)).toBe("0");
      const twice = Buffer.from(`{"params":{"arguments":{${members},"0":1}}}`);
      expect(scanner.scan(twice, BOUNDS, PATH)).toBeUndefined();
    }
  });
});

describe("a check", () => {
  it("is left to the reader where there is no WebAssembly", async () => {
    vi.resetModules();
    vi.stubGlobal("WebAssembly", undefined);
    const { checkJson } = await import("../../../src/json/lazy/check-json.ts");
    const bytes = Buffer.from('{"params":{"arguments":{}}}');
    expect(checkJson(bytes, BOUNDS, PATH)).toBeUndefined();
    vi.unstubAllGlobals();
    expect(checkJson(bytes, BOUNDS, PATH)).toBeUndefined();
  });

  it("keeps no memory of a text that is much longer than most", async () => {
    vi.resetModules();
    const { checkJson } = await import("../../../src/json/lazy/check-json.ts");
    const { Scanner: Loaded } = await import("../../../src/json/lazy/scanner.ts");
    const sizes: number[] = [];
    const { scan: original } = Loaded.prototype;
    const scan = vi.spyOn(Loaded.prototype, "scan").mockImplementation(function (this: Scanner, ...given) {
      const found = original.apply(this, given);
      sizes.push(this.size);
      return found;
    });
    for (const length of [4_000_000, 5_000]) {
      const bytes = Buffer.from(`{"params":{"arguments":{"a":"${"x".repeat(length)}"}}}`);
      expect(checkJson(bytes, BOUNDS, PATH)?.members).toHaveLength(4);
    }
    scan.mockRestore();
    expect(Number(sizes[1])).toBeLessThan(Number(sizes[0]) / 10);
  });

  it("removes the blanks of a text whose scanner was not kept", async () => {
    vi.resetModules();
    const { checkJson, minifyJson } = await import("../../../src/json/lazy/check-json.ts");
    const bytes = Buffer.from(`{"params": {"arguments": {"a": "${" x".repeat(2_000_000)}"}}}`);
    expect(checkJson(bytes, BOUNDS, PATH)?.hasBlanks).toBe(true);
    expect(minifyJson(bytes)).toHaveLength(bytes.length - 3);
  });
});
