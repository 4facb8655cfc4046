/** Escapes characters that are not seen or that turn the direction of text, so that a name reads as it is. */

/** Format characters, bidi controls, fillers, variation selectors, private use, lone surrogates and line separators. */
const UNSEEN = /[\p{Cf}\p{Default_Ignorable_Code_Point}\p{Zl}\p{Zp}\p{Co}\p{Cs}]/gu;
const UNSEEN_OR_CONTROL = /[\p{Cc}\p{Cf}\p{Default_Ignorable_Code_Point}\p{Zl}\p{Zp}\p{Co}\p{Cs}]/gu;

// Security: servers and agents choose names; a terminal executes control characters in them, and a bidi override shows another name.
/** The text with such characters, control characters included, as escapes of JSON: `\u202e`. */
export function escapeInvisible(text: string): string {
  return text.replaceAll(UNSEEN_OR_CONTROL, (character) => {
    const escape = JSON.stringify(character).slice(1, -1);
    return escape === character ? unicodeEscapes(character) : escape;
  });
}

/** The same for text that is JSON: it keeps its line breaks, and parses to the same value. */
export function escapeInvisibleInJson(json: string): string {
  return json.replaceAll(UNSEEN, unicodeEscapes);
}

/** Whether the text has no such character. */
export function isVisibleText(text: string): boolean {
  return text.search(UNSEEN_OR_CONTROL) === -1;
}

/** One escape for each UTF-16 unit. */
function unicodeEscapes(character: string): string {
  return character
    .split("")
    .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`)
    .join("");
}
