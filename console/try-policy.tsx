/** What another policy would have denied, of the latest calls; it is not put in force. */

import type { JSX } from "preact";
import { useState } from "preact/hooks";
import type { TriedGroup, TriedPolicyResponse } from "../src/admin/try-api.ts";
import { Find, Name, Paged, Problem } from "./elements.tsx";
import { count, figure, hasText, shortDigest, visible } from "./text.ts";
import type { Control } from "./use-control.tsx";

interface TryPolicyProps {
  readonly control: Control;
  /** Opens a decision. */
  readonly onOpen: (id: string) => void;
}

export function TryPolicy({ control, onOpen }: TryPolicyProps): JSX.Element {
  const [text, setText] = useState("");
  const [tried, setTried] = useState<TriedPolicyResponse>();
  const [problem, setProblem] = useState<string>();
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    const answer = await control.change("policy/try", { policy: text });
    setProblem(answer.ok ? undefined : answer.problem);
    setTried(answer.ok ? (answer.value as TriedPolicyResponse) : undefined);
  };
  const read = async (file: File | undefined): Promise<void> => setText((await file?.text()) ?? "");
  return (
    <section aria-labelledby="try">
      <h2 id="try">Try a policy</h2>
      <p class="hint">
        What would another policy have denied? The latest calls are decided again under it. Nothing is put in
        force.
      </p>
      <form class="try" aria-label="Try a policy" onSubmit={(event) => void submit(event)}>
        <label>
          File <span class="hint">JSON or YAML</span>
          <input
            type="file"
            accept=".json,.yaml,.yml"
            onChange={(event) => void read(event.currentTarget.files?.[0])}
          />
        </label>
        <label>
          Policy <span class="hint">or write it here</span>
          <textarea
            rows={6}
            spellcheck={false}
            value={text}
            onInput={(event) => setText(event.currentTarget.value)}
          />
        </label>
        <button type="submit" disabled={text.trim() === ""}>
          Try it on the latest calls
        </button>
      </form>
      <Problem text={problem} />
      {tried !== undefined && <Tried key={tried.digest} tried={tried} onOpen={onOpen} />}
    </section>
  );
}

const PAGE = 20;

function Tried({ tried, onOpen }: { readonly tried: TriedPolicyResponse } & Pick<TryPolicyProps, "onOpen">) {
  const [text, setText] = useState("");
  const {
    digest,
    calls,
    unchanged,
    unknown,
    outside_policy: outside,
    groups,
    further_groups: further,
  } = tried;
  const denied = groups.filter(({ now }) => now !== "allow").reduce((sum, group) => sum + group.calls, 0);
  const found = groups.filter(({ agent, tool, rule }) => hasText(text, agent, tool, rule ?? ""));
  return (
    <>
      <p role="status">
        Of {count(calls, "call")}, policy {shortDigest(digest)} would not have let {figure(denied)} pass;{" "}
        {figure(unchanged)} stay as they were
        {unknown > 0 && <>, {figure(unknown)} are too long to tell</>}
        {outside > 0 && <>, {figure(outside)} were denied for what no policy says</>}.
      </p>
      {groups.length > 1 && <Find of="agent, tool or rule" text={text} onText={setText} />}
      <Paged items={found} page={PAGE}>
        {(shown) => (
          <ul class="cards" aria-label="Calls under this policy">
            {shown.map((group) => (
              <Group key={JSON.stringify(group)} group={group} onOpen={onOpen} />
            ))}
          </ul>
        )}
      </Paged>
      {further > 0 && <p class="hint">{count(further, "further group")} of fewer calls left out.</p>}
    </>
  );
}

function Group({ group, onOpen }: { readonly group: TriedGroup } & Pick<TryPolicyProps, "onOpen">) {
  const { agent, tool, was, now, reason, rule, calls, last_id: last } = group;
  return (
    <li class="card quiet">
      <p class="who">
        <Name text={agent} /> <span aria-hidden="true">→</span> <Name text={tool} />{" "}
        <strong class="times">{count(calls, "call")}</strong>
      </p>
      <p>
        <span class={`effect ${was}`}>{was.replace("_", " ")}</span> <span aria-hidden="true">→</span>
        <span class="unseen"> becomes </span> <span class={`effect ${now}`}>{now.replace("_", " ")}</span>{" "}
        {reason !== null && (
          <span class="hint">
            {reason}, {visible(rule ?? "")}
          </span>
        )}
      </p>
      <button type="button" onClick={() => onOpen(last)}>
        Show the latest <span class="unseen">of these calls</span>
      </button>
    </li>
  );
}
