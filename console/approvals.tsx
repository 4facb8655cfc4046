/** Pending and decided approvals: a summary, a filter, and one card for equal calls. */

import type { JSX } from "preact";
import { useState } from "preact/hooks";
import type { ApprovalEntry, ApprovalsResponse } from "../src/admin/api.ts";
import { ApprovalCard } from "./approval-card.tsx";
import { groupApprovals, matchesText, tally } from "./approval-groups.ts";
import { Name, Problem, When, Who } from "./elements.tsx";
import { count, figure } from "./text.ts";
import { ByField, type Control } from "./use-control.tsx";
import type { Polled } from "./use-polled.ts";

interface ApprovalsProps {
  readonly polled: Polled<ApprovalsResponse>;
  /** Undefined for a tool that the server has not listed. */
  readonly categoryOf: (tool: string) => string | undefined;
  readonly control: Control;
}

export function Approvals({ polled, categoryOf, control }: ApprovalsProps): JSX.Element {
  const [done, setDone] = useState("");
  const approvals = polled.value?.approvals ?? [];
  const waiting = approvals.filter(({ state }) => state === "requested");
  const settled = approvals.filter(({ state }) => state !== "requested");
  const onDone = (words: string): void => {
    setDone(words);
    polled.refresh();
  };
  return (
    <section aria-labelledby="approvals" class={waiting.length > 0 ? "urgent" : ""}>
      <h2 id="approvals">Approvals</h2>
      {polled.needsToken ? (
        <Locked control={control} onOpen={polled.refresh} />
      ) : (
        <Problem text={polled.problem} />
      )}
      {!polled.needsToken && waiting.length === 0 && <p class="empty">No call waits for a person.</p>}
      {waiting.length > 0 && <ByField control={control} id="by-approvals" />}
      {waiting.length > 0 && (
        <Waiting approvers={polled.value?.approvers ?? 1} {...{ waiting, categoryOf, control, onDone }} />
      )}
      <Settled approvals={settled} />
      <p role="status" class="done">
        {done}
      </p>
    </section>
  );
}

function Locked({
  control,
  onOpen,
}: {
  readonly control: Control;
  readonly onOpen: () => void;
}): JSX.Element {
  const open = async (): Promise<void> => {
    if (await control.unlock("approvals")) onOpen();
  };
  return (
    <p>
      Pending approvals need the admin token to be shown; other pages also take the read token.{" "}
      <button type="button" onClick={() => void open()}>
        Enter the admin token
      </button>
    </p>
  );
}

interface WaitingProps {
  readonly waiting: readonly ApprovalEntry[];
  readonly categoryOf: (tool: string) => string | undefined;
  readonly approvers: number;
  readonly control: Control;
  readonly onDone: (words: string) => void;
}

/** Cards on the page at first, and with each further step. */
const CARDS = 4;

function Waiting({ waiting, categoryOf, approvers, control, onDone }: WaitingProps): JSX.Element {
  const [text, setText] = useState("");
  const [most, setMost] = useState(CARDS);
  const found = text === "" ? waiting : waiting.filter((each) => matchesText(each, text));
  const groups = groupApprovals(found, categoryOf);
  const further = groups.length - most;
  return (
    <>
      {waiting.length > 1 && (
        <>
          <Summary waiting={waiting} kinds={groupApprovals(waiting, categoryOf).length} onPick={setText} />
          <div class="bar">
            <label class="search">
              Find <span class="hint">tool, agent, user or value</span>
              <input
                type="search"
                value={text}
                maxLength={256}
                onInput={(event) => setText(event.currentTarget.value)}
              />
            </label>
            <RejectFound key={text} {...{ found, control, onDone }} isFiltered={text !== ""} />
          </div>
        </>
      )}
      {found.length === 0 && <p class="empty">No waiting call matches.</p>}
      <ul class="cards" aria-label="Waiting calls">
        {groups.slice(0, most).map((group) => (
          <ApprovalCard
            key={group.key}
            category={categoryOf(group.tool)}
            {...{ group, approvers, control, onDone }}
          />
        ))}
      </ul>
      {further > 0 && (
        <button type="button" onClick={() => setMost(most + CARDS)}>
          Show more: {count(further, "further kind")} of call
        </button>
      )}
    </>
  );
}

interface SummaryProps {
  readonly waiting: readonly ApprovalEntry[];
  readonly kinds: number;
  readonly onPick: (text: string) => void;
}

/** Names of each list that are shown at once. */
const NAMES = 5;

/** How many calls wait, of which tools and agents, and which ends first. */
function Summary({ waiting, kinds, onPick }: SummaryProps): JSX.Element {
  const agents = tally(waiting.map(({ agent }) => agent));
  const stale = waiting.filter((each) => each.stale !== undefined).length;
  const ends = waiting.map(({ expires_at }) => expires_at).toSorted();
  return (
    <>
      <p>
        <strong>{count(waiting.length, "call")}</strong> of {count(agents.length, "agent")},{" "}
        {count(kinds, "different one")}; the first ends <When iso={ends[0] ?? ""} />
        {stale > 0 && <>; {figure(stale)} can no longer be approved</>}.
      </p>
      <Tallies title="Tools" names={waiting.map(({ tool }) => tool)} onPick={onPick} />
      <Tallies title="Agents" names={waiting.map(({ agent }) => agent)} onPick={onPick} />
    </>
  );
}

interface TalliesProps {
  readonly title: string;
  readonly names: readonly string[];
  readonly onPick: (text: string) => void;
}

function Tallies({ title, names, onPick }: TalliesProps): JSX.Element {
  const [isOpen, setOpen] = useState(false);
  const all = tally(names);
  return (
    <p class="tallies">
      {title}:{" "}
      {all.slice(0, isOpen ? all.length : NAMES).map(({ name, calls }) => (
        <button key={name} type="button" class="chip" onClick={() => onPick(name)}>
          <Name text={name} /> <span class="hint">{figure(calls)}</span>
        </button>
      ))}
      {all.length > NAMES && !isOpen && (
        <button type="button" class="chip" onClick={() => setOpen(true)}>
          {figure(all.length - NAMES)} more
        </button>
      )}
    </p>
  );
}

interface RejectProps {
  readonly found: readonly ApprovalEntry[];
  readonly isFiltered: boolean;
  readonly control: Control;
  readonly onDone: (words: string) => void;
}

/** The sidecar takes so many in one request. */
const MAX_IDS = 500;

/** Rejects every call that the filter finds, after a second question. */
function RejectFound({ found, isFiltered, control, onDone }: RejectProps): JSX.Element | null {
  const [isAsked, setAsked] = useState(false);
  const [problem, setProblem] = useState<string>();
  if (found.length < 2) return null;
  const words = `${isFiltered ? "these" : "all"} ${count(found.length, "call")}`;
  const reject = async (): Promise<void> => {
    if (control.by === "") return setProblem("say who you are first: your name goes into the audit log");
    for (let at = 0; at < found.length; at += MAX_IDS) {
      const ids = found.slice(at, at + MAX_IDS).map(({ id }) => id);
      const answer = await control.change("approvals/reject", { ids });
      if (!answer.ok) return setProblem(answer.problem);
    }
    onDone(`Rejected ${count(found.length, "call")}.`);
  };
  return (
    <div class="buttons">
      {isAsked ? (
        <>
          <button type="button" class="danger" onClick={() => void reject()}>
            Yes, reject {words}
          </button>
          <button type="button" onClick={() => setAsked(false)}>
            Keep them
          </button>
        </>
      ) : (
        <button type="button" onClick={() => setAsked(true)}>
          Reject {words}…
        </button>
      )}
      <Problem text={problem} />
    </div>
  );
}

/** Decided approvals that are shown at once. */
const SETTLED = 5;

function Settled({ approvals }: { readonly approvals: readonly ApprovalEntry[] }): JSX.Element | null {
  const [isOpen, setOpen] = useState(false);
  if (approvals.length === 0) return null;
  const newest = approvals.toSorted((one, other) => decidedMs(other) - decidedMs(one));
  return (
    <>
      <ul class="cards" aria-label="Decided calls">
        {newest.slice(0, isOpen ? newest.length : SETTLED).map((approval) => (
          <SettledCard key={approval.id} approval={approval} />
        ))}
      </ul>
      {newest.length > SETTLED && (
        <button type="button" onClick={() => setOpen(!isOpen)}>
          {isOpen ? "Show fewer" : `Show ${figure(newest.length - SETTLED)} more that are decided`}
        </button>
      )}
    </>
  );
}

function decidedMs({ decided }: ApprovalEntry): number {
  return decided === undefined ? 0 : Date.parse(decided.at);
}

function SettledCard({ approval }: { readonly approval: ApprovalEntry }): JSX.Element {
  const { agent, user, tool, state, decided, given = [], expires_at, stale } = approval;
  return (
    <li class="card quiet">
      <Who agent={agent} user={user} /> <span aria-hidden="true">→</span> <Name text={tool} />: {state} by{" "}
      {given.map(({ by }) => (
        <>
          <Name key={by} text={by} /> and{" "}
        </>
      ))}
      <Name text={decided?.by ?? ""} />
      {decided?.by_proven !== true && <span class="hint"> (name as given)</span>}
      {decided?.reason !== undefined && (
        <>
          , “<Name text={decided.reason} />”
        </>
      )}
      {state === "approved" && (
        <span class="hint">
          {" "}
          not used yet; ends <When iso={expires_at} />
        </span>
      )}
      {stale !== undefined && (
        <strong>
          {" "}
          {stale === "frozen" ? "frozen: passes nothing now" : "stale: the policy has changed"}
        </strong>
      )}
    </li>
  );
}
