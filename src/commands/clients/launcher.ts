/** The command with which a client starts Tollgate. */

import { VERSION } from "../../config/version.ts";
import type { Machine } from "./machine.ts";
import { SCRIPT_SHELL } from "./text/wrap-edits.ts";

/** `path`: the program that runs now. `npx`: the package of this version. `name`: `tollgate`, found on the client's PATH. */
export const LAUNCHERS = ["path", "npx", "name"] as const;
export type Launcher = (typeof LAUNCHERS)[number];

/** The program that runs now: its path, or that of Node and of the script. */
export type OwnProgram = readonly string[];

/** A script in the cache of npx may be gone tomorrow. */
export function presetLauncher(program: OwnProgram): Launcher {
  return program.some((word) => /[\\/]_npx[\\/]/.test(word)) ? "npx" : "path";
}

export function launcherWords(
  launcher: Launcher,
  program: OwnProgram,
  { platform }: Machine,
): readonly string[] {
  switch (launcher) {
    case "path":
      return program;
    case "name":
      return platform === "win32" ? [...SCRIPT_SHELL, "tollgate"] : ["tollgate"];
    case "npx":
      return [...(platform === "win32" ? SCRIPT_SHELL : []), "npx", "-y", `mcp-tollgate@${VERSION}`];
  }
}
