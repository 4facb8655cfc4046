/** The turns of phrase that the house does not use, each with what to write instead: the part of its rules a machine can see. */

export interface Pattern {
  /** As it is named in a report. */
  readonly name: string;
  readonly instead: string;
  readonly regex: RegExp;
  /** A question may use it, and so may a heading or a cell of a table. */
  readonly isAllowedInQuestions?: true;
}

/** Where a clause begins: at the start, after a full stop or a semicolon, or after a mark such as `Security:`. */
const CLAUSE = String.raw`(?:^\s*|[.;]\s+|\b(?:Invariant|Security|Absent|Undefined|Null):\s+)(?:(?:And|and|But|but|So|so)\s+)?`;

const NOUNS = "name the thing: the caller, client, request, response, connection, file";

export const PATTERNS: readonly Pattern[] = [
  { name: "who, as a subject", instead: NOUNS, regex: clause("[Ww]ho"), isAllowedInQuestions: true },
  { name: "what, as a subject", instead: NOUNS, regex: clause("[Ww]hat"), isAllowedInQuestions: true },
  { name: "whoever", instead: "name the caller or client; any caller", regex: words("whoever|whomever") },
  { name: "nobody", instead: "no caller, no client; or say what is absent", regex: words("nobody|no one") },
  { name: "somebody", instead: NOUNS, regex: words("somebody|anybody|everybody") },
  { name: "hears", instead: "receives, sees, is called on", regex: words("hears?|heard") },
  {
    name: "is told",
    instead: "receives, is sent, gets",
    regex: words(String.raw`(?:is|are|be|was|were|been|being|gets?)\s+told`),
  },
  { name: "goes by", instead: "follows, uses, reads", regex: words(String.raw`(?:go|goes|went|going)\s+by`) },
  {
    name: "lets go of",
    instead: "drops, releases, closes",
    regex: words(String.raw`(?:lets?|letting)\s+go`),
  },
  {
    name: "hangs on",
    instead: "depends on, is counted per",
    regex: words(String.raw`hangs?\s+on|hung\s+on`),
  },
  {
    name: "hangs up on",
    instead: "closes the connection of",
    regex: words(String.raw`(?:hangs?|hung)\s+up\s+on`),
  },
  {
    name: "has a say",
    instead: "decides, may insert, may change",
    regex: words(String.raw`ha(?:s|ve)\s+a\s+say|words?\s+to\s+say`),
  },
  { name: "in earnest", instead: "in enforce mode", regex: words(String.raw`in\s+earnest`) },
  { name: "born", instead: "is created, is initialised", regex: words("born") },
  { name: "reckoned", instead: "estimated, calculated", regex: words("reckon(?:s|ed|ing)?") },
  { name: "ear for", instead: "handles, listens for", regex: words(String.raw`(?:no|an)\s+ears?`) },
  { name: "for good", instead: "permanently", regex: words(String.raw`for\s+good`) },
  { name: "stranger", instead: "an unverified caller, another agent", regex: words("strangers?") },
  { name: "had enough", instead: "disconnects, stops reading", regex: words(String.raw`had\s+enough`) },
  { name: "by proof", instead: "by a verified credential", regex: words(String.raw`by\s+proof`) },
  { name: "owed", instead: "deferred, still expected", regex: words("owe|owes|owed") },
  {
    name: "speaks of",
    instead: "names, covers, mentions",
    regex: words(String.raw`(?:speaks?|spoken)\s+of`),
  },
  { name: "says of", instead: "reports, claims, says about", regex: words(String.raw`(?:says?|said)\s+of`) },
  {
    name: "becomes of",
    instead: "the outcome or result of",
    regex: words(String.raw`(?:becomes?|became|comes?|came)\s+of`),
  },
  { name: "anew", instead: "again", regex: words("anew") },
  { name: "the door", instead: "the endpoint, the listener", regex: words(String.raw`(?:the|our)\s+door`) },
];

/** Words that a contract fixes, by file: output that docs/policy-tools.md shows, which `test/docs/policy-tools-page.test.ts` compares. */
export const FIXED_BY_CONTRACT: ReadonlySet<string> = new Set([
  "src/commands/policy/replay-report.ts: be told",
  "src/policy/explain/steps.ts: speaks of",
]);

function clause(subject: string): RegExp {
  return new RegExp(String.raw`${CLAUSE}(${subject})\s`, "dg");
}

function words(alternatives: string): RegExp {
  return new RegExp(String.raw`\b(${alternatives})\b`, "dgi");
}
