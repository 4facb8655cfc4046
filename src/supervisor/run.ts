/** Runs `tollgate up` in this process: the supervisor, or the sidecar of one server. */

import type { ServersSources } from "../config/up/servers-file.ts";
import { runSidecarProcess } from "./sidecar-process.ts";
import type { ToSidecar } from "./messages.ts";
import { startUp } from "./up.ts";

/** Supervises until the signal, and applies the file at each SIGHUP. @throws StartError */
export async function superviseServers(sources: ServersSources, signal: AbortSignal): Promise<void> {
  // Install the SIGHUP handler before reporting ready; the default action kills the process.
  const started: { reload?: () => Promise<void> } = {};
  process.on("SIGHUP", () => void started.reload?.());
  const up = await startUp(sources);
  started.reload = up.reload;
  await aborted(signal);
  await up.drain();
}

/** Serves one server, as the supervisor at the other end of the IPC channel says. Undefined without such a channel. @throws StartError */
export function serveOneServer(signal: AbortSignal): Promise<void> | undefined {
  if (process.send === undefined) return undefined;
  const send = process.send.bind(process);
  const link = {
    // The supervisor may be gone; its end is seen as the end of the channel.
    send: (message: object) => process.connected && send(message, undefined, undefined, () => undefined),
    receive: (onMessage: (message: ToSidecar | undefined) => void) => {
      process.on("message", (message) => onMessage(message as ToSidecar));
      process.once("disconnect", () => onMessage(undefined));
    },
  };
  process.on("SIGHUP", () => undefined);
  return runSidecarProcess(link, { environment: process.env, signal });
}

function aborted(signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  if (signal.aborted) resolve();
  else signal.addEventListener("abort", () => resolve(), { once: true });
  return promise;
}
