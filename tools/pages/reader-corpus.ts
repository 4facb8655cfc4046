/**
 * Writes docs/reader-corpus.md: the vectors of the bypass corpus that the strict reader judges otherwise than before, each with its reason.
 *
 *   npm run reader:corpus               by the judgements in test/fixtures/reader-before.json
 *   npm run reader:corpus -- --before   writes that file first, from the history of this repository
 */

import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import type { IncomingMessage } from "node:http";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { parseMessage } from "../../src/mcp/parse-message.ts";
import { refuseRequest, servedHosts } from "../../src/proxy/downstream/request-checks.ts";
import { CORPUS } from "../../test/security/bypass/corpus.ts";
import { JSON_TYPE, type Vector } from "../../test/security/bypass/vector.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const BEFORE = join(ROOT, "test/fixtures/reader-before.json");
const PAGE = join(ROOT, "docs/reader-corpus.md");
/** The last commit before the edge took what HTTP servers take, and a refusal cost one call. */
const COMMIT = "242cc77";

/** Both halves of the strict reader, by the names that they have in each commit. */
interface Reader {
  readonly parseMessage: typeof parseMessage;
  readonly refuseRequest: typeof refuseRequest;
}

const REASONS: readonly (readonly [name: RegExp, reason: string])[] = [
  [
    /^envelopes: arguments null$/,
    "`arguments: null` counts as absent ([decision 0071](decisions/0071-refusal-costs-one-call.md)): the call is judged without arguments, and forwarded as written",
  ],
  [
    /^surrogates: .* in a value of a denied call$/,
    "a lone surrogate may stand in the value of an argument ([decision 0142](decisions/0142-lone-surrogates.md)): a condition that looks at it denies, and this call is denied by its tool",
  ],
  [
    /^headers: Content-Type application\/json;(?:charset=utf8)?$/,
    "`charset=utf8` is UTF-8 in any spelling, and a parameter may be empty ([decision 0065](decisions/0065-http-edge.md)); the server gets plain `application/json`",
  ],
];

type Judgements = Readonly<Record<string, string>>;

export function judgementsNow(): Judgements {
  return judgements({ parseMessage, refuseRequest });
}

export function judgementsBefore(): Judgements {
  return JSON.parse(readFileSync(BEFORE, "utf8"));
}

function judgements(reader: Reader): Judgements {
  return Object.fromEntries(CORPUS.map((vector) => [vector.name, judge(reader, vector)]));
}

function judge(reader: Reader, vector: Vector): string {
  const refused = reader.refuseRequest(requestOf(vector), {
    path: "/mcp",
    hosts: servedHosts("127.0.0.1", []),
    origins: new Set(),
    messageBytes: 4 * 1024 * 1024,
  });
  if (refused !== undefined) return `refused: ${refused.cause}`;
  const parsed = reader.parseMessage(vector.body);
  return parsed.ok ? `passes as a ${parsed.message.kind}` : `refused: ${parsed.cause}`;
}

function requestOf({ headers = { "content-type": JSON_TYPE } }: Vector): IncomingMessage {
  const lines = Object.entries({ host: "localhost", ...headers }).flatMap(([name, values]) =>
    [values].flat().map((value) => [name, value] as const),
  );
  const first = Object.fromEntries(lines.toReversed().map(([name, value]) => [name.toLowerCase(), value]));
  const socket = { localAddress: "127.0.0.1" };
  const request = { method: "POST", url: "/mcp", headers: first, rawHeaders: lines.flat(), socket };
  return request as unknown as IncomingMessage;
}

export interface Change {
  readonly name: string;
  readonly before: string;
  readonly now: string;
  /** Undefined where no decision allows it. */
  readonly reason: string | undefined;
}

export function changes(before: Judgements, now: Judgements): readonly Change[] {
  return Object.entries(now)
    .map(([name, judgement]) => ({
      name,
      before: before[name] ?? "not judged",
      now: judgement,
      reason: REASONS.find(([pattern]) => pattern.test(name))?.[1],
    }))
    .filter((change) => change.before !== change.now);
}

export function readerPage(): string {
  const now = judgementsNow();
  const rows = changes(judgementsBefore(), now).map(
    (change) => `| ${change.name} | ${change.before} | ${change.now} | ${change.reason ?? "NONE"} |`,
  );
  return `# Vectors that the strict reader judges otherwise

\`npm run reader:corpus\` writes this page. It holds each of the ${Object.keys(now).length} vectors of the bypass corpus (\`test/security/bypass\`) against the judgement of commit
\`${COMMIT}\`, the last one before clients that work directly were to work through Tollgate: the checks of the request's headers, then those of the message.
${rows.length} judgements have changed; all others are the same, with the same cause. \`npm run test:security\` sends every vector to real servers:
none executes a forbidden call.

| vector | before | now | reason |
| --- | --- | --- | --- |
${rows.join("\n")}

Not in the corpus, and looser on purpose: \`params: null\`, and notifications of unknown names ([decision 0071](decisions/0071-refusal-costs-one-call.md)); a
query, a slash at the end of the path, and an offer to upgrade, which is ignored ([decision 0065](decisions/0065-http-edge.md)); depth, values and names above the
former bounds where \`message-depth\`, \`message-nodes\` and \`message-keys\` allow them ([decision 0142](decisions/0142-lone-surrogates.md)).
`;
}

/** @throws Error when the history does not hold the commit. */
async function loadReaderBefore(): Promise<Reader> {
  const folder = mkdtempSync(join(tmpdir(), "reader-before-"));
  try {
    const archive = execFileSync("git", ["archive", COMMIT, "src"], { cwd: ROOT, maxBuffer: 2 ** 28 });
    execFileSync("tar", ["-x", "-C", folder], { input: archive });
    writeFileSync(join(folder, "package.json"), '{"type":"module"}');
    const load = (file: string): Promise<unknown> => import(pathToFileURL(join(folder, "src", file)).href);
    const [parser, checks] = [
      await load("mcp/parse-message.ts"),
      await load("proxy/downstream/request-checks.ts"),
    ];
    return { ...Object(parser), ...Object(checks) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

if (import.meta.main) {
  if (process.argv.includes("--before"))
    writeFileSync(BEFORE, `${JSON.stringify(judgements(await loadReaderBefore()), null, 2)}\n`);
  writeFileSync(PAGE, readerPage());
}
