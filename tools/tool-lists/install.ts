/** Installs one server from npm or PyPI into a temporary folder of its own. */

import { execFile } from "node:child_process";
import { mkdtemp, mkdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { promisify } from "node:util";
import type { ServerStart, ToolList } from "../../test/fixtures/tool-list.ts";

export interface InstalledServer extends AsyncDisposable {
  readonly start: ServerStart;
  /** Home and working directory of the server. */
  readonly folder: string;
  /** Folder of its programs. */
  readonly programs: string;
}

const run = promisify(execFile);
const INSTALL_MS = 5 * 60_000;

/** Installs the server. The caller removes the folder, by `await using`. */
export async function installServer(list: ToolList, signal: AbortSignal): Promise<InstalledServer> {
  const { start } = list;
  if (start === undefined) throw new Error("the list does not say how the server starts");
  const root = await mkdtemp(join(tmpdir(), "tollgate-tool-list-"));
  const remove = (): Promise<void> => rm(root, { recursive: true, force: true, maxRetries: 3 });
  try {
    const folder = join(root, "home");
    await mkdir(folder);
    for (const [name, text] of Object.entries(start.files ?? {})) await writeFile(join(folder, name), text);
    const programs = await installInto(root, list, signal);
    return { start, folder, programs, [Symbol.asyncDispose]: remove };
  } catch (error) {
    await remove();
    throw error;
  }
}

/** Returns the folder of its programs. */
export function installInto(root: string, list: ToolList, signal: AbortSignal): Promise<string> {
  return list.registry === "pypi" ? installFromPypi(list, root, signal) : installFromNpm(list, root, signal);
}

async function installFromNpm({ server, version }: ToolList, root: string, signal: AbortSignal) {
  // Security: install scripts run third-party code, and no server here needs its own.
  const flags = ["--ignore-scripts", "--no-audit", "--no-fund", "--no-save"];
  await run("npm", ["install", "--prefix", root, ...flags, `${server}@${version}`], {
    cwd: root,
    signal,
    timeout: INSTALL_MS,
  });
  return join(root, "node_modules", ".bin");
}

async function installFromPypi(list: ToolList, root: string, signal: AbortSignal) {
  const environment = join(root, "venv");
  await run(await python(), ["-m", "venv", environment], { signal, timeout: INSTALL_MS });
  const programs = join(environment, "bin");
  const pip = async (...packages: readonly string[]) => {
    const args = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", ...packages];
    await run(join(programs, "python"), args, { signal, timeout: INSTALL_MS });
  };
  const { insteadOfDependencies: others = [] } = list;
  await pip(...(others.length > 0 ? ["--no-deps"] : []), `${list.server}==${list.version}`);
  if (others.length > 0) await pip(...others);
  return programs;
}

const CHOICES = [process.env["PYTHON"], "python3.13", "python3.12", "python3"];

/** Some servers need Python 3.12. */
async function python(): Promise<string> {
  for (const program of CHOICES) {
    const asked = program && run(program, ["-c", "import sys; print(sys.version_info >= (3, 12))"]);
    const answer = await Promise.resolve(asked || undefined).catch(() => undefined);
    if (program !== undefined && answer?.stdout.trim() === "True") return program;
  }
  throw new Error("needs Python 3.12 or later: set PYTHON to one");
}

/** Returns PATH: the server's programs first, then this Node and the system's programs. */
export function searchPath({ programs }: InstalledServer): string {
  return [programs, dirname(process.execPath), process.env["PATH"] ?? ""].join(delimiter);
}
