/** The kill switch: what is frozen, and the form that freezes. */

import type { JSX } from "preact";
import { useState } from "preact/hooks";
import type { FreezeEntry, FreezesResponse } from "../src/admin/api.ts";
import { ByField, type Control } from "./use-control.tsx";
import type { Polled } from "./use-polled.ts";
import { visible } from "./text.ts";
import { Name, Problem, When } from "./elements.tsx";

/** Names that were seen, of agents in the last hour and of tools on the server. */
export interface Names {
  readonly agents: readonly string[];
  readonly tools: readonly string[];
}

interface FreezesProps {
  readonly polled: Polled<FreezesResponse>;
  readonly control: Control;
  /** Names of agents and tools that were seen. */
  readonly seen: Names;
}

export function Freezes({ polled, control, seen }: FreezesProps): JSX.Element {
  const [problem, setProblem] = useState<string>();
  const [done, setDone] = useState("");
  const change = async (path: string, body: object): Promise<boolean> => {
    if (control.by === "") setProblem("say who you are first: your name goes into the audit log");
    const answer = control.by === "" ? undefined : await control.change(path, body);
    if (answer !== undefined) setProblem(answer.ok ? undefined : answer.problem);
    setDone(answer?.ok === true ? doneWords(answer.value) : "");
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
      <FreezeForm {...{ control, change, seen }} />
      <FreezeEverything change={change} />
      <Problem text={problem} />
      <p role="status" class="done">
        {done}
      </p>
    </section>
  );
}

/** After a freeze was lifted: the freezes that still stop calls of the same target. */
function doneWords(value: unknown): string {
  if (typeof value !== "object" || value === null || !("still_frozen" in value)) return "";
  const { still_frozen: still } = value;
  if (!Array.isArray(still) || still.length === 0) return "Lifted.";
  const parts = still.map(({ agent, tool }: FreezeEntry) => {
    const whose = agent === null ? "every agent" : visible(agent);
    return tool === null ? whose : `${visible(tool)} of ${whose}`;
  });
  return `Lifted. Still frozen: ${parts.join(", ")}.`;
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
        by <Name text={by} />, <When iso={since} />,{" "}
        {until === null ? (
          "until it is lifted"
        ) : (
          <>
            ends <When iso={until} />
          </>
        )}
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
  readonly seen: Names;
}

const NOBODY = { agent: "", tool: "", reason: "", minutes: "" };

function FreezeForm({ control, change, seen }: FormProps): JSX.Element {
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
        Agent <span class="hint">empty: every agent of the tool</span>
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
      <Unseen
        name={fields.agent}
        seen={seen.agents}
        words="no agent of this name has called in the last hour"
      />
      <Unseen name={fields.tool} seen={seen.tools} words="the server has listed no tool of this name" />
      <button type="submit" class="danger" disabled={fields.agent === "" && fields.tool === ""}>
        {labelOf(fields)}
      </button>
    </form>
  );
}

interface UnseenProps {
  readonly name: string;
  readonly seen: readonly string[];
  readonly words: string;
}

/** A freeze of a name that was never seen may be a slip of the pen; it is allowed, since the name may come. */
function Unseen({ name, seen, words }: UnseenProps): JSX.Element | null {
  if (name === "" || seen.includes(name) || seen.some((one) => one.startsWith(name))) return null;
  return (
    <p class="hint" role="status">
      <Name text={name} />: {words}
    </p>
  );
}

/** The freeze of every call: a control of its own, which asks first. */
function FreezeEverything({ change }: Pick<FormProps, "change">): JSX.Element {
  const [isAsked, setAsked] = useState(false);
  const freeze = async (): Promise<void> => {
    await change("freeze", {});
    setAsked(false);
  };
  if (!isAsked)
    return (
      <button type="button" class="danger" onClick={() => setAsked(true)}>
        Freeze everything…
      </button>
    );
  return (
    <div class="card" role="group" aria-label="Freeze everything">
      <p>Every call of every agent is denied until the freeze is lifted.</p>
      <div class="buttons">
        <button type="button" class="danger" onClick={() => void freeze()}>
          Yes, freeze every call
        </button>
        <button type="button" onClick={() => setAsked(false)}>
          Cancel
        </button>
      </div>
    </div>
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
  if (agent === "" && tool === "") return "Name an agent or a tool";
  if (tool === "") return "Freeze this agent";
  return agent === "" ? "Freeze this tool" : "Freeze this agent's calls of this tool";
}
