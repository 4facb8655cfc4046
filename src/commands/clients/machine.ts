/** The machine whose clients are set up: its system and the folders in which programs keep their settings. */

import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { posix, win32 } from "node:path";

export interface Machine {
  readonly platform: "linux" | "darwin" | "win32";
  readonly home: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** The folder whose project files are read. */
  readonly project: string;
}

/** This machine. Systems other than Windows and macOS keep their files where Linux does. */
export function thisMachine(environment: Machine["environment"], project: string): Machine {
  const platform = process.platform === "win32" || process.platform === "darwin" ? process.platform : "linux";
  return { platform, home: homedir(), environment, project };
}

/** Joins with the separator of the machine. */
export function joinOn({ platform }: Machine, ...parts: readonly string[]): string {
  return (platform === "win32" ? win32 : posix).join(...parts);
}

/** The folder of the settings of desktop programs. */
export function settingsFolder(machine: Machine): string {
  const { platform, home, environment } = machine;
  if (platform === "win32") return environment["APPDATA"] || joinOn(machine, home, "AppData", "Roaming");
  if (platform === "darwin") return joinOn(machine, home, "Library", "Application Support");
  return environment["XDG_CONFIG_HOME"] || joinOn(machine, home, ".config");
}

/** Programs that npm and its kin install as scripts on Windows. */
const SCRIPTS = /^(?:npx|npm|pnpm|pnpx|yarn|yarnpkg|corepack)$/i;

/** Whether the command is a script of Windows, which no program can start without a shell. */
export function isScript(machine: Machine, command: string, exists = existsSync): boolean {
  if (machine.platform !== "win32") return false;
  if (/\.(?:cmd|bat)$/i.test(command)) return true;
  if (/[\\/]|\.\w+$/.test(command)) return false;
  if (SCRIPTS.test(command)) return true;
  const path = machine.environment["PATH"] ?? machine.environment["Path"] ?? "";
  const found = path
    .split(";")
    .filter((folder) => folder !== "")
    .flatMap((folder) =>
      [".exe", ".com", ".cmd", ".bat"].map((ending) => win32.join(folder, command + ending)),
    )
    .find((file) => exists(file));
  return found !== undefined && /\.(?:cmd|bat)$/.test(found);
}
