/** Opens a page in the browser of the person at this machine. */

import { spawn } from "node:child_process";

/** The program and its arguments, by system. */
export function openCommand(url: string, platform: NodeJS.Platform): readonly [string, ...string[]] {
  if (platform === "darwin") return ["open", url];
  if (platform === "win32") return ["rundll32", "url.dll,FileProtocolHandler", url];
  return ["xdg-open", url];
}

/** Starts the browser and does not wait for it; `onFailed` is called when there is no such program. */
export function openPage(url: string, onFailed: () => void): void {
  const [program, ...args] = openCommand(url, process.platform);
  const browser = spawn(program, args, { stdio: "ignore", detached: true });
  browser.once("error", onFailed);
  browser.unref();
}
