/** Finds the configuration files of clients on a machine, and reads the servers in each. */

import { resolve } from "node:path";
import { type Client, CLIENTS, type ClientScope } from "./client-table.ts";
import { readConfigFile } from "./file-text.ts";
import { joinOn, type Machine } from "./machine.ts";
import { parseJsonc } from "./text/jsonc-tree.ts";
import { type ConfiguredServer, serversIn } from "./text/servers.ts";
import { parseToml } from "./text/toml-tree.ts";

/** Where a client may keep its servers. */
interface ClientPlace {
  readonly client: Client;
  readonly scope: ClientScope;
  readonly path: string;
}

/** A file that is there and can be read. */
export interface ClientFile extends ClientPlace {
  /** The file itself where the path is a symbolic link. */
  readonly target: string;
  readonly text: string;
  readonly servers: readonly ConfiguredServer[];
}

export interface FoundFiles {
  readonly files: readonly ClientFile[];
  /** Files that are there and cannot be read: `FILE: line 3, column 5: comma expected`. */
  readonly problems: readonly string[];
  readonly looked: readonly ClientPlace[];
}

export interface FileChoice {
  /** Ids; empty: all. */
  readonly clients: readonly string[];
  readonly scopes: readonly ClientScope[];
  /** A file in place of those of the table; needs one client. */
  readonly file?: string;
}

/** `known` are files that the table does not name, such as those of another project. A file that two paths lead to is read once. */
export function findFiles(
  machine: Machine,
  choice: FileChoice,
  known: readonly { readonly client: string; readonly file: string }[] = [],
): FoundFiles {
  const looked = placesOf(machine, choice);
  const read = [...looked, ...knownPlaces(known, choice)].map(readPlace);
  const files = read.flatMap(({ file }) => (file === undefined ? [] : [file]));
  return {
    looked,
    files: files.filter(({ target }, index) => files.findIndex((other) => other.target === target) === index),
    problems: read.flatMap(({ problem }) => (problem === undefined ? [] : [problem])),
  };
}

/** Each path once: in the home folder a file of the user is also that of a project. */
function placesOf(machine: Machine, { clients, scopes, file }: FileChoice): readonly ClientPlace[] {
  const chosen = CLIENTS.filter(({ id }) => clients.length === 0 || clients.includes(id));
  if (file !== undefined)
    return chosen.slice(0, 1).map((client) => ({ client, scope: "user" as const, path: resolve(file) }));
  const places = chosen.flatMap((client): ClientPlace[] => [
    ...client.userFiles(machine).map((path) => ({ client, scope: "user" as const, path })),
    ...(client.projectFile === undefined
      ? []
      : [
          {
            client,
            scope: "project" as const,
            path: joinOn(machine, machine.project, ...client.projectFile),
          },
        ]),
  ]);
  return places.filter(
    (place, index) =>
      scopes.includes(place.scope) && places.findIndex(({ path }) => path === place.path) === index,
  );
}

function knownPlaces(
  known: readonly { readonly client: string; readonly file: string }[],
  { clients, file, scopes }: FileChoice,
): readonly ClientPlace[] {
  if (file !== undefined || !scopes.includes("project")) return [];
  return known.flatMap(({ client: id, file: path }) => {
    const client = CLIENTS.find((one) => one.id === id && (clients.length === 0 || clients.includes(id)));
    return client === undefined ? [] : [{ client, scope: "project" as const, path }];
  });
}

interface PlaceReading {
  readonly file?: ClientFile;
  readonly problem?: string;
}

function readPlace(place: ClientPlace): PlaceReading {
  const { client, path } = place;
  const reading = readConfigFile(path);
  if (reading.kind === "missing") return {};
  if (reading.kind === "problem") return { problem: reading.problem };
  const { text, target } = reading;
  const parsed = client.format === "toml" ? parseToml(text) : parseJsonc(text);
  if (!parsed.ok) return { problem: `${path}: ${parsed.problem}` };
  return { file: { ...place, target, text, servers: serversIn(parsed.root, client) } };
}
