/** The licences of everything that is inside the executable, which must go where it goes. */

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import * as z from "zod";

const ROOT = join(import.meta.dirname, "../..");
const RULE = `\n${"-".repeat(78)}\n\n`;
const MANIFEST = z.object({ name: z.string(), version: z.string(), license: z.string().optional() });

/** One text; `packages` are folders from the root of the project. */
export function licences(packages: readonly string[]): string {
  const own = readFileSync(join(ROOT, "LICENSE"), "utf8");
  return [
    `Tollgate\n\n${own}`,
    NODE,
    LIBATOMIC,
    ...packages.map((folder) => licenceOf(join(ROOT, folder))),
  ].join(RULE);
}

const NODE = `Node.js ${process.versions.node}

It is inside, unchanged but for debugging symbols. Its licence, and those of the libraries that it is made of, are the
file LICENSE of its release, version ${process.versions.node}.
`;

const LIBATOMIC = `libatomic.so.1, beside it on Linux

Part of GCC, as Debian ships it: GNU General Public License, version 3, with the GCC Runtime Library Exception 3.1.
`;

function licenceOf(folder: string): string {
  const manifest = MANIFEST.parse(JSON.parse(readFileSync(join(folder, "package.json"), "utf8")));
  const file = readdirSync(folder).find((name) => /^licen[cs]e/i.test(name));
  const said = manifest.license ?? "nothing";
  const text =
    file === undefined
      ? `It has no file with its licence; its manifest says ${said}.\n`
      : readFileSync(join(folder, file), "utf8");
  return `${manifest.name} ${manifest.version} (${said})\n\n${text}`;
}
