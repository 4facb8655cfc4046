/** One entry of `servers`, with the settings that the file shares, as the settings of one sidecar. */

import { didYouMean } from "../../policy/schema/did-you-mean.ts";
import type { Place } from "../place-in-file.ts";
import type { Environment } from "../settings/child-environment.ts";
import { parseSettings } from "../settings/parse-settings.ts";
import { type HttpSettings, hasHttpListener } from "../settings/settings.ts";
import { SETTINGS_SHAPE } from "../settings/settings-shape.ts";

/** A server's settings as a settings file would give them, and the command that starts it. */
export interface GivenServer {
  readonly values: Readonly<Record<string, unknown>>;
  /** Absent for a server that runs already, at `upstream`. */
  readonly command?: readonly string[];
}

export interface EntryContext {
  /** The settings at the top of the file. */
  readonly shared: Readonly<Record<string, unknown>>;
  readonly environment: Environment;
  readonly isTerminal: boolean;
  /** The file with line and column of a place in it. */
  readonly at: (place: Place) => string;
}

type CheckedEntry =
  | { readonly ok: true; readonly value: GivenServer & { readonly settings: HttpSettings } }
  | { readonly ok: false; readonly problems: readonly string[] };

const SETTINGS = Object.keys(SETTINGS_SHAPE.shape);
const FREE_PORT = "127.0.0.1:0";
const NAME = /^[\p{L}\p{N}._-]{1,60}$/u;
/** Shared settings that only a server of the other kind has are not given to this one. */
const ONLY_URL: ReadonlySet<string> = new Set(["upstream-ca", "upstream-tls", "upstream-transport"]);
const ONLY_COMMAND: ReadonlySet<string> = new Set(["env", "stdio"]);

/** Every problem with one entry, each with its line. */
export function checkEntry(name: string, entry: unknown, context: EntryContext): CheckedEntry {
  const place = (...path: Place): string => context.at(["servers", name, ...path]);
  const refuse = (problem: string, ...path: Place): CheckedEntry => ({
    ok: false,
    problems: [`${place(...path)}: servers.${name}${problem}`],
  });
  if (!NAME.test(name)) return refuse(": must be a name of 1 to 60 letters, digits, or ._-");
  if (typeof entry !== "object" || entry === null || Array.isArray(entry))
    return refuse(": must be a mapping with command or upstream");
  const { command: written, ...own }: Record<string, unknown> = { ...entry };
  const unknown = Object.keys(own).filter((key) => !SETTINGS.includes(key));
  if (unknown.length > 0)
    return { ok: false, problems: unknown.map((key) => unknownProblem(key, place, name)) };
  if ((written === undefined) === (own["upstream"] === undefined))
    return refuse(written === undefined ? NEITHER : BOTH, ...(written === undefined ? [] : ["command"]));
  const command = written === undefined ? undefined : commandWords(written);
  if (typeof command === "string") return refuse(`.command: ${command}`, "command");
  return settingsOf(name, { own, command }, context);
}

const NEITHER =
  ": needs command, such as [npx, -y, some-server], or upstream, such as http://127.0.0.1:3000/mcp";
const BOTH = ": has both command and upstream: choose one of the two";

function unknownProblem(key: string, place: (...path: Place) => string, name: string): string {
  return `${place(key)}: servers.${name}: unknown: ${key}${didYouMean(key, [...SETTINGS, "command"])}`;
}

/** The words of a command; a string is the problem with it. */
function commandWords(written: unknown): readonly string[] | string {
  if (typeof written === "string") {
    // A shell would read these; no shell is started.
    if (/["'\\$`|;&<>*?]/.test(written))
      return "has a character that only a shell reads: write it as a list of words";
    return nonEmpty(written.split(/\s+/).filter((word) => word !== ""));
  }
  if (!Array.isArray(written)) return "must be a list of words, or one text without quotes";
  const words = written.filter((word) => ["string", "number", "boolean"].includes(typeof word)).map(String);
  return words.length === written.length ? nonEmpty(words) : "must be a list of texts";
}

function nonEmpty(words: readonly string[]): readonly string[] | string {
  return words[0] === undefined || words[0] === "" ? "must begin with the program to start" : words;
}

interface OwnSettings {
  readonly own: Readonly<Record<string, unknown>>;
  readonly command: readonly string[] | undefined;
}

function settingsOf(name: string, { own, command }: OwnSettings, context: EntryContext): CheckedEntry {
  const { shared, environment, isTerminal, at } = context;
  const values = mergeShared(name, own, shared, command !== undefined);
  const placeInFile = (path: Place): string => {
    const [setting = ""] = path;
    if (setting in shared && !(setting in own)) return at(path);
    return `${at(["servers", name, ...path])}: servers.${name}`;
  };
  const file = { values, problems: [], placeInFile };
  const parsed = parseSettings({ flags: {}, environment, isTerminal, file, ...(command && { command }) });
  if (!parsed.ok) {
    const [origin = ""] = at([]).split(": ");
    const located = parsed.report.map((problem) =>
      problem.startsWith(`${origin}: `) ? problem : `${placeInFile(settingIn(problem))}: ${problem}`,
    );
    return { ok: false, problems: located };
  }
  const { settings } = parsed;
  if (settings.workers > 1)
    return { ok: false, problems: [`${placeInFile(["workers"])}: workers: ${NO_WORKERS}`] };
  if (!hasHttpListener(settings)) throw new TypeError("a server of the file has a listener in any case");
  return { ok: true, value: { values, settings, ...(command && { command }) } };
}

const NO_WORKERS = "must be 1 under tollgate up, which has a process for each server";

/** The setting that a problem begins with: `admin.tls: must ...` is at admin, tls. */
function settingIn(problem: string): Place {
  return /^(?:--)?([a-z][a-z.-]*):/.exec(problem)?.[1]?.split(".") ?? [];
}

/** An entry's setting replaces the shared one whole; of `admin`, part by part, and each server has a listener of its own. */
function mergeShared(
  name: string,
  own: Readonly<Record<string, unknown>>,
  shared: Readonly<Record<string, unknown>>,
  isCommand: boolean,
): Readonly<Record<string, unknown>> {
  const unfit = isCommand ? ONLY_URL : ONLY_COMMAND;
  const fitting = Object.entries(shared).filter(([key]) => key in SETTINGS_SHAPE.shape && !unfit.has(key));
  return {
    server: name,
    listen: FREE_PORT,
    ...Object.fromEntries(fitting),
    ...own,
    admin: { ...adminParts(shared["admin"]), listen: FREE_PORT, ...adminParts(own["admin"]) },
  };
}

/** `admin: HOST:PORT` is short for its part `listen`. A value of another type stays, for the problem with it. */
function adminParts(admin: unknown): object {
  if (typeof admin === "object" && admin !== null) return admin;
  return admin === undefined ? {} : { listen: admin };
}
