/** Two to five sidecars, each with a server of its own, behind HAProxy without affinity: sessions, limits, approvals, freezes, and their replacement under load. */

import { beforeAll, describe, expect, it } from "vitest";
import * as z from "zod";
import { INITIALIZE } from "../fixtures/bridge.ts";
import { atEnd } from "../fixtures/lifetime.ts";
import { callAtRate, callTool, isWhole, openResponse, sendRequest, toolCall } from "../fixtures/open-loop.ts";
import { askAdmin } from "../fixtures/post.ts";
import { apiKey, type Balancer, type Replica, startBalancer, startReplica } from "../fixtures/replicas.ts";
import { type RedisServer, startRedis } from "../fixtures/start-redis.ts";
import { until } from "../fixtures/start-sidecar.ts";
import { noteFigure } from "../operations/figure.ts";

let redis: RedisServer;
beforeAll(async () => {
  redis = await startRedis();
  atEnd(redis.stop);
});

interface Service extends Balancer {
  readonly replicas: Replica[];
  readonly add: () => Promise<Replica>;
}

let services = 0;
/** `size` replicas behind a balancer with room for `spare` more. */
async function startService(size: number, spare = 0, options: object = {}): Promise<Service> {
  const balancer = await startBalancer(size + spare);
  const server = `service-${(services += 1)}`;
  const replicas: Replica[] = [];
  let added = 0;
  const add = async (): Promise<Replica> => {
    const index = (added += 1) - 1;
    const port = balancer.ports[index] ?? 0;
    const replica = await startReplica(`r${index}`, { port, redisUrl: redis.url, server, ...options });
    replicas[index] = replica;
    return replica;
  };
  await Promise.all(Array.from({ length: size }, add));
  await until(async () => {
    const seen = await Promise.all(Array.from({ length: size * 3 }, () => servedBy(balancer.url, {})));
    return new Set(seen).size === size;
  });
  return { ...balancer, replicas, add };
}

type Headers = Readonly<Record<string, string>>;
const ALICE = { "x-api-key": apiKey("alice") };
const BOB = { "x-api-key": apiKey("bob") };

/** A new session, by the headers that name it. */
async function openSession(url: string, caller: Headers = ALICE): Promise<Headers> {
  const { status, headers } = await sendRequest({ url, headers: caller, message: INITIALIZE });
  expect(status).toBe(200);
  return { ...caller, "mcp-session-id": String(headers["mcp-session-id"]) };
}

/** The name of the server that answers a call; the status when none does. */
async function servedBy(url: string, session: Headers): Promise<string> {
  const headers = { ...ALICE, ...session };
  const { status, text } = await sendRequest({ url, headers, message: toolCall("run") });
  return /served by (\w+)/.exec(text)?.[1] ?? `status ${status}`;
}

const APPROVALS = z.object({ approvals: z.tuple([z.looseObject({ id: z.string() })]) });

it("an approval lets one call pass and a freeze stops all, whichever replica is asked", async () => {
  const policy = { version: "1", default: "allow", tools: { drop: { action: "approve" } } };
  const { url, replicas } = await startService(3, 0, { policy });
  const session = await openSession(url);
  const drop = (): Promise<string[]> =>
    Promise.all(
      Array.from({ length: 30 }, () => callTool({ url, headers: session, message: toolCall("drop") })),
    );
  expect(new Set(await drop())).toEqual(new Set(["approval_required"]));
  const admins = replicas.map(({ tollgate }) => tollgate.adminUrl);
  const listed = await Promise.all(admins.map((admin) => askAdmin(`${admin}/approvals`)));
  const id = APPROVALS.parse(listed[0]?.body).approvals[0].id;
  expect(listed.map(({ body }) => APPROVALS.parse(body).approvals)).toEqual(
    admins.map(() => [expect.objectContaining({ id })]),
  );
  await askAdmin(`${admins[2]}/approvals/${id}/approve`, { by: "ann" });
  expect((await drop()).filter((answer) => answer === "admitted")).toHaveLength(1);
  await askAdmin(`${admins[1]}/freeze`, { agent: "alice", by: "ann", reason: "test" });
  const isFrozen = async ({ tollgate }: Replica): Promise<boolean> =>
    (await callTool({ url: tollgate.url, headers: session, message: toolCall("run") })) === "frozen";
  await until(async () => (await Promise.all(replicas.map(isFrozen))).every(Boolean));
});

describe.each([2, 5])("%i replicas behind a balancer without affinity", (size) => {
  let service: Service;
  beforeAll(async () => {
    const limits = [{ counter: "runs", window: "month", max: 40, scope: "server" }];
    const policy = { version: "1", default: "allow", tools: { metered: { limits } } };
    service = await startService(size, 0, { policy });
  });

  it("serve each session by the replica that has it, whichever is asked", async () => {
    const { url, replicas } = service;
    const sessions = await Promise.all(Array.from({ length: 20 }, () => openSession(url)));
    const homes = await Promise.all(sessions.map((session) => servedBy(url, session)));
    for (let round = 0; round < 10; round += 1)
      expect(await Promise.all(sessions.map((session) => servedBy(url, session)))).toEqual(homes);
    const [first = {}] = sessions;
    for (const replica of replicas) expect(await servedBy(replica.tollgate.url, first)).toBe(homes[0]);
  });

  it("keep a session its owner's, carry its stream, and end it wherever it is asked to end", async () => {
    const { url, replicas } = service;
    const session = await openSession(url);
    const home = await servedBy(url, session);
    for (const { tollgate } of replicas) {
      const stolen = await sendRequest({
        url: tollgate.url,
        headers: { ...session, ...BOB },
        message: toolCall("run"),
      });
      expect([stolen.status, stolen.text]).toEqual([404, expect.stringContaining("Session not found")]);
    }
    const streams = await Promise.all(
      replicas.map(({ tollgate }) => openResponse({ url: tollgate.url, headers: session })),
    );
    const texts = streams.map(() => "");
    streams.forEach((stream, index) =>
      stream.setEncoding("utf8").on("data", (text: string) => (texts[index] += text)),
    );
    await until(() => texts.every((text) => text.includes("hello")));
    replicas.find(({ name }) => name === home)?.notify("from its home");
    await until(() => texts.every((text) => text.includes("from its home")));
    for (const stream of streams) stream.destroy();
    const away = replicas.find(({ name }) => name !== home);
    const ended = await sendRequest({ url: away?.tollgate.url ?? "", headers: session, method: "DELETE" });
    expect(ended.status).toBe(200);
    for (const { tollgate } of replicas) expect(await servedBy(tollgate.url, session)).toBe("status 404");
  });

  it("admit exactly the maximum, in sessions and outside of them", async () => {
    const { url, replicas } = service;
    const before = replicas.reduce((sum, { reached }) => sum + reached(), 0);
    const sessions = await Promise.all(Array.from({ length: 10 }, () => openSession(url)));
    const sent = Array.from({ length: 200 }, (_, index) =>
      callTool({ url, headers: sessions[index % 20] ?? ALICE, message: toolCall("metered") }),
    );
    const answers = await Promise.all(sent);
    const admitted = answers.filter((answer) => answer === "admitted").length;
    const reached = replicas.reduce((sum, replica) => sum + replica.reached(), 0);
    expect([admitted, reached - before]).toEqual([40, 40]);
    expect(new Set(answers)).toEqual(new Set(["admitted", "rate_limited"]));
  });
});

it("without an address for the others, a session is good at its own replica alone", async () => {
  const { url } = await startService(2, 0, { isCarrying: false });
  const session = await openSession(url);
  const seen = await Promise.all(Array.from({ length: 8 }, () => servedBy(url, session)));
  expect(new Set(seen)).toEqual(new Set([expect.stringMatching(/^r\d$/), "status 404"]));
});

const RATE = 200;
const STREAMS = 50;
const SESSIONS = 10;
const BOUNDS = { "lame-duck-ms": 4_000, "drain-ms": 20_000 };

it(`three replicas are replaced one by one at ${RATE} calls a second and with ${STREAMS} streams: no call fails, and every stream ends in good order and begins again`, async () => {
  const service = await startService(3, 3, { bounds: BOUNDS });
  const { url, replicas } = service;
  const streams = { opened: 0, whole: 0, cut: 0, isOver: false };
  const sessions = await Promise.all(Array.from({ length: SESSIONS }, () => openSession(url)));
  const renewed = { sessions: 0 };
  const renew = async (index: number): Promise<Headers> => {
    renewed.sessions += 1;
    return (sessions[index] = await openSession(url));
  };
  /** As clients do: a session that is gone is opened again, and the message sent again. */
  const callInSession = async (index: number): Promise<string> => {
    const headers = sessions[index] ?? ALICE;
    const word = await callTool({ url, headers, message: toolCall("run") });
    if (word !== "status 404") return word;
    const again = sessions[index] === headers ? await renew(index) : (sessions[index] ?? ALICE);
    return callTool({ url, headers: again, message: toolCall("run") });
  };
  const keepStream = async (index: number): Promise<void> => {
    while (!streams.isOver) {
      const at = index % SESSIONS;
      const headers = sessions[at] ?? ALICE;
      const response = await openResponse({ url, headers });
      if (response.statusCode === 404) {
        response.resume();
        if (sessions[at] === headers) await renew(at);
        continue;
      }
      streams.opened += 1;
      open.add(response);
      streams[(await isWhole(response)) || streams.isOver ? "whole" : "cut"] += 1;
      open.delete(response);
    }
  };
  const open = new Set<{ destroy: () => unknown }>();
  const kept = Array.from({ length: STREAMS }, (_, index) => keepStream(index));
  await until(() => open.size === STREAMS);
  const calls = callAtRate(RATE, (index) =>
    index % 4 === 0
      ? callInSession((index / 4) % SESSIONS)
      : callTool({ url, headers: ALICE, message: toolCall("run") }),
  );
  const codes: (number | null)[] = [];
  for (const old of replicas.slice(0, 3)) {
    const next = await service.add();
    await until(() => next.reached() > 0);
    old.tollgate.signal("SIGTERM");
    codes.push(await old.tollgate.exitCode);
  }
  const before = calls.tally()["admitted"] ?? 0;
  await until(() => (calls.tally()["admitted"] ?? 0) >= before + RATE && open.size === STREAMS);
  const { admitted = 0, ...failed } = await calls.stop();
  streams.isOver = true;
  for (const response of open) response.destroy();
  await Promise.all(kept);
  const figure =
    `${admitted} calls, ${JSON.stringify(failed)} failed; ${renewed.sessions} sessions opened again; ` +
    `${streams.opened} streams opened, ${streams.cut} cut; exits ${codes.join(" ")}`;
  const isMet = Object.keys(failed).length === 0 && streams.cut === 0;
  noteFigure({ row: "replicas replaced", figure, isMet });
  expect(failed).toEqual({});
  expect(streams.cut).toBe(0);
  expect(codes).toEqual([0, 0, 0]);
  expect(renewed.sessions).toBeGreaterThanOrEqual(SESSIONS);
}, 600_000);
