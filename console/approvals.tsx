/** Pending and decided approvals. */

import type { JSX } from "preact";
import { useState } from "preact/hooks";
import type { ApprovalEntry, ApprovalsResponse } from "../src/admin/api.ts";
import { Captured, Fact } from "./explained.tsx";
import { ByField, type Control } from "./use-control.tsx";
import type { Polled } from "./use-polled.ts";
import { count, fromNow, visible } from "./text.ts";
import { Name, Problem, Who } from "./elements.tsx";

interface ApprovalsProps {
  readonly polled: Polled<ApprovalsResponse>;
  readonly control: Control;
}

export function Approvals({ polled, control }: ApprovalsProps): JSX.Element {
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
      <ul class="cards">
        {waiting.map((approval) => (
          <Waiting key={approval.id} {...{ approval, control, onDone }} />
        ))}
        {settled.map((approval) => (
          <Settled key={approval.id} approval={approval} />
        ))}
      </ul>
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
  readonly approval: ApprovalEntry;
  readonly control: Control;
  readonly onDone: (words: string) => void;
}

function Waiting({ approval, control, onDone }: WaitingProps): JSX.Element {
  const {
    id,
    agent,
    user,
    claimed_client: claimed,
    tool,
    args,
    rule,
    calls,
    expires_at,
    captured,
  } = approval;
  const [reason, setReason] = useState("");
  const [problem, setProblem] = useState<string>();
  const settle = async (choice: "approve" | "reject"): Promise<void> => {
    if (control.by === "") return setProblem("say who you are first: your name goes into the audit log");
    const body = reason === "" ? {} : { reason };
    const answer = await control.change(`approvals/${encodeURIComponent(id)}/${choice}`, body);
    if (!answer.ok) return setProblem(answer.problem);
    onDone(choice === "approve" ? "Approved: the next such call passes, once." : "Rejected.");
  };
  return (
    <li class="card">
      <p class="who">
        <Who agent={agent} user={user} /> <span aria-hidden="true">→</span> <Name text={tool} />
      </p>
      <dl>
        {claimed !== undefined && (
          <Fact name="Claims to be">
            <Name text={claimed} /> <span class="hint">unproven</span>
          </Fact>
        )}
        <Fact name="Arguments">
          {args.keys.length === 0 ? "none" : args.keys.map((key) => <Name key={key} text={key} />)}{" "}
          <span class="hint">{count(args.bytes, "byte")}</span>
        </Fact>
        <Captured values={captured} />
        <Fact name="Rule">{visible(rule)}</Fact>
        <Fact name="Expires">
          {fromNow(expires_at)}, tried {calls === 1 ? "once" : `${calls} times`}
        </Fact>
      </dl>
      <label>
        Reason <span class="hint">if you like</span>
        <input value={reason} maxLength={256} onInput={(event) => setReason(event.currentTarget.value)} />
      </label>
      <div class="buttons">
        <button type="button" class="primary" onClick={() => void settle("approve")}>
          Approve this call
        </button>
        <button type="button" onClick={() => void settle("reject")}>
          Reject
        </button>
      </div>
      <Problem text={problem} />
    </li>
  );
}

function Settled({
  approval: { agent, user, tool, state, decided, expires_at },
}: Pick<WaitingProps, "approval">) {
  return (
    <li class="card quiet">
      <Who agent={agent} user={user} /> <span aria-hidden="true">→</span> <Name text={tool} />: {state} by{" "}
      <Name text={decided?.by ?? ""} />
      {decided?.reason !== undefined && (
        <>
          , “<Name text={decided.reason} />”
        </>
      )}
      {state === "approved" && <span class="hint"> not used yet; ends {fromNow(expires_at)}</span>}
    </li>
  );
}
