/** Compares JSON numbers exactly by their tokens, without rounding and in time that does not depend on the exponent. */

import type { JsonNumber } from "./json.ts";

/** Returns a negative number, zero or a positive number for `one` below, equal to or above `other`. */
export function compareNumbers(one: JsonNumber, other: JsonNumber): number {
  if (isSmallInteger(one.token) && isSmallInteger(other.token))
    return Number(one.token) - Number(other.token);
  return compareDecimals(readDecimal(one.token), readDecimal(other.token));
}

/**
 * Whether a parser that reads doubles finds the number as it is written: `0.1` and `1e3`, but not `1e-400`, `1e400`,
 * `7.00000000000000000001` or 9007199254740993. Two such numbers with the same double are equal.
 */
export function isHeldByDouble({ token }: JsonNumber): boolean {
  if (isSmallInteger(token)) return true;
  const double = Number(token);
  if (!Number.isFinite(double)) return false;
  // The shortest text of a large integer is not its value: 2^60 prints as 1152921504606847000.
  const text = Number.isInteger(double) ? String(BigInt(double)) : String(double);
  return compareDecimals(readDecimal(token), readDecimal(text)) === 0;
}

/** Whether the token is an integer that a double holds exactly. */
function isSmallInteger(token: string): boolean {
  return token.length < 16 && /^-?\d+$/.test(token);
}

/** The number sign × 0.digits × 10^exponent. `digits` neither begins nor ends with a zero; zero has sign 0. */
interface Decimal {
  readonly sign: -1 | 0 | 1;
  readonly digits: string;
  readonly exponent: bigint;
}

const ZERO: Decimal = { sign: 0, digits: "", exponent: 0n };

function readDecimal(token: string): Decimal {
  const match = /^(?<minus>-?)(?<whole>\d+)(?:\.(?<fraction>\d+))?(?:[eE]\+?(?<exponent>-?\d+))?$/.exec(
    token,
  );
  if (match === null) throw new TypeError("a number's token is no number");
  const [, minus, whole = "", fraction = "", exponent = "0"] = match;
  const written = whole + fraction;
  const digits = written.replace(/^0+/, "");
  if (digits === "") return ZERO;
  const leadingZeros = written.length - digits.length;
  return {
    sign: minus === "" ? 1 : -1,
    digits: digits.replace(/0+$/, ""),
    exponent: BigInt(exponent) + BigInt(whole.length - leadingZeros),
  };
}

function compareDecimals(one: Decimal, other: Decimal): number {
  if (one.sign !== other.sign) return one.sign - other.sign;
  if (one.exponent !== other.exponent) return one.exponent < other.exponent ? -one.sign : one.sign;
  if (one.digits === other.digits) return 0;
  // Without trailing zeros, the order of the digits is the order of the strings.
  return one.digits < other.digits ? -one.sign : one.sign;
}

/** Whether the number has no fraction: `1.0` and `1e3` have none. */
export function isInteger({ token }: JsonNumber): boolean {
  if (isSmallInteger(token)) return true;
  const { digits, exponent } = readDecimal(token);
  return BigInt(digits.length) <= exponent || digits === "";
}

/** Most digits, and places between the two numbers, that a division is made with. */
const MAX_DIVISION_DIGITS = 2_000;

/** Whether `value` is a whole multiple of `divisor`, which is not 0; undefined when the numbers are too far apart to be divided. */
export function isMultiple(value: JsonNumber, divisor: JsonNumber): boolean | undefined {
  if (isSmallInteger(value.token) && isSmallInteger(divisor.token)) {
    return Number(value.token) % Number(divisor.token) === 0;
  }
  const [one, other] = [readDecimal(value.token), readDecimal(divisor.token)];
  if (one.digits === "") return true;
  const [oneEnd, otherEnd] = [placeOfLastDigit(one), placeOfLastDigit(other)];
  const gap = oneEnd - otherEnd;
  const isFar = (gap < 0n ? -gap : gap) > BigInt(MAX_DIVISION_DIGITS);
  if (isFar || one.digits.length + other.digits.length > MAX_DIVISION_DIGITS) return undefined;
  return scaled(one.digits, gap) % scaled(other.digits, -gap) === 0n;
}

function scaled(digits: string, places: bigint): bigint {
  return BigInt(digits) * (places > 0n ? 10n ** places : 1n);
}

/** Power of ten of the last digit. */
function placeOfLastDigit({ digits, exponent }: Decimal): bigint {
  return exponent - BigInt(digits.length);
}

/** Returns a text that equal numbers, and only those, share. */
export function numberKey({ token }: JsonNumber): string {
  const { sign, digits, exponent } = readDecimal(token);
  return `${sign}.${digits}e${exponent}`;
}
