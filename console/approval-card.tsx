/** One card of equal calls that wait: their callers, their values, and the decision. */

import type { JSX } from "preact";
import { useState } from "preact/hooks";
import type { ApprovalEntry } from "../src/admin/api.ts";
import type { ApprovalGroup } from "./approval-groups.ts";
import { Name, Problem, When, Who } from "./elements.tsx";
import { Captured, Fact } from "./explained.tsx";
import { count, figure, visible } from "./text.ts";
import type { Control } from "./use-control.tsx";

interface CardProps {
  readonly group: ApprovalGroup;
  readonly category: string | undefined;
  /** How many people must approve a call. */
  readonly approvers: number;
  readonly control: Control;
  readonly onDone: (words: string) => void;
}

const NO_NAME = "say who you are first: your name goes into the audit log";

export function ApprovalCard({ group, category, approvers, control, onDone }: CardProps): JSX.Element {
  const [reason, setReason] = useState("");
  const [problem, setProblem] = useState<string>();
  const { tool, calls, agents } = group;
  const send = async (path: string, body: object, words: (value: unknown) => string): Promise<void> => {
    if (control.by === "") return setProblem(NO_NAME);
    const answer = await control.change(path, { ...body, ...(reason !== "" && { reason }) });
    if (answer.ok) onDone(words(answer.value));
    else setProblem(answer.problem);
  };
  const approve = ({ id }: ApprovalEntry): void =>
    void send(`approvals/${encodeURIComponent(id)}/approve`, {}, approvedWords);
  const reject = (): void =>
    void send("approvals/reject", { ids: calls.map(({ id }) => id) }, () =>
      calls.length === 1 ? "Rejected." : `Rejected ${count(calls.length, "call")}.`,
    );
  const [first] = calls;
  if (first === undefined) return <></>;
  const isOne = calls.length === 1;
  return (
    <li class={group.isStale ? "card stale" : "card"}>
      <p class="who">
        {isOne ? <Who agent={first.agent} user={first.user} /> : count(agents.length, "agent")}{" "}
        <span aria-hidden="true">→</span> <Name text={tool} />{" "}
        {!isOne && <strong class="times">{count(calls.length, "equal call")}</strong>}{" "}
        {category !== undefined && <span class={`hint category ${category}`}>{category}</span>}
      </p>
      <dl>
        {isOne && <Proof approval={first} />}
        <Values approval={first} />
        <Fact name="Rule">{visible(first.rule)}</Fact>
        <Fact name="Expires">
          <When iso={first.expires_at} />, tried {triedWords(calls)}
        </Fact>
        <Given approval={first} approvers={approvers} />
      </dl>
      {first.stale !== undefined && <p class="problem">{STALE[first.stale]}</p>}
      {!isOne && <Callers calls={calls} onApprove={approve} />}
      <label>
        Reason <span class="hint">if you like</span>
        <input value={reason} maxLength={256} onInput={(event) => setReason(event.currentTarget.value)} />
      </label>
      <div class="buttons">
        {isOne && first.stale === undefined && (
          <button type="button" class="primary" onClick={() => approve(first)}>
            Approve this call
          </button>
        )}
        <button type="button" onClick={reject}>
          {isOne ? "Reject" : `Reject all ${figure(calls.length)}`}
        </button>
      </div>
      <Problem text={problem} />
    </li>
  );
}

const STALE = {
  policy_changed:
    "Stale: the policy has changed since. The agent must call again; an approval would let nothing pass.",
  frozen: "Frozen: the call would be denied though approved. Lift the freeze first.",
} as const;

function approvedWords(value: unknown): string {
  const missing: unknown =
    typeof value === "object" && value !== null && "missing_approvers" in value && value.missing_approvers;
  return typeof missing === "number"
    ? `Counted: ${count(missing, "more person")} must approve it.`
    : "Approved: the next such call passes, once.";
}

function triedWords(calls: readonly ApprovalEntry[]): string {
  const tries = calls.reduce((all, each) => all + each.calls, 0);
  return tries === 1 ? "once" : `${figure(tries)} times`;
}

interface OneProps {
  readonly approval: ApprovalEntry;
}

/** The source that proves the agent's name, or the claim of a caller without proof. */
function Proof({ approval: { source, claimed_client: claimed } }: OneProps): JSX.Element | null {
  if (claimed !== undefined)
    return (
      <Fact name="Claims to be">
        <Name text={claimed} /> <span class="hint">unproven</span>
      </Fact>
    );
  if (source === undefined) return null;
  return (
    <Fact name="Proven by">
      {source === "none" ? (
        <span class="hint">nothing: the caller is unknown</span>
      ) : (
        source.replace("_", " ")
      )}
    </Fact>
  );
}

/** Values that are seen without opening the rest. */
const AT_ONCE = 6;

function Values({ approval: { args, values, captured } }: OneProps): JSX.Element {
  if (values === undefined)
    return (
      <>
        <Fact name="Arguments">
          {args.keys.length === 0 ? "none" : args.keys.map((key) => <Name key={key} text={key} />)}{" "}
          <span class="hint">{count(args.bytes, "byte")}, values not shown</span>
        </Fact>
        <Captured values={captured} />
      </>
    );
  const rows = values.values.map(({ path, text, length }) => (
    <Fact key={path} name={visible(path)}>
      <code>{visible(text)}</code>
      {length !== undefined && <span class="hint"> cut, {count(length, "character")} in all</span>}
    </Fact>
  ));
  const rest = rows.slice(AT_ONCE);
  return (
    <>
      {rows.length === 0 && <Fact name="Arguments">none</Fact>}
      {rows.slice(0, AT_ONCE)}
      {values.more > 0 && (
        <Fact name="Not shown">
          <strong>{count(values.more, "further value")}</strong> of {count(args.bytes, "byte")}
        </Fact>
      )}
      {rest.length > 0 && (
        <div class="rest-of-values">
          <details>
            <summary>{count(rest.length, "more value")}</summary>
            <dl>{rest}</dl>
          </details>
        </div>
      )}
    </>
  );
}

function Given({
  approval: { given = [] },
  approvers,
}: OneProps & { readonly approvers: number }): JSX.Element | null {
  if (approvers === 1) return null;
  return (
    <Fact name="Approved by">
      {given.length === 0
        ? "nobody yet, "
        : given.map(({ by }) => (
            <>
              <Name key={by} text={by} />,{" "}
            </>
          ))}
      {figure(given.length)} of {figure(approvers)}
    </Fact>
  );
}

interface CallersProps {
  readonly calls: readonly ApprovalEntry[];
  readonly onApprove: (approval: ApprovalEntry) => void;
}

function Callers({ calls, onApprove }: CallersProps): JSX.Element {
  return (
    <details class="callers">
      <summary>
        {calls.slice(0, 3).map(({ id, agent }) => (
          <>
            <Name key={id} text={agent} />{" "}
          </>
        ))}
        {calls.length > 3 && <span class="hint">and {figure(calls.length - 3)} more: decide one by one</span>}
      </summary>
      <ul>
        {calls.map((approval) => (
          <li key={approval.id}>
            <span>
              <Who agent={approval.agent} user={approval.user} />{" "}
              <span class="hint">
                {proofWords(approval)}, <When iso={approval.expires_at} />
              </span>
            </span>
            {approval.stale === undefined && (
              <button type="button" onClick={() => onApprove(approval)}>
                Approve <span class="unseen">the call of {visible(approval.agent)}</span>
              </button>
            )}
          </li>
        ))}
      </ul>
    </details>
  );
}

function proofWords({ source, claimed_client: claimed }: ApprovalEntry): string {
  if (claimed !== undefined) return `claims to be ${visible(claimed)}, unproven`;
  return source === undefined || source === "none" ? "unproven" : `by ${source.replace("_", " ")}`;
}
