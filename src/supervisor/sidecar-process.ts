/** The process of one sidecar of `tollgate up`: takes its settings from the supervisor, and answers its questions. */

import { parseSettings } from "../config/settings/parse-settings.ts";
import type { AdminSources } from "../admin/server.ts";
import { type Sidecar, startSidecar } from "../sidecar/sidecar.ts";
import { StartError } from "../sidecar/start-error.ts";
import type { FromSidecar, SidecarReport, StartMessage, ToSidecar } from "./messages.ts";

/** The end of the IPC channel in this process. */
export interface SupervisorLink {
  readonly send: (message: FromSidecar) => void;
  /** Calls with each message of the supervisor, and with undefined when the supervisor is gone. */
  readonly receive: (onMessage: (message: ToSidecar | undefined) => void) => void;
}

export interface SidecarProcessOptions {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Drains the sidecar, as the supervisor's own message does. */
  readonly signal: AbortSignal;
}

/** Serves until the supervisor says so or is gone; resolves when the sidecar has ended. @throws StartError */
export async function runSidecarProcess(
  link: SupervisorLink,
  { environment, signal }: SidecarProcessOptions,
): Promise<void> {
  const ended = Promise.withResolvers<void>();
  let sidecar: Promise<Sidecar> | undefined;
  const drain = (): void => {
    if (sidecar === undefined) ended.resolve();
    // A failed start has rejected already.
    else void sidecar.then((running) => running.drain()).then(ended.resolve, () => undefined);
  };
  signal.addEventListener("abort", drain, { once: true });
  link.receive((message) => {
    if (message === undefined || message.kind === "drain") return drain();
    if (message.kind === "start") {
      sidecar = start(message, link, environment);
      sidecar.catch(ended.reject);
      return;
    }
    // A question before the start is not answered: the supervisor asks a sidecar that is up.
    void sidecar?.then(
      (running) => answer(message, running, link),
      () => undefined,
    );
  });
  return ended.promise;
}

async function start(
  { values, command }: StartMessage,
  { send }: SupervisorLink,
  environment: SidecarProcessOptions["environment"],
): Promise<Sidecar> {
  const file = { values, problems: [], placeInFile: () => undefined };
  const given = { flags: {}, environment, isTerminal: false, file, ...(command && { command }) };
  try {
    const parsed = parseSettings(given);
    // The supervisor has checked them: only a file that is gone since then can be at fault.
    if (!parsed.ok) throw new StartError(parsed.problems, 64);
    const sidecar = await startSidecar(parsed.settings);
    send({ kind: "up", url: sidecar.url, adminUrl: sidecar.adminUrl });
    return sidecar;
  } catch (error) {
    const problems = error instanceof StartError ? error.problems : [String(error)];
    send({ kind: "failed", problems });
    throw error;
  }
}

async function answer(
  message: Exclude<ToSidecar, StartMessage | { readonly kind: "drain" }>,
  { reload, sources }: Sidecar,
  { send }: SupervisorLink,
): Promise<void> {
  if (message.kind === "reload") return reload();
  const { id } = message;
  if (message.kind === "report") return send({ kind: "answer", id, value: reportOf(sources) });
  const { pieces } = await sources.renderMetrics(message.accept);
  send({ kind: "answer", id, value: pieces.join("") });
}

function reportOf({ notReadyReasons, policies, activity }: AdminSources): SidecarReport {
  const { all, lastError } = policies();
  const { minutes } = activity();
  const modes = new Set(all.map(({ mode }) => mode));
  const [mode = "enforce"] = modes;
  return {
    because: notReadyReasons(),
    mode: modes.size > 1 ? "mixed" : mode,
    policies: all.map(({ digest }) => digest).filter((digest) => digest !== ""),
    policyError: lastError ?? null,
    calls: minutes.reduce((sum, { calls }) => sum + calls, 0),
    denied: minutes.reduce((sum, { denied }) => sum + denied, 0),
  };
}
