/** Plans which entries are wrapped, and how: files, edits, policies, ports. Writes nothing. See docs/decisions/0155-files-of-clients-by-position.md. */

import { adminRange, listenerPort, type PortProbe, portsOf } from "./admin-ports.ts";
import type { ClientFile } from "./find-files.ts";
import { isScript, type Machine } from "./machine.ts";
import { type PolicyFile, policyFor, safeName } from "./policies.ts";
import { type ClientsState, entryAt, type WrappedEntry } from "./state.ts";
import { secretEdits } from "./text/secrets.ts";
import type { ConfiguredServer, HttpServer, StdioServer } from "./text/servers.ts";
import type { TextEdit } from "./text/text-edits.ts";
import { wrapHttp, wrapStdio } from "./text/wrap-edits.ts";
import { wrappedCommand } from "./text/wrapped-command.ts";
import type { UpServer } from "./up-file.ts";

export interface WrapContext {
  readonly machine: Machine;
  readonly folder: string;
  readonly state: ClientsState;
  /** The words that start Tollgate, without flags. */
  readonly launcher: readonly string[];
  /** Of new policies. */
  readonly mode: string;
  /** Absent: ports are tried. */
  readonly isPortFree?: PortProbe;
}

/** One entry that is wrapped, or taken out of its wrapping. */
export interface PlannedEntry {
  readonly server: string;
  readonly path: readonly string[];
  readonly edits: readonly TextEdit[];
  /** Absent for an entry that is unwrapped. */
  readonly record?: WrappedEntry;
}

export interface PlannedFile {
  readonly file: ClientFile;
  readonly entries: readonly PlannedEntry[];
  /** Edits that hide credentials in the diff. */
  readonly hidden: readonly TextEdit[];
}

export interface SkippedServer {
  readonly file: ClientFile;
  readonly server: string;
  readonly reason: string;
}

export interface WrapPlan {
  readonly files: readonly PlannedFile[];
  readonly skipped: readonly SkippedServer[];
  /** Policies that are new. */
  readonly policies: readonly PolicyFile[];
  readonly policyNames: ClientsState["policies"];
  /** Servers for `tollgate up`, by name. */
  readonly up: Readonly<Record<string, UpServer>>;
}

/** Whether an entry is to be wrapped. */
export type ServerChoice = (server: ConfiguredServer) => boolean;

interface Draft {
  readonly taken: Set<number>;
  readonly policies: PolicyFile[];
  readonly up: Record<string, UpServer>;
  policyNames: ClientsState["policies"];
}

export async function planWrap(
  files: readonly ClientFile[],
  isChosen: ServerChoice,
  context: WrapContext,
): Promise<WrapPlan> {
  const { entries, policies: policyNames } = context.state;
  const used = entries.flatMap((entry) => [
    ...portsOf(entry.admin),
    ...(entry.kind === "http" ? [Number(new URL(entry.url).port)] : []),
  ]);
  const draft: Draft = { taken: new Set(used), policies: [], up: {}, policyNames };
  const planned: PlannedFile[] = [];
  const skipped: SkippedServer[] = [];
  for (const file of files) {
    const made: PlannedEntry[] = [];
    for (const server of file.servers.filter(isChosen)) {
      const reason = refusal(file, server, context);
      if (reason === undefined) made.push(await planEntry(file, server, context, draft));
      else skipped.push({ file, server: server.name, reason });
    }
    if (made.length > 0) planned.push({ file, entries: made, hidden: file.servers.flatMap(secretEdits) });
  }
  const { policies, up } = draft;
  return { files: planned, skipped, policies, policyNames: draft.policyNames, up };
}

/** Why an entry is left as it is; undefined when it can be wrapped. */
function refusal(file: ClientFile, server: ConfiguredServer, context: WrapContext): string | undefined {
  if (server.transport === "unknown") return server.reason;
  if (isWrapped(file, server, context.state)) return "is wrapped already";
  if (server.transport === "stdio") return scriptRefusal(server, context);
  if (/\$\{|\$[A-Za-z_]/.test(server.address.text))
    return "has a variable in its address, which only the client can resolve";
  return /^https?:$/.test(URL.parse(server.address.text)?.protocol ?? "")
    ? undefined
    : "has an address that is no URL of http or https";
}

/** Characters that the shell of Windows reads in an argument. */
const SHELL_CHARACTERS = /[&|<>^%"\r\n]/;

// Security: an argument must not become a second command of the shell.
function scriptRefusal({ command, args }: StdioServer, { machine }: WrapContext): string | undefined {
  if (!isScript(machine, command.text)) return undefined;
  if (/\s/.test(command.text)) return "starts a script with a blank in its path: name it without its folder";
  return [command, ...args].some(({ text }) => SHELL_CHARACTERS.test(text))
    ? "starts a script with arguments that cmd.exe would read: start node and the path of the server's program instead"
    : undefined;
}

/** Whether Tollgate stands before the server, by whatever hand. */
export function isWrapped(file: ClientFile, server: ConfiguredServer, state: ClientsState): boolean {
  if (server.transport === "unknown") return false;
  if (server.transport === "stdio")
    return (
      wrappedCommand(
        server.command.text,
        server.args.map(({ text }) => text),
      ) !== undefined
    );
  const entry = entryAt(state, file.target, server.path);
  return entry?.kind === "http" && entry.url === server.address.text;
}

async function planEntry(
  file: ClientFile,
  server: ConfiguredServer,
  context: WrapContext,
  draft: Draft,
): Promise<PlannedEntry> {
  const { folder, mode, isPortFree } = context;
  const policy = policyFor(server, { folder, mode, policies: draft.policyNames });
  draft.policyNames = policy.policies;
  if (policy.file.text !== undefined && !draft.policies.some(({ path }) => path === policy.file.path))
    draft.policies.push(policy.file);
  const admin = await adminRange(draft.taken, isPortFree);
  const place = { client: file.client.id, file: file.target, path: [...server.path] };
  const common = { ...place, policy: policy.file.path, admin };
  if (server.transport === "stdio") return stdioEntry(file, server, context, common);
  if (server.transport === "unknown") throw new TypeError("an entry without a command is refused before");
  const original = file.text.slice(server.address.start, server.address.end);
  const port = await listenerPort(draft.taken, isPortFree);
  return httpEntry(server, { ...common, original }, draft, port);
}

interface Common {
  readonly client: string;
  readonly file: string;
  readonly path: string[];
  readonly policy: string;
  readonly admin: string;
}

function stdioEntry(
  file: ClientFile,
  server: StdioServer,
  { launcher, machine }: WrapContext,
  { client, policy, admin, ...place }: Common,
): PlannedEntry {
  const flags = ["--server", safeName(server.name), "--agent", client, "--admin", admin, "--policy", policy];
  const note = {
    isListAdded: server.list === undefined,
    isScript: isScript(machine, server.command.text),
  };
  const command = { own: [...launcher, ...flags], isScript: note.isScript };
  return {
    server: server.name,
    path: server.path,
    edits: wrapStdio(file.text, file.client.format, server, command),
    record: { kind: "stdio", client, policy, admin, ...place, ...note },
  };
}

function httpEntry(
  server: HttpServer,
  common: Common & { readonly original: string },
  draft: Draft,
  port: number,
): PlannedEntry {
  const isSse = server.transport === "sse";
  const listen = `127.0.0.1:${port}`;
  const url = `http://${listen}/${isSse ? "sse" : "mcp"}`;
  const name = `${safeName(server.name).slice(0, 40)}-${port}`;
  const [first = 0] = portsOf(common.admin);
  draft.up[name] = {
    upstream: server.address.text,
    listen,
    admin: `127.0.0.1:${first}`,
    policy: common.policy,
    agent: common.client,
    ...(isSse && { "serve-sse": true }),
  };
  return {
    server: server.name,
    path: server.path,
    edits: wrapHttp(server, url),
    record: { ...common, kind: "http", url, server: name },
  };
}
