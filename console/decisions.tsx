/** The live stream of decisions, with a filter, a pause button, and an explanation for each. */

import type { JSX } from "preact";
import { useState } from "preact/hooks";
import type { DecisionFilter } from "../src/telemetry/recent/decision-filter.ts";
import { EFFECTS, REASONS } from "../src/policy/mode.ts";
import type { DecisionEntry } from "../src/telemetry/recent/decision-entry.ts";
import { type Feed, useDecisionFeed } from "./decision-feed.ts";
import { Explained } from "./explained.tsx";
import { timeOfDay } from "./text.ts";
import { Name, Problem, Who } from "./elements.tsx";

interface DecisionsProps {
  readonly filter: DecisionFilter;
  readonly onFilter: (filter: DecisionFilter) => void;
}

export function Decisions({ filter, onFilter }: DecisionsProps): JSX.Element {
  const [isPaused, setPaused] = useState(false);
  const feed = useDecisionFeed(filter, isPaused);
  return (
    <section aria-labelledby="decisions">
      <div class="bar">
        <h2 id="decisions">Decisions</h2>
        <span class={feed.isLive ? "live on" : "live"}>{stateOf(feed, isPaused)}</span>
        <button type="button" onClick={() => setPaused(!isPaused)}>
          {isPaused ? "Go on" : "Pause"}
        </button>
      </div>
      <Filters filter={filter} onFilter={onFilter} />
      <Problem text={feed.problem} />
      <List feed={feed} isFiltered={Object.values(filter).some((value) => value !== "")} />
    </section>
  );
}

function stateOf({ isLive, skipped }: Feed, isPaused: boolean): string {
  if (isPaused) return "paused";
  if (isLive && skipped > 0) return "live, the newest only";
  return isLive ? "live" : "connecting…";
}

function Filters({ filter, onFilter }: DecisionsProps): JSX.Element {
  const set =
    (field: keyof DecisionFilter) => (event: { readonly currentTarget: { readonly value: string } }) =>
      onFilter({ ...filter, [field]: event.currentTarget.value });
  return (
    <form class="filters" aria-label="Filter decisions" onSubmit={(event) => event.preventDefault()}>
      <label>
        Agent <input list="agents" value={filter.agent ?? ""} onChange={set("agent")} />
      </label>
      <label>
        User <input value={filter.user ?? ""} onChange={set("user")} />
      </label>
      <label>
        Tool <input list="tools" value={filter.tool ?? ""} onChange={set("tool")} />
      </label>
      <Choice label="Effect" words={EFFECTS} value={filter.effect} onChange={set("effect")} />
      <Choice label="Reason" words={REASONS} value={filter.reason} onChange={set("reason")} />
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
  isFiltered,
}: {
  readonly feed: Feed;
  readonly isFiltered: boolean;
}): JSX.Element | null {
  const [open, setOpen] = useState<string>();
  const [most, setMost] = useState(PAGE);
  if (!feed.isKnown || feed.problem !== undefined) return null;
  if (feed.decisions.length === 0)
    return <p class="empty">{isFiltered ? "No decision matches the filter." : "Nothing was decided yet."}</p>;
  const further = feed.decisions.length - most;
  return (
    <>
      <ul class="decisions" aria-label="Latest decisions, newest first">
        {feed.decisions.slice(0, most).map((entry) => (
          <li key={entry.id} class={entry.effect}>
            <Summary
              entry={entry}
              isOpen={open === entry.id}
              onToggle={() => setOpen(open === entry.id ? undefined : entry.id)}
            />
            {open === entry.id && <Explained id={entry.id} />}
          </li>
        ))}
      </ul>
      {further > 0 && (
        <button type="button" onClick={() => setMost(most + PAGE)}>
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
      <time dateTime={time}>{timeOfDay(time)}</time>{" "}
      <span class={`effect ${effect}`}>{effect.replace("_", " ")}</span>{" "}
      <span class="who">
        <Who agent={agent.name} user={user} /> <span aria-hidden="true">→</span>{" "}
        <Name text={tool ?? method} />
      </span>{" "}
      <span class="why">{denial?.reason ?? outcome?.replace("_", " ") ?? "under way"}</span>
    </button>
  );
}
