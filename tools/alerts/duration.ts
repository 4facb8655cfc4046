/** Scales durations of PromQL: one duration, or all durations of a rule. */

import type { RuleFile } from "./rule-files.ts";

const SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400 };

/** Multiplies a duration: `2m` by 3 is `360s`. The result is in whole seconds, at least one. */
export function scaleDuration(text: string, factor: number): string {
  const [, number, unit = ""] = /^(\d+)([smhd])$/.exec(text) ?? [];
  const seconds = Number(number) * (SECONDS[unit] ?? Number.NaN) * factor;
  if (Number.isNaN(seconds)) throw new TypeError(`${text} is no duration of one unit`);
  return `${Math.max(1, Math.round(seconds))}s`;
}

/** Multiplies every `for`, interval, range and offset of the rules by `factor`; counts and ratios are unchanged. */
export function scaleRules({ groups }: RuleFile, factor: number): object {
  return {
    groups: groups.map(({ interval, rules, ...group }) => ({
      ...group,
      ...(interval !== undefined && { interval: scaleDuration(interval, factor) }),
      rules: rules.map((rule) => ({
        ...rule,
        expr: scaleExpression(rule.expr, factor),
        ...("annotations" in rule && {
          annotations: Object.fromEntries(
            Object.entries(rule.annotations).map(([name, text]) => [name, scaleExpression(text, factor)]),
          ),
        }),
        ...("for" in rule && rule.for !== undefined && { for: scaleDuration(rule.for, factor) }),
      })),
    })),
  };
}

function scaleExpression(text: string, factor: number): string {
  return text.replaceAll(/(?<=\[|\boffset )\d+[smhd]/g, (found) => scaleDuration(found, factor));
}
