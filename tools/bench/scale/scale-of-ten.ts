/** Computes a logarithmic axis: its range, its ticks and their labels. */

export interface Span {
  readonly from: number;
  readonly to: number;
}

/** Multiples of a power of ten at which an axis may begin and end. */
const STEPS = [1, 2, 5, 10] as const;

/** Returns the range of an axis that holds all values, at least a factor of ten. */
export function spanOf(values: readonly number[]): Span {
  const [least, most] = [Math.min(...values), Math.max(...values)];
  if (!(least > 0)) throw new Error("a logarithmic axis holds no zero");
  const from = stepBelow(least);
  const to = stepAbove(most);
  return to / from >= 10 ? { from, to } : { from: stepBelow(from / 1.5), to: stepAbove(to * 1.5) };
}

function stepBelow(value: number): number {
  const ten = 10 ** Math.floor(Math.log10(value));
  return ten * (STEPS.findLast((step) => step * ten <= value * 1.000_001) ?? 1);
}

function stepAbove(value: number): number {
  const ten = 10 ** Math.floor(Math.log10(value));
  return ten * (STEPS.find((step) => step * ten >= value * 0.999_999) ?? 10);
}

/** Returns every power of ten; on a short axis also the steps between them. */
export function ticksOf({ from, to }: Span): readonly number[] {
  const isShort = Math.log10(to / from) <= 2.05;
  const ticks: number[] = [];
  for (let ten = 10 ** Math.floor(Math.log10(from)); ten <= to * 1.001; ten *= 10) {
    const steps = isShort ? [1, 2, 5] : [1];
    ticks.push(...steps.map((step) => step * ten).filter((tick) => isWithin(tick, from, to)));
  }
  return ticks.map((tick) => Number(tick.toPrecision(6)));
}

function isWithin(tick: number, from: number, to: number): boolean {
  return tick >= from * 0.999 && tick <= to * 1.001;
}

/** Returns the range of the values themselves. */
export function endsOf(values: readonly number[]): Span {
  return { from: Math.min(...values), to: Math.max(...values) };
}

/** Returns both ends, and every power of ten that has room between them. */
export function endTicksOf({ from, to }: Span): readonly number[] {
  const tens = ticksOf({ from, to }).filter((tick) => Number.isInteger(Math.log10(tick)));
  return [from, ...tens.filter((ten) => ten > from * ROOM && ten * ROOM < to), to];
}

/** Factor by which a tick must exceed the one before, so that labels do not overlap. */
const ROOM = 2.2;

/** Formats a tick: `100`, `50 k`, `21 M`. */
export function tickLabel(value: number): string {
  if (value >= 1e6) return `${short(value / 1e6)} M`;
  return value >= 1_000 ? `${short(value / 1_000)} k` : short(value);
}

function short(value: number): string {
  return String(Number(value.toPrecision(2)));
}
