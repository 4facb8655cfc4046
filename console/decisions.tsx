/** The live stream of decisions, with a filter, a pause button, and an explanation for each. */

import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { EFFECTS, REASONS } from "../src/policy/mode.ts";
import type { DecisionEntry } from "../src/telemetry/recent/decision-entry.ts";
import type { Address, PageFilter } from "./address.ts";
import { type Feed, useDecisionFeed } from "./decision-feed.ts";
import { Explained } from "./explained.tsx";
import { fieldOfTime, localTime, timeOfDay, timeOfField, utcTime } from "./text.ts";
import { Name, Problem, Who } from "./elements.tsx";

interface DecisionsProps {
  readonly address: Address;
  readonly onGo: (address: Address) => void;
}

/** How long the filter must rest before the sidecar is asked, in milliseconds. */
const REST_MS = 250;

export function Decisions({ address, onGo }: DecisionsProps): JSX.Element {
  const [isPaused, setPaused] = useState(false);
  const { filter, decision } = address;
  const feed = useDecisionFeed(useRested(filter, REST_MS), isPaused);
  const { decision: _decision, ...rest } = address;
  const open = (id: string | undefined): void =>
    onGo({ ...rest, ...(id !== undefined && id !== "" && { decision: id }) });
  return (
    <section aria-labelledby="decisions">
      <div class="bar">
        <h2 id="decisions">Decisions</h2>
        <span class={feed.isLive ? "live on" : "live"}>{stateOf(feed, isPaused, filter)}</span>
        <button type="button" onClick={() => setPaused(!isPaused)}>
          {isPaused ? "Go on" : "Pause"}
        </button>
      </div>
      <Filters filter={filter} onFilter={(next) => onGo({ ...address, filter: next })} />
      <ById id={decision ?? ""} onOpen={open} />
      <Problem text={feed.problem} />
      {decision !== undefined && !feed.decisions.some(({ id }) => id === decision) && (
        <Explained key={decision} id={decision} />
      )}
      <List
        {...{ feed, decision }}
        onOpen={open}
        isFiltered={Object.values(filter).some((value) => value !== "")}
      />
    </section>
  );
}

function stateOf({ isLive, skipped }: Feed, isPaused: boolean, { until }: PageFilter): string {
  if (isPaused) return "paused";
  if (until) return "of the past";
  if (isLive && skipped > 0) return "live, the newest only";
  return isLive ? "live" : "connecting…";
}

interface ByIdProps {
  readonly id: string;
  readonly onOpen: (id: string | undefined) => void;
}

/** Finds one call by the id that its agent was given, or that the audit log has. */
function ById({ id, onOpen }: ByIdProps): JSX.Element {
  return (
    <form class="bar" aria-label="Find one decision" onSubmit={(event) => event.preventDefault()}>
      <label class="search">
        Id of a call <span class="hint">as the agent was given it</span>
        <input
          value={id}
          maxLength={128}
          spellcheck={false}
          onChange={(event) => onOpen(event.currentTarget.value.trim())}
        />
      </label>
      {id !== "" && (
        <button type="button" onClick={() => onOpen(undefined)}>
          Close it
        </button>
      )}
    </form>
  );
}

/** The value, once it has not changed for this long; its fields are compared as JSON. */
function useRested<T>(value: T, restMs: number): T {
  const [rested, setRested] = useState(value);
  const text = JSON.stringify(value);
  useEffect(() => {
    const timer = window.setTimeout(() => setRested(value), restMs);
    return () => window.clearTimeout(timer);
  }, [text]);
  return rested;
}

interface FiltersProps {
  readonly filter: PageFilter;
  readonly onFilter: (filter: PageFilter) => void;
}

function Filters({ filter, onFilter }: FiltersProps): JSX.Element {
  const set = (field: keyof PageFilter) => (event: { readonly currentTarget: { readonly value: string } }) =>
    onFilter({ ...filter, [field]: event.currentTarget.value });
  return (
    <form class="filters" aria-label="Filter decisions" onSubmit={(event) => event.preventDefault()}>
      <label>
        Agent <input list="agents" value={filter.agent ?? ""} onInput={set("agent")} />
      </label>
      <label>
        User <input value={filter.user ?? ""} onInput={set("user")} />
      </label>
      <label>
        Tool <input list="tools" value={filter.tool ?? ""} onInput={set("tool")} />
      </label>
      <Choice label="Effect" words={EFFECTS} value={filter.effect} onChange={set("effect")} />
      <Choice label="Reason" words={REASONS} value={filter.reason} onChange={set("reason")} />
      {(["since", "until"] as const).map((end) => (
        <label key={end}>
          {end === "since" ? "From" : "To"} <span class="hint">your time</span>
          <input
            type="datetime-local"
            value={fieldOfTime(filter[end] ?? "")}
            onInput={(event) => onFilter({ ...filter, [end]: timeOfField(event.currentTarget.value) })}
          />
        </label>
      ))}
      <button type="button" onClick={() => onFilter({})}>
        Show all
      </button>
    </form>
  );
}

interface ChoiceProps {
  readonly label: string;
  readonly words: readonly string[];
  readonly value: string | undefined;
  readonly onChange: (event: { readonly currentTarget: { readonly value: string } }) => void;
}

function Choice({ label, words, value, onChange }: ChoiceProps): JSX.Element {
  return (
    <label>
      {label}
      <select value={value ?? ""} onChange={onChange}>
        <option value="">any</option>
        {words.map((word) => (
          <option key={word}>{word}</option>
        ))}
      </select>
    </label>
  );
}

function List({
  feed,
  decision: open,
  onOpen,
  isFiltered,
}: {
  readonly feed: ReturnType<typeof useDecisionFeed>;
  /** The id of the decision that is open. */
  readonly decision: string | undefined;
  readonly onOpen: (id: string | undefined) => void;
  readonly isFiltered: boolean;
}): JSX.Element | null {
  const [most, setMost] = useState(PAGE);
  if (!feed.isKnown || feed.problem !== undefined) return null;
  if (feed.decisions.length === 0)
    return <p class="empty">{isFiltered ? "No decision matches the filter." : "Nothing was decided yet."}</p>;
  const onMore = (): void => {
    setMost(most + PAGE);
    if (most + PAGE >= feed.decisions.length && feed.hasOlder) feed.onOlder();
  };
  return (
    <>
      <ul class="decisions" aria-label="Latest decisions, newest first">
        {feed.decisions.slice(0, most).map((entry) => (
          <li key={entry.id} class={entry.effect}>
            <Summary
              entry={entry}
              isOpen={open === entry.id}
              onToggle={() => onOpen(open === entry.id ? undefined : entry.id)}
            />
            {open === entry.id && <Explained id={entry.id} />}
          </li>
        ))}
      </ul>
      {(feed.decisions.length > most || feed.hasOlder) && (
        <button type="button" onClick={onMore}>
          Show more
        </button>
      )}
    </>
  );
}

const PAGE = 20;

interface SummaryProps {
  readonly entry: DecisionEntry;
  readonly isOpen: boolean;
  readonly onToggle: () => void;
}

function Summary({ entry, isOpen, onToggle }: SummaryProps): JSX.Element {
  const { time, agent, user, tool, method, effect, denial, outcome } = entry;
  return (
    <button type="button" class="summary" aria-expanded={isOpen} onClick={onToggle}>
      <time dateTime={time} title={`${localTime(time)}, ${utcTime(time)}`}>
        {timeOfDay(time)}
      </time>{" "}
      <span class={`effect ${effect}`}>{effect.replace("_", " ")}</span>{" "}
      <span class="who">
        <Who agent={agent.name} user={user} /> <span aria-hidden="true">→</span>{" "}
        <Name text={tool ?? method} />
      </span>{" "}
      <span class="why">{denial?.reason ?? outcome?.replace("_", " ") ?? "under way"}</span>
    </button>
  );
}
