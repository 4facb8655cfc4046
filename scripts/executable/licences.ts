/** The licences of everything inside the executable, which must be distributed with it. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { DIVIDER, renderNotices } from "../package/notices.ts";

const ROOT = join(import.meta.dirname, "../..");

/** Renders one text; `packages` are folders relative to the project root. */
export function renderLicences(packages: readonly string[]): string {
  const own = readFileSync(join(ROOT, "LICENSE"), "utf8");
  return [`Tollgate\n\n${own}`, NODE, LIBATOMIC, renderNotices(ROOT, packages)].join(DIVIDER);
}

const NODE = `Node.js ${process.versions.node}

It is inside, unchanged but for debugging symbols. Its licence, and those of the libraries that it is made of, are the
file LICENSE of its release, version ${process.versions.node}.
`;

const LIBATOMIC = `libatomic.so.1, beside it on Linux

Part of GCC, as Debian ships it: GNU General Public License, version 3, with the GCC Runtime Library Exception 3.1.
`;
