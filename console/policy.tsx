/** The policy in force. */

import type { JSX } from "preact";
import type { PolicyResponse } from "../src/admin/api.ts";
import { Fact } from "./explained.tsx";
import type { Polled } from "./use-polled.ts";
import { figure, visible } from "./text.ts";
import { Problem, When } from "./elements.tsx";

export function Policy({
  polled: { value, problem },
}: {
  readonly polled: Polled<PolicyResponse>;
}): JSX.Element {
  return (
    <section aria-labelledby="policy">
      <h2 id="policy">Policy</h2>
      <Problem text={problem} />
      {value !== undefined && <Facts policy={value} />}
    </section>
  );
}

function Facts({ policy }: { readonly policy: PolicyResponse }): JSX.Element {
  const { file, digest, mode, loaded_at, last_error, rules, agents } = policy;
  return (
    <>
      <dl>
        <Fact name="File">{visible(file ?? "none")}</Fact>
        <Fact name="Digest">
          <code>{digest === null || digest === "" ? "none" : digest}</code>
        </Fact>
        <Fact name="Loaded">
          <When iso={loaded_at} />
        </Fact>
        <Fact name="Mode">
          {mode === "shadow" ? "shadow: decides and counts, blocks nothing" : (mode ?? "none")}
        </Fact>
        <Fact name="Otherwise">{policy.default === "deny" ? "denies what it does not list" : "allows"}</Fact>
        <Fact name="Rules">{figure(rules?.length ?? 0)}</Fact>
        <Fact name="Last error">{last_error === null ? "none" : visible(last_error)}</Fact>
      </dl>
      {agents.length > 0 && (
        <>
          <h3>For agents of their own</h3>
          <ul>
            {agents.map((binding) => (
              <li key={matchText(binding.match)}>
                {visible(matchText(binding.match))}: {visible(binding.policy)}
              </li>
            ))}
          </ul>
        </>
      )}
    </>
  );
}

/** `build-*`, or `group admins and issuer https://...`. */
function matchText(match: PolicyResponse["agents"][number]["match"]): string {
  if (typeof match === "string") return match;
  return Object.entries(match)
    .map(([name, value]) => `${name} ${[value].flat().join(" or ")}`)
    .join(" and ");
}
