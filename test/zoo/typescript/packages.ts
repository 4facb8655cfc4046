/** Packages that are installed for the zoo alone, outside of those of this repository. */

import { join } from "node:path";
import { pathToFileURL } from "node:url";

/** The path of a file in an installed package. `run.ts` names the folder. */
export function inPackages(path: string): string {
  return join(process.env["ZOO_PACKAGES"] ?? "", "node_modules", path);
}

/** The exports of a module of an installed package, of which the caller writes down the types that it needs. */
export async function packageModule<T>(path: string): Promise<T> {
  return (await import(pathToFileURL(inPackages(path)).href)) as T;
}
