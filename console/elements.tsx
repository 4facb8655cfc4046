/** Elements for names and problems. Text from an agent is always rendered as plain text. */

import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { figure, fromNow, localTime, utcTime, visible } from "./text.ts";

/** Longest name as shown, in characters; the number of further ones is shown after it. */
const MAX_LENGTH = 80;

// Security: text that an agent chose never becomes markup; characters that reverse or hide text are spelled out.
/** A name that an agent or a server has chosen. */
export function Name({ text }: { readonly text: string }): JSX.Element {
  const rest = text.length - MAX_LENGTH;
  const shown = visible(rest > 0 ? text.slice(0, MAX_LENGTH).toWellFormed() : text);
  return (
    <bdi class="name">
      {shown}
      {rest > 0 && <span class="rest">… {figure(rest)} more characters</span>}
    </bdi>
  );
}

/** The agent of a call, and the user on whose behalf it acts, where one is known. */
export function Who({ agent, user }: { readonly agent: string; readonly user?: string | undefined }) {
  if (user === undefined) return <Name text={agent} />;
  return (
    <>
      <Name text={agent} /> <span class="hint">for</span> <Name text={user} />
    </>
  );
}

/** `3 min ago`, with the time itself in the reader's zone and in UTC. */
export function When({ iso }: { readonly iso: string }): JSX.Element {
  return (
    <time dateTime={iso} title={`${localTime(iso)}, ${utcTime(iso)}`}>
      {fromNow(iso)}
    </time>
  );
}

/** A field that finds names as one types. */
export function Find({ of, text, onText }: FindProps): JSX.Element {
  return (
    <label class="search">
      Find <span class="hint">{of}</span>
      <input
        type="search"
        value={text}
        maxLength={256}
        onInput={(event) => onText(event.currentTarget.value)}
      />
    </label>
  );
}

interface FindProps {
  /** What it finds, such as `agent or tool`. */
  readonly of: string;
  readonly text: string;
  readonly onText: (text: string) => void;
}

/** The first items of a list, and a button for the next ones. */
export function Paged<Item>({ items, page, children }: PagedProps<Item>): JSX.Element {
  const [most, setMost] = useState(page);
  return (
    <>
      {children(items.slice(0, most))}
      {items.length > most && (
        <button type="button" onClick={() => setMost(most + page)}>
          Show more: {figure(items.length - most)} further
        </button>
      )}
    </>
  );
}

interface PagedProps<Item> {
  readonly items: readonly Item[];
  /** Items at first, and with each further step. */
  readonly page: number;
  readonly children: (shown: readonly Item[]) => JSX.Element;
}

/** An error, in place of the content that could not be loaded. */
export function Problem({ text }: { readonly text: string | undefined }): JSX.Element | null {
  return text === undefined ? null : (
    <p class="problem" role="alert">
      {visible(text)}
    </p>
  );
}
