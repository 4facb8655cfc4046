/** Which regular expressions are surely sound, so that a policy with thousands of them compiles only those that a call meets. */

/** An escaped sign, or one of the classes and boundaries that have a letter. */
const ESCAPE = String.raw`\\(?:[./+*?^$()[\]{}|\\-]|[bBdDsSwW])`;
const CLASS_ESCAPE = String.raw`\\(?:[./+*?^$()[\]{}|\\-]|[dDsSwW])`;
const PLAIN = String.raw`[\w /:@,=~%&#;<>!"'-]`;
/** Only ranges that cannot stand the wrong way round; a hyphen of its own at the end. */
const CLASS = String.raw`\[\^?(?:a-z|A-Z|0-9|(?:[\w /:@,=~%&#;<>!"'.+*?$(){}|]|${CLASS_ESCAPE})(?!-[^\]]))+-?\]`;
const ATOM = String.raw`(?:${PLAIN}|${ESCAPE}|\.|${CLASS})`;
const INNER_GROUP = groupOf(`${ATOM}[*+?]?|[|^$]`);
const GROUP = groupOf(`${ATOM}[*+?]?|${INNER_GROUP}[*+?]?|[|^$]`);
const SURE = new RegExp(String.raw`^(?:\(\?i\))?(?:${ATOM}[*+?]?|${GROUP}[*+?]?|[|^$])*$`);

/** Longer ones are rare, and cheap to compile at once beside what they cost to look at. */
const LONGEST = 256;

/**
 * Whether RE2 takes the pattern for sure; false says nothing.
 * Invariant: no nested quantifier, no count, no range but three, no flag but `(?i)` at the beginning: what engines refuse stands in those.
 */
export function isSurelySound(pattern: string): boolean {
  return pattern.length < LONGEST && SURE.test(pattern);
}

function groupOf(content: string): string {
  return String.raw`\((?:\?:)?(?:${content})*\)`;
}
