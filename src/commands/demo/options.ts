/** Parses the flags of `tollgate demo`. */

import { parseArgs } from "node:util";
import { usageMessage } from "../cli/command.ts";
import { AGENTS } from "./agents.ts";

/** One part of the demo, for a process or container of its own. */
export type DemoPart =
  | { readonly name: "server" }
  /** `url` is the MCP endpoint to call; all agents run when `agent` is absent. */
  | { readonly name: "agents"; readonly url: string; readonly agent?: string };

export interface DemoOptions {
  /** Absent: server, sidecar and agents in this process. */
  readonly part?: DemoPart;
  /** Absent: runs until interrupted. */
  readonly forMs?: number;
  /** `Infinity` when not limited. */
  readonly rounds: number;
  /** `HOST:PORT`; port 0 takes a free one. Absent: a fixed port, or a free one when that is taken. */
  readonly listen?: string;
  readonly admin?: string;
  /** Whether the console is opened in a browser. */
  readonly opensConsole: boolean;
  readonly isHelp: boolean;
}

export type ParsedOptions =
  | { readonly ok: true; readonly options: DemoOptions }
  | { readonly ok: false; readonly problem: string };

export const DEMO_HELP = `tollgate demo: an MCP server, three agents and the sidecar between them, all on this machine

  --for DURATION       end after this time: 30s, 5m, 1h (until interrupted)
  --rounds N           end when each agent has done this many rounds (no end)
  --open               open the console in the browser
  --listen HOST:PORT   where the agents reach the sidecar (127.0.0.1:8080, or a free port)
  --admin HOST:PORT    console, metrics and the other admin pages (127.0.0.1:9464, or a free port)
  --part server        only the server, on --listen
  --part agents        only the agents, which call --url URL; --agent NAME runs one of them
  --help               this text

Examples: tollgate demo --open
          tollgate demo --for 2m --listen 127.0.0.1:0 --admin 127.0.0.1:0
`;

/** Reads the arguments after `demo`. */
export function parseDemoOptions(argv: readonly string[]): ParsedOptions {
  const parsed = readFlags(argv);
  if (!parsed.ok) return parsed;
  const { values } = parsed;
  const forMs = values.for === undefined ? undefined : parseDuration(values.for);
  if (values.for !== undefined && forMs === undefined) {
    return { ok: false, problem: `--for: must be a time such as 30s, 5m or 1h, got "${values.for}"` };
  }
  const rounds = values.rounds === undefined ? Infinity : Number(values.rounds);
  if (!(rounds >= 1) || (values.rounds !== undefined && !Number.isSafeInteger(rounds))) {
    return { ok: false, problem: `--rounds: must be a whole number from 1, got "${values.rounds}"` };
  }
  const part = parsePart(values);
  if (typeof part === "string") return { ok: false, problem: part };
  const { listen, admin, open, help } = values;
  return {
    ok: true,
    options: {
      ...(part === undefined ? {} : { part }),
      ...(forMs === undefined ? {} : { forMs }),
      rounds,
      ...(listen === undefined ? {} : { listen }),
      ...(admin === undefined ? {} : { admin }),
      opensConsole: open,
      isHelp: help,
    },
  };
}

interface PartValues {
  readonly part?: string | undefined;
  readonly url?: string | undefined;
  readonly agent?: string | undefined;
}

/** The part, undefined for the whole demo, or the problem as text. */
function parsePart({ part, url, agent }: PartValues): DemoPart | undefined | string {
  if (part !== undefined && part !== "server" && part !== "agents")
    return `--part: must be server or agents, got "${part}"`;
  if (part !== "agents") {
    const given = url !== undefined ? "--url" : agent !== undefined ? "--agent" : undefined;
    if (given !== undefined) return `${given}: is for --part agents`;
    return part === undefined ? undefined : { name: part };
  }
  if (url === undefined || !URL.canParse(url))
    return "--url: must be the URL that the agents call, such as http://127.0.0.1:8080/mcp";
  const names = AGENTS.map(({ name }) => name);
  if (agent !== undefined && !names.includes(agent))
    return `--agent: must be one of ${names.join(", ")}, got "${agent}"`;
  return { name: part, url, ...(agent === undefined ? {} : { agent }) };
}

/** A duration such as `30s`, `1.5m` or `200ms` in milliseconds; undefined when malformed or over the limit of a timer. */
export function parseDuration(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(text);
  if (match === null) return undefined;
  const unitMs = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 }[match[2] ?? ""];
  const durationMs = Math.round(Number(match[1]) * (unitMs ?? Number.NaN));
  return durationMs > 0 && durationMs < 2 ** 31 ? durationMs : undefined;
}

function readFlags(argv: readonly string[]) {
  try {
    const { values } = parseArgs({ args: [...argv], options: FLAGS, strict: true, allowPositionals: false });
    return { ok: true as const, values };
  } catch (error) {
    return { ok: false as const, problem: usageMessage(error, Object.keys(FLAGS)) };
  }
}

const FLAGS = {
  for: { type: "string" },
  rounds: { type: "string" },
  listen: { type: "string" },
  admin: { type: "string" },
  open: { type: "boolean", default: false },
  part: { type: "string" },
  url: { type: "string" },
  agent: { type: "string" },
  help: { type: "boolean", default: false },
} as const;
