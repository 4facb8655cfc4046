import { describe, expect, it } from "vitest";
import {
  decodeAdmission,
  encodeAdmission,
  counterKeyIn,
} from "../../../src/enforcement/limits/limit-store.ts";
import { storeKey } from "../../../src/enforcement/store/store.ts";
import type { Charge } from "../../../src/policy/limit.ts";
import { compilePolicy } from "../../fixtures/shared-limits.ts";

const SCHEME = { prefix: "tollgate", server: "prometheus", digest: (text: string) => `<${text}>` };

function chargeOf(limit: object): Charge {
  const [compiled] = compilePolicy({ tools: { run: { limits: [limit] } } }).limits;
  if (compiled === undefined) throw new Error("no limit");
  return { limit: compiled, key: "bot", amount: 1 };
}

const MINUTE = chargeOf({ counter: "runs", window: "minute", max: 5 });
const MONTH = chargeOf({ counter: "all", window: "month", max: 9, algorithm: "sliding", mode: "shadow" });
const keyOf = (charge: Charge): string => counterKeyIn(SCHEME, charge);

describe("the keys of the store", () => {
  it("are these, on every replica and through every reload: a change starts all counters from zero", () => {
    expect(keyOf(MINUTE)).toBe(
      `tollgate:v1:{prometheus}:["/tools/run","runs","minute","agent","aligned"]:<bot>`,
    );
    expect(keyOf({ ...MINUTE, key: "" })).toBe(
      `tollgate:v1:{prometheus}:["/tools/run","runs","minute","agent","aligned"]:`,
    );
    expect(storeKey(SCHEME, "probe")).toBe("tollgate:v1:{prometheus}:probe");
  });

  it("do not change with max, wording or mode", () => {
    const edited = chargeOf({ counter: "runs", window: "minute", max: 6, on_deny: "slowly", mode: "shadow" });
    expect(keyOf(edited)).toBe(keyOf(MINUTE));
  });
});

describe("a question to the store", () => {
  it("names each counter once, its window, what is checked and what is charged", () => {
    const ask = {
      checks: [MINUTE, MONTH, { ...MINUTE, amount: 2 }],
      charges: [MINUTE, MONTH],
      isCharging: true,
      nowMs: 0,
    };
    const { keys, args } = encodeAdmission(ask, keyOf, { name: "mine", durationMs: 15_000 });
    expect(keys).toEqual([keyOf(MINUTE), keyOf(MONTH)]);
    const head = ["1", "3", "2", "mine"];
    const windows = ["1", "60000", "0", "60", String(31 * 86_400_000), "0"];
    const checks = ["1", "1", "5", "enforce", "2", "1", "9", "shadow", "1", "2", "5", "enforce"];
    expect(args).toEqual([...head, ...windows, ...checks, "1", "1", "enforce", "2", "1", "shadow"]);
  });

  it("is answered in the order of its checks", () => {
    const ask = { checks: [MINUTE], charges: [MINUTE], isCharging: true, nowMs: 0 };
    expect(decodeAdmission(["1000", "1", "2.5", "70", "960"], ask, keyOf)).toEqual({
      nowMs: 1_000,
      isAdmitted: true,
      usages: [{ used: 2.5, retryAfterMs: 70 }],
      receipts: [
        { key: keyOf(MINUTE), slice: "960", amount: 1, isInFlight: false, isRefundedOnError: false },
      ],
    });
    expect(decodeAdmission(["1000", "0", "5", "70", ""], ask, keyOf).receipts).toEqual([]);
    const refunded = chargeOf({ counter: "runs", window: "minute", max: 5, on_error: "refund" });
    const { receipts } = decodeAdmission(
      ["1000", "1", "960"],
      { ...ask, checks: [], charges: [refunded] },
      keyOf,
    );
    expect(receipts).toMatchObject([{ isRefundedOnError: true }]);
  });

  it.each([[undefined], ["OK"], [[]], [["1", "1"]]])("is not answered by %j", (reply) => {
    const ask = { checks: [MINUTE], charges: [], isCharging: true, nowMs: 0 };
    expect(() => decodeAdmission(reply, ask, keyOf)).toThrow("the limit store answered");
  });
});
