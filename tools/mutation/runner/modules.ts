/** Imports the modules of the project again under a new number, so that a mutant that acts at their start is seen. */

import { registerHooks, stripTypeScriptTypes } from "node:module";
import { pathToFileURL } from "node:url";

const SUITE = new URL("suite.ts", import.meta.url).href;

const sources = new Map<string, string>();
/** Which modules of the project each one imports, by path from the root. */
const imports = new Map<string, Set<string>>();
let generation = 0;
let root = "";

/** From now on modules of a folder are made by generation, and "vitest" is the stand-in. */
export function hookModules(folder: string): void {
  root = pathToFileURL(`${folder}/`).href;
  registerHooks(HOOKS);
}

const HOOKS: Parameters<typeof registerHooks>[0] = {
  resolve(specifier, context, next) {
    if (specifier === "vitest" && !context.parentURL?.startsWith(SUITE))
      return { url: SUITE, format: "module-typescript", shortCircuit: true };
    const resolved = next(specifier, context);
    if (!isOfProject(resolved.url)) return resolved;
    const [url = resolved.url] = resolved.url.split("?");
    noteImport(context.parentURL, url);
    const own = new URL(context.parentURL ?? root).searchParams.get("generation");
    return { ...resolved, url: `${url}?generation=${own ?? generation}` };
  },
  load(url, context, next) {
    const [path = url, query] = url.split("?");
    if (query === undefined || !isOfProject(path) || !path.endsWith(".ts")) return next(url, context);
    let source = sources.get(path);
    if (source === undefined) {
      source = stripTypeScriptTypes(String(next(url, context).source));
      sources.set(path, source);
    }
    return { format: "module", source, shortCircuit: true };
  },
};

/** Makes the next import of a file load it and all that it imports again. */
export function renewModules(): void {
  generation += 1;
}

/** Imports a file of the project by its path from the root. */
export function importFile(file: string): Promise<unknown> {
  return import(`${root}${file}`);
}

/** Whether a file imports another one, itself or through others. Known once the file was imported. */
export function reaches(file: string, wanted: string): boolean {
  const seen = new Set([file]);
  for (const each of seen) {
    if (each === wanted) return true;
    for (const imported of imports.get(each) ?? []) seen.add(imported);
  }
  return false;
}

function noteImport(parent: string | undefined, url: string): void {
  const from = parent?.split("?")[0] ?? "";
  if (!isOfProject(from)) return;
  const key = from.slice(root.length);
  const set = imports.get(key) ?? new Set();
  imports.set(key, set.add(url.slice(root.length)));
}

function isOfProject(url: string): boolean {
  return (
    url.startsWith(root) &&
    /^(?:src|test|console|dashboards|tools\/(?!mutation))/.test(url.slice(root.length))
  );
}
