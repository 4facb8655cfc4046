/** Processes of sidecars that a test plays, and a clock whose delays it ends. */

import { parseServersFile, type UpServer } from "../../src/config/up/servers-file.ts";
import { Servers } from "../../src/supervisor/servers.ts";
import type { SidecarReport, ToSidecar } from "../../src/supervisor/messages.ts";
import type { ProcessEvents } from "../../src/supervisor/start-process.ts";
import { createLog } from "../../src/telemetry/logging/log.ts";

const REPORT: SidecarReport = {
  because: [],
  mode: "enforce",
  policies: ["d1"],
  policyError: null,
  calls: 3,
  denied: 1,
};

export interface FakeProcess extends ProcessEvents {
  readonly name: string;
  /** The kinds of the messages that it was sent. */
  readonly received: string[];
  readonly startValues: () => Readonly<Record<string, unknown>>;
  readonly up: (port?: number) => void;
  /** Whether it answers questions, and ends when it is drained; both at first. */
  isDeaf: boolean;
  wasKilled: boolean;
}

export function serversOf(text: string): readonly UpServer[] {
  const reading = parseServersFile(text, {
    path: "servers.yaml",
    flags: {},
    environment: {},
    isTerminal: false,
  });
  if (!reading.ok) throw new Error(reading.problems.join("\n"));
  return reading.file.servers;
}

export function fakeServers() {
  const processes: FakeProcess[] = [];
  const delays: { readonly call: () => void; readonly ms: number; isOver: boolean }[] = [];
  const clock = { nowMs: 0 };
  const servers = new Servers({
    startProcess: (name, events) => {
      const played = playProcess(name, events);
      processes.push(played.process);
      return played;
    },
    log: createLog({ level: "silent", format: "json" }),
    later: (call, ms) => {
      const delay = { call, ms, isOver: false };
      delays.push(delay);
      return () => (delay.isOver = true);
    },
    nowMs: () => clock.nowMs,
  });
  const processOf = (name: string): FakeProcess => {
    const found = processes.findLast((each) => each.name === name);
    if (found === undefined) throw new Error(`${name} was not started`);
    return found;
  };
  /** Ends the delays that still run; returns their lengths. */
  const endDelays = (): readonly number[] => {
    const open = delays.filter(({ isOver }) => !isOver);
    for (const delay of open) {
      delay.isOver = true;
      delay.call();
    }
    return open.map(({ ms }) => ms);
  };
  return { servers, processes, processOf, endDelays, clock };
}

function playProcess(name: string, events: ProcessEvents) {
  const messages: ToSidecar[] = [];
  const process: FakeProcess = {
    ...events,
    name,
    received: [],
    isDeaf: false,
    wasKilled: false,
    startValues: () => {
      const [first] = messages;
      return first?.kind === "start" ? first.values : {};
    },
    up: (port = 4_000) =>
      events.onMessage({
        kind: "up",
        url: `http://127.0.0.1:${port}/mcp`,
        adminUrl: `http://127.0.0.1:${port + 1}`,
      }),
  };
  const send = (message: ToSidecar): void => {
    messages.push(message);
    process.received.push(message.kind);
    if (process.isDeaf) return;
    if (message.kind === "drain") events.onEnd({ code: 0, signal: null });
    if (message.kind === "report") events.onMessage({ kind: "answer", id: message.id, value: REPORT });
    if (message.kind === "metrics")
      events.onMessage({
        kind: "answer",
        id: message.id,
        value: `# HELP calls_total Calls.\n# TYPE calls_total counter\ncalls_total{server="${name}"} 3\n`,
      });
  };
  const kill = (): void => {
    process.wasKilled = true;
    events.onEnd({ code: null, signal: "SIGKILL" });
  };
  return { pid: 1, send, kill, process };
}
