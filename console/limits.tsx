/** Limits, sorted by utilization. */

import type { JSX } from "preact";
import type { LimitsResponse } from "../src/admin/api.ts";
import type { LimitFill } from "../src/enforcement/limits/limit-usage.ts";
import type { Polled } from "./use-polled.ts";
import { visible } from "./text.ts";
import { Problem } from "./elements.tsx";

const MAX_SHOWN = 12;

export function Limits({
  polled: { value, problem },
}: {
  readonly polled: Polled<LimitsResponse>;
}): JSX.Element {
  const limits = (value?.limits ?? []).toSorted((one, other) => other.ratio - one.ratio);
  const hidden = limits.length - MAX_SHOWN;
  return (
    <section aria-labelledby="limits">
      <h2 id="limits">Limits</h2>
      <Problem text={problem} />
      {value !== undefined && limits.length === 0 && <p class="empty">The policy has no limits.</p>}
      <ul class="limits">
        {limits.slice(0, MAX_SHOWN).map((limit) => (
          <Limit key={limit.rule} limit={limit} />
        ))}
      </ul>
      {hidden > 0 && <p class="hint">{hidden} more, less full than these.</p>}
    </section>
  );
}

function Limit({ limit: { tool, counter, scope, ratio, used, max, rule } }: { readonly limit: LimitFill }) {
  const whose = scope === "server" ? "all agents together" : `the fullest ${scope.replace("+", " and ")}`;
  return (
    <li>
      <span class="pointer" title={rule}>
        {visible(tool === "" ? counter : `${tool}: ${counter}`)}
      </span>
      <span>
        {used.toLocaleString("en")} of {max.toLocaleString("en")} <span class="hint">{whose}</span>
      </span>
      <meter
        min={0}
        max={1}
        high={0.8}
        optimum={0}
        value={Math.min(1, ratio)}
        aria-label={`${counter} of ${tool}`}
      />
    </li>
  );
}
