/** Installs the servers of the ready policies once, at their recorded versions, into node_modules/.cache. */

import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";

import { installInto } from "../../../tools/tool-lists/install.ts";
import { readToolList } from "../../fixtures/tool-list.ts";

const CACHE = resolve(import.meta.dirname, "../../../node_modules/.cache/policy-servers");
const INSTALL_MS = 10 * 60_000;

export interface PolicyServer {
  /** Folder of its programs. */
  readonly programs: string;
  /** Root of its installation. */
  readonly root: string;
}

/** @throws Error when its registry does not have it, or cannot be reached. */
export async function installPolicyServer(name: string): Promise<PolicyServer> {
  const list = readToolList(name);
  const root = join(CACHE, `${name}-${list.version}`);
  const programs = join(root, list.registry === "pypi" ? "venv/bin" : "node_modules/.bin");
  // A Python environment contains its path, so it cannot be made elsewhere and moved here.
  const mark = join(root, "complete");
  if (!existsSync(mark)) {
    rmSync(root, { recursive: true, force: true });
    mkdirSync(root, { recursive: true });
    await installInto(root, list, AbortSignal.timeout(INSTALL_MS));
    writeFileSync(mark, "");
  }
  return { programs, root };
}
