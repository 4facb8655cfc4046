/** Opens the file of API keys, whose names belong to the keys alone. */

import { type ApiKey, parseKeyFile } from "../../config/files/key-file.ts";
import { type FileReading, openWatchedFile } from "../../config/files/watched-file.ts";
import { isPlainName, type NameOwners } from "../../identity/name-owners.ts";
import { type IdentityBuilder, refreshableFile } from "./refreshable.ts";

export interface OpenedApiKeys {
  readonly current: () => readonly ApiKey[];
  /** The names of the current keys. */
  readonly names: () => ReadonlySet<string>;
}

/** Undefined where the settings have no API keys, or their file has problems. */
export function openApiKeys(builder: IdentityBuilder): OpenedApiKeys | undefined {
  const path = builder.settings.identity.apiKeys?.file;
  if (path === undefined) return undefined;
  const opened = openWatchedFile({
    paths: [path],
    parse: (bytes) => ownNames(path, parseKeyFile(path, bytes ?? Buffer.alloc(0)), builder.owners),
  });
  if (!opened.ok) {
    builder.problems.push(...opened.problems);
    return undefined;
  }
  const { file } = opened;
  builder.refreshables.push(refreshableFile(file, "API keys"));
  builder.agents.push(...file.current().map(({ name }) => name));
  return { current: file.current, names: keyNames(file.current) };
}

function ownNames(
  path: string,
  read: FileReading<readonly ApiKey[]>,
  owners: NameOwners,
): FileReading<readonly ApiKey[]> {
  if (!read.ok) return read;
  const problems = read.value
    .filter(({ name }) => !isPlainName(name, owners))
    .map(({ name }) => `${path}: \`${name}\` is a name of another source of identity; choose another name`);
  return problems.length === 0 ? read : { ok: false, problems };
}

/** Built again when the file has changed. */
function keyNames(current: () => readonly ApiKey[]): () => ReadonlySet<string> {
  let from: readonly ApiKey[] | undefined;
  let names: ReadonlySet<string> = new Set();
  return () => {
    const keys = current();
    if (keys !== from) names = new Set(keys.map(({ name }) => name));
    from = keys;
    return names;
  };
}
