/** The explanation of one decision: the request, the rule, the outcome of each condition, and how to allow the call. */

import type { ComponentChildren, JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { DecisionResponse } from "../src/admin/api.ts";
import type { Step } from "../src/policy/explain/steps.ts";
import { type ApiResult, fetchJson } from "./api-client.ts";
import { figure, localTime, shortDigest, utcTime, visible } from "./text.ts";
import { Name, Problem } from "./elements.tsx";

export function Explained({ id }: { readonly id: string }): JSX.Element {
  const [answer, setAnswer] = useState<ApiResult<DecisionResponse>>();
  useEffect(
    () => void fetchJson<DecisionResponse>(`decisions/${encodeURIComponent(id)}`).then(setAnswer),
    [id],
  );
  if (answer === undefined) return <p class="hint">Asking…</p>;
  if (!answer.ok) return <Problem text={answer.problem} />;
  return (
    <div class="explained">
      <Facts decision={answer.value} />
      <Steps {...answer.value.explanation} />
      <Advice lines={answer.value.explanation.how_to_allow} />
    </div>
  );
}

function Facts({ decision }: { readonly decision: DecisionResponse }): JSX.Element {
  const { agent, user, address, client, denial, category, argumentNames, charges, policyDigest, durationMs } =
    decision;
  return (
    <dl>
      <Fact name="Time">
        {localTime(decision.time)}, <span class="hint">your time</span>;{" "}
        <span class="hint">{utcTime(decision.time)}</span>
      </Fact>
      <Fact name="Agent">
        <Name text={agent.name} /> by {agent.source}, {agent.verified ? "verified" : "not verified"}
      </Fact>
      {user !== undefined && (
        <Fact name="User">
          <Name text={user} />
        </Fact>
      )}
      {address !== undefined && <Fact name="Address">{address}</Fact>}
      {client !== undefined && (
        <Fact name="Client">
          <Name text={client.name} /> <Name text={client.version} />
        </Fact>
      )}
      {category !== undefined && (
        <Fact name="Category">
          {category.category}, by {category.source}
        </Fact>
      )}
      <Fact name="Arguments">
        {argumentNames.length === 0 ? "none" : argumentNames.map((name) => <Name key={name} text={name} />)}
      </Fact>
      <Captured values={decision.captured} />
      {denial !== undefined && <Fact name="Rule">{visible(denial.rule)}</Fact>}
      {denial?.message !== undefined && <Fact name="Message">{visible(denial.message)}</Fact>}
      {denial?.condition !== undefined && <Fact name="Condition">{visible(denial.condition)}</Fact>}
      {denial?.limit !== undefined && (
        <Fact name="Limit">
          {visible(denial.limit.counter)}: {figure(denial.limit.used)} of {figure(denial.limit.max)} used
        </Fact>
      )}
      {charges.map(({ counter, rule, amount }) => (
        <Fact key={rule} name="Charged">
          {figure(amount)} to {visible(counter)}
        </Fact>
      ))}
      {decision.approval !== undefined && <Fact name="Approval">{decision.approval}</Fact>}
      <Fact name="Policy">{policyDigest === "" ? "none" : shortDigest(policyDigest)}</Fact>
      {durationMs !== undefined && <Fact name="Took">{figure(durationMs)} ms</Fact>}
      {decision.traceId !== undefined && <Fact name="Trace">{decision.traceId}</Fact>}
      <Fact name="Id">{decision.id}</Fact>
    </dl>
  );
}

interface FactProps {
  readonly name: string;
  readonly children: ComponentChildren;
}

export function Fact({ name, children }: FactProps): JSX.Element {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

/** Argument values that `audit.capture` records. */
export function Captured({
  values = {},
}: {
  readonly values: Readonly<Record<string, string>> | undefined;
}): JSX.Element {
  return (
    <>
      {Object.entries(values).map(([path, value]) => (
        <Fact key={path} name={visible(path)}>
          <code>{visible(value)}</code>
        </Fact>
      ))}
    </>
  );
}

interface StepsProps {
  readonly steps: readonly Step[] | null;
  readonly note: string | null;
}

function Steps({ steps, note }: StepsProps): JSX.Element {
  if (steps === null) return <p class="hint">No steps: {note}.</p>;
  return (
    <>
      <h3>In the order in which the policy asks</h3>
      <ol class="steps">
        {steps.map((step) => (
          <li key={step.step} class={step.verdict}>
            <strong>{verdictOf(step)}</strong> <span class="pointer">{visible(step.step)}</span>:{" "}
            {visible(step.why)}
            <ul>
              {(step.conditions ?? []).map(({ condition, outcome }) => (
                <li key={condition}>
                  <code>{visible(condition)}</code>: {outcome}
                </li>
              ))}
            </ul>
          </li>
        ))}
      </ol>
    </>
  );
}

function verdictOf({ verdict, mode }: Step): string {
  return verdict !== "passes" && mode === "shadow" ? `${verdict} (shadow)` : verdict;
}

function Advice({ lines }: { readonly lines: readonly string[] }): JSX.Element | null {
  if (lines.length === 0) return null;
  return (
    <>
      <h3>To let it pass</h3>
      <ul>
        {lines.map((line) => (
          <li key={line}>{visible(line)}</li>
        ))}
      </ul>
    </>
  );
}
