/** Reads the recorded calls of one sidecar: the decisions that it remembers, and on request its log in the cluster. */

import * as z from "zod";
import { recordedCallOf, type RecordedCall } from "../policy/audit-lines.ts";
import { askSidecar, type SidecarAccess } from "./ask-sidecar.ts";
import { readText } from "./cluster/api-server.ts";
import type { Sidecar } from "./find-sidecars.ts";

/** The calls of one sidecar. */
export interface SidecarCalls {
  readonly sidecar: Sidecar;
  /** The `server` label; null without an answer. */
  readonly server: string | null;
  readonly calls: readonly RecordedCall[];
  /** Whether it remembers the whole time that was asked for. */
  readonly isWhole: boolean;
  readonly problems: readonly string[];
}

export interface CallsWish {
  /** ISO 8601. */
  readonly since: string;
  /** Whether the audit log in the container's output is read too. */
  readonly isWithLogs: boolean;
  readonly nowMs: number;
}

const PAGE = 1_000;
/** A sidecar that decides faster than its pages are read would have no last page. */
const MAX_PAGES = 1_000;

const ENTRY = z.looseObject({
  id: z.string(),
  time: z.string(),
  denial: z.looseObject({ reason: z.string() }).optional(),
  category: z.looseObject({ category: z.string() }).optional(),
  argumentNames: z.array(z.string()),
  argumentsCheck: z.looseObject({}).optional(),
  outcome: z.string().optional(),
});
const DECISIONS = z.object({ decisions: z.array(ENTRY), next: z.string().optional() });
const SERVER = z.object({ server: z.string() });

type Calls = Map<string, RecordedCall>;

export async function readCalls(
  access: SidecarAccess,
  sidecar: Sidecar,
  wish: CallsWish,
): Promise<SidecarCalls> {
  const { waiting } = sidecar;
  const nothing = { sidecar, server: null, calls: [], isWhole: false };
  if (waiting !== undefined) return { ...nothing, problems: [waiting] };
  const activity = await askSidecar(access, sidecar, "/activity");
  if (!activity.ok) return { ...nothing, problems: [activity.problem] };
  const { server } = SERVER.catch({ server: sidecar.workload }).parse(JSON.parse(activity.text));
  const calls: Calls = new Map();
  const problem = await addRemembered(access, sidecar, wish, calls);
  const logProblem = wish.isWithLogs ? await addLogged(access, sidecar, wish, calls) : undefined;
  const isWhole = await remembersBefore(access, sidecar, wish.since);
  return {
    sidecar,
    server,
    calls: [...calls.values()],
    isWhole: isWhole || (wish.isWithLogs && logProblem === undefined),
    problems: [problem, logProblem].filter((each) => each !== undefined),
  };
}

/** Adds the decisions that the sidecar remembers. Returns the problem that ended the reading. */
async function addRemembered(
  access: SidecarAccess,
  sidecar: Sidecar,
  { since }: CallsWish,
  calls: Calls,
): Promise<string | undefined> {
  let before: string | undefined;
  for (let page = 0; page < MAX_PAGES; page += 1) {
    const query = new URLSearchParams({ since, limit: `${PAGE}`, ...(before !== undefined && { before }) });
    const answer = await askSidecar(access, sidecar, `/decisions?${query}`);
    // The oldest decisions leave while they are read.
    if (!answer.ok) return before !== undefined && answer.isRefusal ? undefined : answer.problem;
    const read = DECISIONS.safeParse(JSON.parse(answer.text));
    if (!read.success) return "its decisions are not as this version writes them";
    for (const entry of read.data.decisions) addCall(calls, entry.id, recordOf(entry));
    before = read.data.next;
    if (before === undefined) return undefined;
  }
  return undefined;
}

/** In the form of the audit log. */
function recordOf(entry: z.infer<typeof ENTRY>): object {
  const { denial, category, argumentNames, argumentsCheck, outcome, ...same } = entry;
  return {
    ...same,
    ...(denial !== undefined && { reason: denial.reason }),
    ...(category !== undefined && { category: category.category }),
    ...(outcome !== undefined && { upstream: { outcome } }),
    ...(argumentsCheck !== undefined && { arguments_check: argumentsCheck }),
    args: { keys: argumentNames },
  };
}

function addCall(calls: Calls, id: string, record: unknown): void {
  const call = recordedCallOf(record);
  if (call !== undefined) calls.set(id, call);
}

/** More than one container's log is kept by a node. */
const MAX_LOG_BYTES = 16_000_000;
const RECORD = z.looseObject({ id: z.string(), time: z.string(), server: z.string() });

/** Adds the records of the audit log, which has more of a call than the sidecar remembers. Returns the problem. */
async function addLogged(
  { cluster }: SidecarAccess,
  { namespace, pod, container }: Sidecar,
  { since, nowMs }: CallsWish,
  calls: Calls,
): Promise<string | undefined> {
  const sinceSeconds = `${Math.max(1, Math.ceil((nowMs - Date.parse(since)) / 1_000))}`;
  const query = new URLSearchParams({ container, sinceSeconds, limitBytes: `${MAX_LOG_BYTES}` });
  const log = await readText(cluster, `/api/v1/namespaces/${namespace}/pods/${pod}/log?${query}`);
  if (!log.ok) return `its log: ${log.problem}`;
  for (const line of log.value.split("\n")) {
    const record = recordIn(line);
    if (record !== undefined && record.time >= since) addCall(calls, record.id, record);
  }
  return undefined;
}

/** Undefined for lines of Tollgate's own log and of the server. */
function recordIn(line: string): z.infer<typeof RECORD> | undefined {
  if (!line.startsWith('{"time":')) return undefined;
  try {
    return RECORD.safeParse(JSON.parse(line)).data;
  } catch {
    return undefined;
  }
}

/** Whether the sidecar remembers a decision from before this time, and so all since. */
async function remembersBefore(access: SidecarAccess, sidecar: Sidecar, until: string): Promise<boolean> {
  const answer = await askSidecar(
    access,
    sidecar,
    `/decisions?${new URLSearchParams({ until, limit: "1" })}`,
  );
  return answer.ok && (DECISIONS.safeParse(JSON.parse(answer.text)).data?.decisions.length ?? 0) > 0;
}
