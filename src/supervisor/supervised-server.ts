/** Keeps the sidecar of one server running: starts its process, starts it again when it ends, and asks it how it is. */

import type { UpServerEntry, UpServerState } from "../admin/up-api.ts";
import type { Address } from "../config/settings/address-shapes.ts";
import type { UpServer } from "../config/up/servers-file.ts";
import type { Log } from "../telemetry/logging/log.ts";
import type { FromSidecar, SidecarAddresses, SidecarReport, StartMessage } from "./messages.ts";
import { type Later, Questions } from "./questions.ts";
import type { ProcessEnd, SidecarProcess, StartProcess } from "./start-process.ts";

export interface SupervisedOptions {
  readonly startProcess: StartProcess;
  readonly log: Log;
  readonly later: Later;
  readonly nowMs: () => number;
}

const FIRST_DELAY_MS = 500;
const MAX_DELAY_MS = 30_000;
/** A sidecar that was up so long has not failed at its start: the next delay is the first one again. */
const STEADY_MS = 60_000;
/** The time that a sidecar may need to end beyond its own bounds of draining. */
const GRACE_MS = 5_000;

export class SupervisedServer {
  readonly #options: SupervisedOptions;
  readonly #questions: Questions;
  #server: UpServer;
  #process: SidecarProcess | undefined;
  #state: UpServerState = "starting";
  #addresses: SidecarAddresses | undefined;
  #sinceMs: number;
  #restarts = 0;
  #failures = 0;
  #problem: string | undefined;
  /** Stops waiting for the next start. */
  #stopWaiting: () => void = () => undefined;
  #ended = Promise.withResolvers<void>();

  constructor(server: UpServer, options: SupervisedOptions) {
    this.#server = server;
    this.#options = options;
    this.#questions = new Questions(options.later);
    this.#sinceMs = options.nowMs();
  }

  get name(): string {
    return this.#server.name;
  }

  get label(): string {
    return this.#server.settings.server;
  }

  get digest(): string {
    return this.#server.digest;
  }

  get restarts(): number {
    return this.#restarts;
  }

  start(): void {
    this.#become("starting");
    this.#ended = Promise.withResolvers();
    this.#process = this.#options.startProcess(this.name, {
      onMessage: (message) => this.#receive(message),
      onEnd: (end) => this.#processEnded(end),
    });
    this.#process.send(this.#startMessage());
  }

  /** Makes the sidecar read its files at once. */
  reload(): void {
    if (this.#state === "up") this.#process?.send({ kind: "reload" });
    // A file may have been mended: try at once.
    else if (this.#state === "waiting") this.#startAgain();
  }

  /** Drains the sidecar, and kills it when it does not end within its own bounds. */
  async stop(): Promise<void> {
    this.#stopWaiting();
    if (this.#process === undefined) return this.#become("stopped");
    this.#become("stopping");
    const { lameDuckMs, drainMs } = this.#server.settings.bounds;
    const sidecar = this.#process;
    const cancel = this.#options.later(sidecar.kill, lameDuckMs + drainMs + GRACE_MS);
    sidecar.send({ kind: "drain" });
    await this.#ended.promise;
    cancel();
  }

  /** Ends the sidecar with the former settings, then starts it with these. */
  async replace(server: UpServer): Promise<void> {
    await this.stop();
    this.#server = server;
    this.#problem = undefined;
    this.#failures = 0;
    this.start();
  }

  /** The metrics as text; undefined when the sidecar is not up, or does not answer in time. */
  async metrics(accept: string | undefined): Promise<string | undefined> {
    const answer = await this.#ask((id) => ({ kind: "metrics", id, accept }));
    return typeof answer === "string" ? answer : undefined;
  }

  async entry(): Promise<UpServerEntry> {
    const report = await this.#ask((id) => ({ kind: "report", id }));
    const known = typeof report === "object" ? report : undefined;
    return {
      name: this.name,
      server: this.label,
      state: this.#state,
      since: new Date(this.#sinceMs).toISOString(),
      ready: known !== undefined && known.because.length === 0,
      because: known?.because ?? [this.#whyNotUp()],
      mode: known?.mode ?? this.#server.settings.mode,
      policies: known?.policies ?? [],
      policy_error: known?.policyError ?? null,
      calls: known?.calls ?? null,
      denied: known?.denied ?? null,
      restarts: this.#restarts,
      pid: this.#process?.pid ?? null,
      url: this.#addresses?.url ?? null,
      console: this.#addresses?.adminUrl ?? null,
    };
  }

  #whyNotUp(): string {
    if (this.#state === "up") return "the sidecar does not answer";
    return this.#problem === undefined
      ? `the sidecar is ${this.#state}`
      : `the sidecar is ${this.#state}: ${this.#problem}`;
  }

  async #ask(
    question: (id: number) => Parameters<SidecarProcess["send"]>[0],
  ): Promise<SidecarReport | string | undefined> {
    const sidecar = this.#process;
    if (this.#state !== "up" || sidecar === undefined) return undefined;
    return this.#questions.ask((id) => sidecar.send(question(id)));
  }

  /** A free port that the sidecar had before stays its port. */
  #startMessage(): StartMessage {
    const { command } = this.#server;
    const given = command === undefined ? {} : { command };
    // The supervisor reads each line, and writes it in the format that the file asks for.
    const values = { ...this.#server.values, "log-format": "json" };
    const { listen, admin } = this.#server.settings;
    const kept = {
      ...keptPort("listen", listen, this.#addresses?.url),
      ...(admin.port === 0 && {
        admin: { ...adminParts(this.#server), ...keptPort("listen", admin, this.#addresses?.adminUrl) },
      }),
    };
    return { kind: "start", values: { ...values, ...kept }, ...given };
  }

  #receive(message: FromSidecar): void {
    if (message.kind === "answer") return this.#questions.answer(message.id, message.value);
    if (message.kind === "failed") {
      this.#problem = message.problems.join("; ");
      return;
    }
    const { url, adminUrl } = message;
    this.#addresses = { url, adminUrl };
    this.#problem = undefined;
    this.#become(this.#state === "stopping" ? "stopping" : "up");
    this.#options.log.info({ server: this.name, url, console: adminUrl }, "server is up");
  }

  #processEnded(end: ProcessEnd): void {
    const { log, later, nowMs } = this.#options;
    const wasUp = this.#state === "up";
    this.#process = undefined;
    this.#questions.drop();
    this.#ended.resolve();
    if (this.#state === "stopping") return this.#become("stopped");
    // A remembered port may be taken by now.
    if (!wasUp) this.#addresses = undefined;
    if (wasUp && nowMs() - this.#sinceMs >= STEADY_MS) this.#failures = 0;
    if (wasUp) this.#problem = endText(end);
    const delayMs = Math.min(MAX_DELAY_MS, FIRST_DELAY_MS * 2 ** this.#failures);
    this.#failures += 1;
    this.#become("waiting");
    const because = this.#problem ?? endText(end);
    this.#problem = because;
    log.error({ server: this.name, because, startsAgainInMs: delayMs }, "the sidecar has ended");
    this.#stopWaiting = later(() => this.#startAgain(), delayMs);
  }

  #startAgain(): void {
    this.#stopWaiting();
    this.#restarts += 1;
    this.start();
  }

  #become(state: UpServerState): void {
    this.#state = state;
    this.#sinceMs = this.#options.nowMs();
  }
}

function endText({ code, signal }: ProcessEnd): string {
  return signal === null ? `its process ended with code ${code}` : `its process was ended by ${signal}`;
}

function adminParts({ values: { admin } }: UpServer): object {
  return typeof admin === "object" && admin !== null ? admin : {};
}

/** The address with the port that was free at the last start; nothing for a fixed port, and before the first start. */
function keptPort(setting: string, { host, port }: Address, lastUrl: string | undefined): object {
  if (port !== 0 || lastUrl === undefined) return {};
  return { [setting]: `${host.includes(":") ? `[${host}]` : host}:${new URL(lastUrl).port}` };
}
