/** Asks the admin listeners of a wrapped server for their metrics: whether it runs, its calls and its denials. */

import { sendToAdmin } from "../control/admin-http.ts";
import { portsOf } from "./admin-ports.ts";

/** Sums over the processes that run now. */
export interface RunningServer {
  /** Sidecars that answer. */
  readonly processes: number;
  readonly calls: number;
  readonly denied: number;
  /** Calls that would be denied in mode enforce. */
  readonly wouldDeny: number;
}

const NOT_RUNNING: RunningServer = { processes: 0, calls: 0, denied: 0, wouldDeny: 0 };
const TIMEOUT_MS = 2_000;

/** `server` is the label of the server; absent: a sidecar of any server counts. */
export async function runningServer(
  admin: string,
  server: string | undefined,
  token: string | undefined,
): Promise<RunningServer> {
  const host = admin.replace(/:[\d-]+$/, "");
  const pages = await Promise.all(
    portsOf(admin).map((port) => metricsOf(`http://${host}:${port}/metrics`, token)),
  );
  return pages
    .flatMap((page) => (page === undefined ? [] : [countsIn(page, server)]))
    .reduce(add, NOT_RUNNING);
}

async function metricsOf(url: string, token: string | undefined): Promise<string | undefined> {
  const headers = token === undefined || token === "" ? {} : { authorization: `Bearer ${token}` };
  try {
    const request = { url: new URL(url), method: "GET" as const, headers, tls: {}, timeoutMs: TIMEOUT_MS };
    const { status, text } = await sendToAdmin(request);
    return status === 200 ? text : undefined;
  } catch {
    // Nothing listens there, or another program does.
    return undefined;
  }
}

/** A sample as `tollgate_x_total{server="a",mode="b"} 3`. */
const SAMPLE = /^(tollgate_\w+)\{(.*)\} (\S+)$/gm;

function countsIn(page: string, server: string | undefined): RunningServer {
  const samples = [...page.matchAll(SAMPLE)]
    .map(([, name = "", labels = "", value = ""]) => ({ name, labels, value: Number(value) }))
    .filter(({ labels }) => server === undefined || labels.includes(`server="${server}"`));
  const sum = (wanted: string, label = ""): number =>
    samples
      .filter(({ name, labels }) => name === wanted && labels.includes(label))
      .reduce((total, { value }) => total + value, 0);
  if (!samples.some(({ name }) => name === "tollgate_upstream_up")) return NOT_RUNNING;
  return {
    processes: 1,
    calls: sum("tollgate_tool_calls_total"),
    denied: sum("tollgate_tool_denials_total", 'mode="enforce"'),
    wouldDeny: sum("tollgate_tool_denials_total", 'mode="shadow"'),
  };
}

function add(one: RunningServer, other: RunningServer): RunningServer {
  return {
    processes: one.processes + other.processes,
    calls: one.calls + other.calls,
    denied: one.denied + other.denied,
    wouldDeny: one.wouldDeny + other.wouldDeny,
  };
}
