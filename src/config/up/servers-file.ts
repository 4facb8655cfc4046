/** Reads the file of `tollgate up`: every server with its settings, or all problems at once, each with its line. */

import { createHash } from "node:crypto";
import { didYouMean } from "../../policy/schema/did-you-mean.ts";
import { unknownVariables } from "../known-variables.ts";
import { readText } from "../files/watched-file.ts";
import { type Place, placesIn } from "../place-in-file.ts";
import { parseYaml } from "../parse-yaml.ts";
import type { Environment } from "../settings/child-environment.ts";
import { FLAGS, type FlagName } from "../settings/flags.ts";
import { parseSettings } from "../settings/parse-settings.ts";
import type { HttpSettings, Settings } from "../settings/settings.ts";
import { SETTINGS_SHAPE } from "../settings/settings-shape.ts";
import { clashes } from "./clashes.ts";
import { checkEntry, type EntryContext, type GivenServer } from "./server-entry.ts";

/** One server of the file. */
export interface UpServer extends GivenServer {
  /** The key under `servers`. */
  readonly name: string;
  readonly settings: HttpSettings;
  /** Differs when the settings as written differ. */
  readonly digest: string;
}

export interface ServersFile {
  /** Settings of the supervisor: its admin listener and its log. Its upstream has no meaning. */
  readonly own: Settings;
  /** In the order of the file. */
  readonly servers: readonly UpServer[];
}

export type ServersReading =
  | { readonly ok: true; readonly file: ServersFile }
  /** `FILE: line 3, column 5: ...`, one for each problem. */
  | { readonly ok: false; readonly problems: readonly string[] };

export interface ServersSources {
  readonly path: string;
  /** Flags of the command line, which beat the file. */
  readonly flags: Readonly<Partial<Record<FlagName, string>>>;
  readonly environment: Environment;
  readonly isTerminal: boolean;
}

export function readServersFile(sources: ServersSources): ServersReading {
  const text = readText(sources.path);
  return text.ok ? parseServersFile(text.value, sources) : text;
}

/** Environment variables that `tollgate up` reads as settings; those of one sidecar would apply to every server. */
const OWN_VARIABLES: ReadonlySet<string> = new Set(["TOLLGATE_ADMIN"]);
const FLAG_VARIABLES: ReadonlySet<string> = new Set(FLAGS.map(({ environment }) => environment));
const SERVER_VARIABLES = FLAG_VARIABLES.difference(OWN_VARIABLES);
/** Settings of one server, which the top of the file cannot share. */
const NOT_SHARED: ReadonlySet<string> = new Set(["upstream", "command", "listen", "server"]);
/** Settings at the top that are the supervisor's as well. */
const OWN: ReadonlySet<string> = new Set([
  "admin",
  "admin-token-file",
  "allowed-host",
  "allowed-origin",
  "log-level",
  "log-format",
]);
const SETTINGS = Object.keys(SETTINGS_SHAPE.shape);

export function parseServersFile(text: string, sources: ServersSources): ServersReading {
  const { path } = sources;
  const { document, problems } = parseYaml(text);
  if (problems.length > 0) return { ok: false, problems: problems.map((each) => `${path}: ${each}`) };
  const root: unknown = document.toJS() ?? {};
  if (!isMapping(root)) return { ok: false, problems: [`${path}: must be a mapping with servers`] };
  const { servers: entries, ...shared } = root;
  const places = placesIn(text);
  const at = (place: Place): string => [path, places(place)].filter(Boolean).join(": ");
  const faults = [...variableProblems(sources.environment), ...topProblems(shared, at)];
  if (!isMapping(entries) || Object.keys(entries).length === 0)
    return { ok: false, problems: [...faults, `${at(["servers"])}: servers: ${NO_SERVERS}`] };
  const own = ownSettings(shared, sources, at);
  const checked = Object.entries(entries).map(([name, entry]) =>
    checkServer(name, entry, { ...sources, environment: serverEnvironment(sources.environment), shared, at }),
  );
  const found = [...faults, ...problemsOf(own), ...checked.flatMap(problemsOf)];
  if (found.length > 0 || !own.ok) return { ok: false, problems: [...new Set(found)] };
  const servers = checked.flatMap((each) => (each.ok ? [each.value] : []));
  const twice = clashes(own.value, servers, at);
  return twice.length > 0 ? { ok: false, problems: twice } : { ok: true, file: { own: own.value, servers } };
}

const NO_SERVERS =
  "must be a mapping of at least one server, as in servers: { files: { command: [npx, -y, some-server] } }";

type Checked<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly problems: readonly string[] };

function problemsOf(checked: Checked<unknown>): readonly string[] {
  return checked.ok ? [] : checked.problems;
}

function checkServer(name: string, entry: unknown, context: EntryContext): Checked<UpServer> {
  const given = checkEntry(name, entry, context);
  if (!given.ok) return given;
  const { settings, ...server } = given.value;
  const digest = createHash("sha256")
    .update(JSON.stringify([Object.entries(server.values).toSorted(), server.command]))
    .digest("hex");
  return { ok: true, value: { ...server, name, settings, digest } };
}

/** The environment that a server's settings are read from, and that its sidecar gets. */
export function serverEnvironment(environment: Environment): Environment {
  const isUnknown = (name: string): boolean => unknownVariables({ [name]: environment[name] }).length > 0;
  const names = Object.keys(environment).filter((name) => !FLAG_VARIABLES.has(name) && !isUnknown(name));
  return Object.fromEntries(names.map((name) => [name, environment[name]]));
}

function variableProblems(environment: Environment): string[] {
  return [...SERVER_VARIABLES]
    .filter((name) => (environment[name] ?? "") !== "")
    .map((name) => `${name}: is not read by tollgate up: write the setting in the file, and unset it`);
}

function topProblems(shared: Readonly<Record<string, unknown>>, at: (place: Place) => string): string[] {
  const known = [...SETTINGS, "servers"].filter((name) => !NOT_SHARED.has(name));
  return Object.keys(shared).flatMap((name) => {
    if (NOT_SHARED.has(name))
      return [`${at([name])}: ${name}: belongs to one server: write it below servers.NAME`];
    return known.includes(name) ? [] : [`${at([name])}: unknown: ${name}${didYouMean(name, known)}`];
  });
}

/** Stands for the upstream, which the supervisor has none of. */
const NO_UPSTREAM = "http://127.0.0.1:9/";

function ownSettings(
  shared: Readonly<Record<string, unknown>>,
  { flags, environment, isTerminal }: ServersSources,
  at: (place: Place) => string,
): Checked<Settings> {
  const own = Object.fromEntries(Object.entries(shared).filter(([name]) => OWN.has(name)));
  const ownVariables = Object.entries(environment).filter(([name]) => !SERVER_VARIABLES.has(name));
  const parsed = parseSettings({
    flags,
    environment: Object.fromEntries(ownVariables),
    isTerminal,
    file: { values: { ...own, upstream: NO_UPSTREAM }, problems: [], placeInFile: at },
  });
  return parsed.ok ? { ok: true, value: parsed.settings } : { ok: false, problems: parsed.report };
}

export function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
