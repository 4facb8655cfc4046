/** `tollgate audit verify`: checks the chain of audit logs that were written with `audit: { chain: true }`. */

import { readFileSync } from "node:fs";
import { createHmac } from "node:crypto";
import { type ChainHead, type ChainedLine, linkHash, parseChainedLine } from "../../json/line-chain.ts";
import {
  EXIT_FAILED,
  EXIT_OK,
  failWith,
  FORMAT_FLAG,
  formatProblem,
  pluralize,
  readArguments,
  refuseUsage,
  writeJson,
  writeLines,
} from "../cli/command.ts";
import { pluralizeMany, withProgress } from "../cli/progress.ts";
import type { AuditCommandIo } from "./query.ts";
import { readLines } from "./read-lines.ts";
import { parseRecord } from "./record.ts";

export const VERIFY_HELP = `Usage: tollgate audit verify --audit LOG... [--key FILE] [--format text|json]

Checks that no record of an audit log with a chain (audit: { chain: true }) was changed, left out, added or moved.
Several logs are read as one, in the order given: the rotated ones first. Reads gzipped logs too, and - for stdin.

  --audit LOG...      logs that tollgate run --audit wrote, oldest first (TOLLGATE_AUDIT)
  --key FILE          the key of the chain (the last LOG with .key behind its name)
  --format text|json  (text)
  --help              this text

What was cut off at the end, or before the first record, shows only beside a number that was noted elsewhere.
Examples: tollgate audit verify --audit audit.jsonl
          tollgate audit verify --audit audit.jsonl.1.gz audit.jsonl --key audit.jsonl.key
Exit codes: 0 the chain holds; 1 it does not, or a log cannot be read; 64 bad usage.
`;

const FLAGS = {
  audit: { type: "string", multiple: true },
  key: { type: "string" },
  format: FORMAT_FLAG,
} as const;

const MAX_SHOWN = 20;

/** Returns the exit code. */
export async function runVerify(argv: readonly string[], io: AuditCommandIo): Promise<number> {
  const read = readArguments(argv, FLAGS);
  if (!read.ok) return refuseUsage(io, "tollgate audit verify", [read.problem]);
  const problems = formatProblem(read.values.format);
  if (problems.length > 0) return refuseUsage(io, "tollgate audit verify", problems);
  const given = [...(read.values.audit ?? []), ...read.positionals];
  const fallback = io.env["TOLLGATE_AUDIT"];
  const files = given.length > 0 || fallback === undefined || fallback === "-" ? given : [fallback];
  const last = files.at(-1);
  if (last === undefined) return refuseUsage(io, "tollgate audit verify", [NO_LOG]);
  const key = readKey(read.values.key ?? `${last}.key`);
  if (typeof key === "string") return failWith(io, [key]);
  const check = new ChainCheck(key);
  try {
    await withProgress(
      io.stderr,
      () => `checking, ${pluralizeMany(check.count, "record")}`,
      () => checkFiles(files, check, io),
    );
  } catch (error) {
    return failWith(io, [error instanceof Error ? error.message : String(error)]);
  }
  check.end();
  if (check.count === 0 && check.problems.length === 0)
    return failWith(io, ["no record has a chain; write the log with audit: { chain: true }"]);
  return read.values.format === "json" ? reportJson(check, io) : report(check, io);
}

const NO_LOG =
  "--audit: is required: a log that tollgate run --audit wrote, or - for stdin; or set TOLLGATE_AUDIT";

function readKey(path: string): Buffer | string {
  try {
    return Buffer.from(readFileSync(path, "utf8").trim(), "hex");
  } catch {
    return `${path}: cannot be read; name the key of the log with --key`;
  }
}

async function checkFiles(files: readonly string[], check: ChainCheck, io: AuditCommandIo): Promise<void> {
  for (const file of files) await checkFile(file, check, io);
}

async function checkFile(file: string, check: ChainCheck, { stdin }: AuditCommandIo): Promise<void> {
  let number = 0;
  const at = (): string => `${file}:${(number += 1)}`;
  await readLines(file, stdin, {
    line: (line) => check.add(line, at()),
    tooLong: () => check.addUnreadable(at()),
  });
}

function report({ problems, count, first, last, excused }: ChainCheck, io: AuditCommandIo): number {
  const range = first === undefined ? "" : `, numbers ${first.seq} to ${last.seq}, last digest ${last.hash}`;
  if (problems.length === 0) {
    const lost = excused === 0 ? "" : `; ${excused} could not be written, as later records say`;
    writeLines(io, [`the chain holds: ${pluralize(count, "record")}${range}${lost}`]);
    return EXIT_OK;
  }
  const further = problems.length - MAX_SHOWN;
  return failWith(
    io,
    [
      ...problems.slice(0, MAX_SHOWN),
      ...(further > 0 ? [`and ${pluralize(further, "further problem")}`] : []),
      `the chain does not hold: ${pluralize(count, "record")}${range}`,
    ],
    EXIT_FAILED,
  );
}

/** `docs/json-output/audit-verify.schema.json` is its shape. */
function reportJson({ problems, count, first, last, excused }: ChainCheck, io: AuditCommandIo): number {
  const holds = problems.length === 0;
  writeJson(io, {
    holds,
    records: count,
    first: first?.seq ?? null,
    last: first === undefined ? null : last.seq,
    last_digest: first === undefined ? null : last.hash,
    lost: excused,
    problems,
  });
  return holds ? EXIT_OK : EXIT_FAILED;
}

/** Follows the chain over all lines, and gathers its breaks. */
class ChainCheck {
  readonly problems: string[] = [];
  count = 0;
  first: ChainHead | undefined;
  last: ChainHead = { seq: 0, hash: "" };
  /** Records that are missing, and that a later record says could not be written. */
  excused = 0;
  readonly #digest: (text: string) => string;
  #gaps: { readonly problem: string; readonly missing: number }[] = [];

  constructor(key: Buffer) {
    this.#digest = (text) => createHmac("sha256", key).update(text).digest("hex");
  }

  add(line: string, at: string): void {
    const link = parseChainedLine(line);
    if (link !== undefined) return this.#addLink(link, at);
    if (parseRecord(line) === undefined) this.addUnreadable(at);
    // Records from before the chain was switched on stand at the beginning.
    else if (this.first !== undefined) this.problems.push(`${at}: a record without a link`);
  }

  addUnreadable(at: string): void {
    this.problems.push(`${at}: is no record`);
  }

  /** To be called once, after the last line. */
  end(): void {
    this.problems.push(...this.#gaps.map(({ problem }) => problem));
    this.#gaps = [];
  }

  #addLink(link: ChainedLine, at: string): void {
    const { seq, body } = link;
    this.count += 1;
    if (linkHash(this.#digest, link) !== link.hash)
      this.problems.push(`${at}: record ${seq} was changed, or written with another key`);
    else this.#excuse(lostIn(body));
    if (this.first === undefined) this.first = link;
    else this.#follow(this.last, link, at);
    this.last = link;
  }

  #follow(before: ChainHead, { seq, prev }: ChainedLine, at: string): void {
    const missing = seq - before.seq - 1;
    if (missing > 0)
      this.#gaps.push({
        missing,
        problem: `${at}: records ${before.seq + 1} to ${seq - 1} are missing before it`,
      });
    else if (missing < 0) this.problems.push(`${at}: record ${seq} stands after record ${before.seq}`);
    else if (prev !== before.hash)
      this.problems.push(`${at}: record ${seq} does not follow the one before it`);
  }

  /** A full disk leaves a gap and, after it, a record with the number of those lost. */
  #excuse(lost: number): void {
    let room = lost;
    while (this.#gaps[0] !== undefined && this.#gaps[0].missing <= room) {
      room -= this.#gaps[0].missing;
      this.excused += this.#gaps[0].missing;
      this.#gaps.shift();
    }
  }
}

/** The number of records that this one says were lost. */
function lostIn(body: string): number {
  const control: unknown = parseRecord(body)?.["control"];
  if (typeof control !== "object" || control === null || !("action" in control)) return 0;
  return control.action === "records_lost" && "count" in control ? Number(control.count) : 0;
}
