/** Plans how entries are taken out of their wrapping. Writes nothing. */

import type { ClientFile } from "./find-files.ts";
import type { PlannedEntry, PlannedFile } from "./plan-wrap.ts";
import { type ClientsState, entryAt } from "./state.ts";
import { HIDDEN, isAddressWithSecret, secretEdits } from "./text/secrets.ts";
import type { ConfiguredServer } from "./text/servers.ts";
import { applyEdits, type TextEdit } from "./text/text-edits.ts";
import { unwrapStdio } from "./text/unwrap-edits.ts";
import { flagOf, wrappedCommand } from "./text/wrapped-command.ts";

/** The entries to take back in each file. Names choose among all that are wrapped; without names only those that wrap has written. */
export function planUnwrap(
  files: readonly ClientFile[],
  names: readonly string[],
  state: ClientsState,
): readonly PlannedFile[] {
  return files.flatMap((file) => {
    const entries = file.servers
      .filter(({ name }) => names.length === 0 || names.includes(name))
      .filter((server) => names.length > 0 || isOurs(file, server, state))
      .flatMap((server): PlannedEntry[] => {
        const edits = undoEdits(file, server, state);
        return edits.length === 0 ? [] : [{ server: server.name, path: server.path, edits }];
      });
    return entries.length === 0 ? [] : [{ file, entries, hidden: file.servers.flatMap(secretEdits) }];
  });
}

/** Whether `tollgate clients wrap` wrote the entry: the state says so, or its flags do. */
function isOurs(file: ClientFile, server: ConfiguredServer, state: ClientsState): boolean {
  if (entryAt(state, file.target, server.path) !== undefined) return true;
  if (server.transport !== "stdio") return false;
  const wrapped = wrappedCommand(
    server.command.text,
    server.args.map(({ text }) => text),
  );
  return (
    wrapped !== undefined &&
    ["--server", "--agent", "--admin", "--policy"].every((flag) => flagOf(wrapped, flag) !== undefined)
  );
}

/** The edits that take one entry back; none when it is not wrapped. */
function undoEdits(
  { target, text }: ClientFile,
  server: ConfiguredServer,
  state: ClientsState,
): readonly TextEdit[] {
  const entry = entryAt(state, target, server.path);
  if (server.transport === "stdio") {
    const { isListAdded, isScript } =
      entry?.kind === "stdio" ? entry : { isListAdded: false, isScript: false };
    return unwrapStdio(text, server, { isListAdded, isScript });
  }
  if (server.transport === "unknown" || entry?.kind !== "http" || entry.url !== server.address.text)
    return [];
  const { start, end } = server.address;
  return [{ start, end, text: entry.original, ...(hasSecret(entry.original) && { shown: HIDDEN }) }];
}

/** The address stands between quotes. */
function hasSecret(written: string): boolean {
  return isAddressWithSecret(written.slice(1, -1));
}

/** The text of a file without any entry that the state remembers: the text to back up. */
export function unwrappedText(file: ClientFile, state: ClientsState): string {
  const known = file.servers.filter(({ path }) => entryAt(state, file.target, path) !== undefined);
  return applyEdits(
    file.text,
    known.flatMap((server) => undoEdits(file, server, state)),
  );
}
