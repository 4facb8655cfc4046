/** Messages built to get a denied tool executed, sent through the sidecar to servers of both SDK generations. */

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import type { ExecutingServer } from "../fixtures/servers/executing-server.ts";
import { startSdkV1Server } from "../fixtures/servers/sdk-v1-http.ts";
import { startSdkV2Server } from "../fixtures/servers/sdk-v2-http.ts";
import { kindOf } from "./bypass/answer-kind.ts";
import { send, Trial } from "./bypass/trial.ts";
import { HARMLESS, PLAIN_CALL, VECTORS } from "./bypass/vectors.ts";

const SERVERS: readonly { readonly name: string; readonly start: () => Promise<ExecutingServer> }[] = [
  { name: "SDK v1 behind express.json()", start: () => startSdkV1Server({ parsesWithExpress: true }) },
  { name: "SDK v1 that parses by itself", start: () => startSdkV1Server({ parsesWithExpress: false }) },
  { name: "SDK v2", start: () => startSdkV2Server() },
];

describe.each(SERVERS)("$name", ({ start }) => {
  let trial: Trial;

  beforeAll(async () => {
    trial = await Trial.start(start);
  });

  afterAll(() => trial.remove());

  it("executes a bare call that is sent to it directly", async () => {
    const server = await start();
    await send(server.url, PLAIN_CALL);
    expect(server.executions()).toEqual(["delete_all"]);
    await server.close();
  });

  it.each(VECTORS.filter(({ name }) => HARMLESS.has(name)))(
    "passes `$name` as what it is",
    async (vector) => {
      const { executed, audited } = await trial.observe(vector);
      expect(executed).toEqual(HARMLESS.get(vector.name));
      expect(audited).toHaveLength(executed.length);
    },
  );

  it.each(VECTORS.filter(({ name }) => !HARMLESS.has(name)))("answers `$name` itself", async (vector) => {
    const { answer, executed, audited } = await trial.observe(vector);
    expect(executed).toEqual([]);
    expect(kindOf(answer), JSON.stringify(answer)).not.toBe("answered");
    expect(audited).toHaveLength(1);
  });

  it("has no audit record left to write at the end", async () => {
    const before = await trial.audit();
    await trial.stop();
    expect(await trial.audit()).toEqual(before);
  });
});
