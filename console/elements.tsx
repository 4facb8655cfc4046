/** Elements for names and problems. Text from an agent is always rendered as plain text. */

import type { JSX } from "preact";
import { visible } from "./text.ts";

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
      {rest > 0 && <span class="rest">… {rest} more characters</span>}
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

/** An error, in place of the content that could not be loaded. */
export function Problem({ text }: { readonly text: string | undefined }): JSX.Element | null {
  return text === undefined ? null : (
    <p class="problem" role="alert">
      {visible(text)}
    </p>
  );
}
