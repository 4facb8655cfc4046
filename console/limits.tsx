/** Limits, sorted by utilization. */

import type { JSX } from "preact";
import type { LimitsResponse } from "../src/admin/api.ts";
import type { LimitFill } from "../src/enforcement/limits/limit-usage.ts";
import type { Polled } from "./use-polled.ts";
import { figure, visible } from "./text.ts";
import { Paged, Problem } from "./elements.tsx";

const PAGE = 12;

export function Limits({
  polled: { value, problem },
}: {
  readonly polled: Polled<LimitsResponse>;
}): JSX.Element {
  const limits = (value?.limits ?? []).toSorted((one, other) => other.ratio - one.ratio);
  return (
    <section aria-labelledby="limits">
      <h2 id="limits">Limits</h2>
      <Problem text={problem} />
      {value !== undefined && limits.length === 0 && <p class="empty">The policy has no limits.</p>}
      <Paged items={limits} page={PAGE}>
        {(shown) => (
          <ul class="limits">
            {shown.map((limit) => (
              <Limit key={limit.rule} limit={limit} />
            ))}
          </ul>
        )}
      </Paged>
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
        {figure(used)} of {figure(max)} <span class="hint">{whose}</span>
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
