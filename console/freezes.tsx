/** The kill switch: what is frozen, and the form that freezes. */

import type { JSX } from "preact";
import { useState } from "preact/hooks";
import type { FreezeEntry, FreezesResponse } from "../src/admin/api.ts";
import { ByField, type Control } from "./use-control.tsx";
import type { Polled } from "./use-polled.ts";
import { fromNow } from "./text.ts";
import { Name, Problem } from "./elements.tsx";

interface FreezesProps {
  readonly polled: Polled<FreezesResponse>;
  readonly control: Control;
}

export function Freezes({ polled, control }: FreezesProps): JSX.Element {
  const [problem, setProblem] = useState<string>();
  const change = async (path: string, body: object): Promise<boolean> => {
    if (control.by === "") setProblem("say who you are first: your name goes into the audit log");
    const answer = control.by === "" ? undefined : await control.change(path, body);
    if (answer !== undefined) setProblem(answer.ok ? undefined : answer.problem);
    polled.refresh();
    return answer?.ok === true;
  };
  const frozen = polled.value?.frozen ?? [];
  return (
    <section aria-labelledby="freeze" class={frozen.length > 0 ? "urgent" : ""}>
      <h2 id="freeze">Freeze</h2>
      <Problem text={polled.problem} />
      {frozen.length === 0 && <p class="empty">Nothing is frozen.</p>}
      <ul class="cards">
        {frozen.map((freeze) => (
          <Frozen key={`${freeze.agent} ${freeze.tool} ${freeze.source}`} freeze={freeze} change={change} />
        ))}
      </ul>
      <FreezeForm control={control} change={change} />
      <Problem text={problem} />
    </section>
  );
}

type Change = (path: string, body: object) => Promise<boolean>;

function Frozen({ freeze, change }: { readonly freeze: FreezeEntry; readonly change: Change }): JSX.Element {
  const { agent, tool, reason, by, since, until, source } = freeze;
  const part = { ...(agent !== null && { agent }), ...(tool !== null && { tool }) };
  return (
    <li class="card">
      <p class="who">
        {agent === null ? "every agent" : <Name text={agent} />} <span aria-hidden="true">→</span>{" "}
        {tool === null ? "every tool" : <Name text={tool} />}
      </p>
      <p>
        {reason !== undefined && (
          <>
            “<Name text={reason} />
            ”,{" "}
          </>
        )}
        by <Name text={by} />, {fromNow(since)},{" "}
        {until === null ? "until it is lifted" : `ends ${fromNow(until)}`}
      </p>
      {source === "file" ? (
        <p class="hint">A file says so: only the file takes it back.</p>
      ) : (
        <button type="button" onClick={() => void change("unfreeze", part)}>
          Lift
        </button>
      )}
    </li>
  );
}

interface FormProps {
  readonly control: Control;
  readonly change: Change;
}

const NOBODY = { agent: "", tool: "", reason: "", minutes: "" };

function FreezeForm({ control, change }: FormProps): JSX.Element {
  const [fields, setFields] = useState(NOBODY);
  const field = (name: keyof typeof NOBODY, more: JSX.IntrinsicElements["input"] = {}) => (
    <input
      name={name}
      value={fields[name]}
      maxLength={256}
      onInput={(event) => setFields({ ...fields, [name]: event.currentTarget.value })}
      {...more}
    />
  );
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    if (await change("freeze", bodyOf(fields))) setFields(NOBODY);
  };
  return (
    <form class="freeze" aria-label="Freeze calls" onSubmit={(event) => void submit(event)}>
      <label>
        Agent <span class="hint">empty: every agent</span>
        {field("agent", { list: "agents" })}
      </label>
      <label>
        Tool <span class="hint">empty: every tool</span>
        {field("tool", { list: "tools" })}
      </label>
      <label>
        Reason <span class="hint">the agent reads it</span>
        {field("reason")}
      </label>
      <label>
        Minutes <span class="hint">empty: until lifted</span>
        {field("minutes", { type: "number", min: 1, max: 527_040, inputMode: "numeric" })}
      </label>
      <ByField control={control} id="by-freeze" />
      <button type="submit" class="danger">
        {labelOf(fields)}
      </button>
    </form>
  );
}

function bodyOf({ agent, tool, reason, minutes }: typeof NOBODY): object {
  return {
    ...(agent !== "" && { agent }),
    ...(tool !== "" && { tool }),
    ...(reason !== "" && { reason }),
    ...(minutes !== "" && { minutes: Number(minutes) }),
  };
}

/** A full description of the button's effect. */
function labelOf({ agent, tool }: typeof NOBODY): string {
  if (agent === "" && tool === "") return "Freeze every call";
  if (tool === "") return "Freeze this agent";
  return agent === "" ? "Freeze this tool" : "Freeze this agent's calls of this tool";
}
