/** Names and problems as they are shown. What an agent has sent is text, and looks like text. */

import type { JSX } from "preact";
import { visible } from "./text.ts";

/** Longest name as shown; the rest is counted. */
const LONGEST = 80;

// Security: text that an agent chose never becomes markup, and what would turn or hide the text around it is spelled out.
/** A name that somebody else has chosen. */
export function Name({ text }: { readonly text: string }): JSX.Element {
  const rest = text.length - LONGEST;
  const shown = visible(rest > 0 ? text.slice(0, LONGEST).toWellFormed() : text);
  return (
    <bdi class="name">
      {shown}
      {rest > 0 && <span class="rest">… {rest} more characters</span>}
    </bdi>
  );
}

/** What went wrong, where it would have been. */
export function Problem({ text }: { readonly text: string | undefined }): JSX.Element | null {
  return text === undefined ? null : (
    <p class="problem" role="alert">
      {visible(text)}
    </p>
  );
}
