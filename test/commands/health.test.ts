/** `tollgate health` with a real sidecar, whose server responds, is down, or hangs. */

import { describe, expect, it } from "vitest";
import { runHealth } from "../../src/commands/health.ts";
import { captureIo } from "../fixtures/capture-io.ts";
import { freePorts } from "../fixtures/free-port.ts";
import { serve, startSidecar } from "../fixtures/lifetime.ts";
import { type LoopbackServer, sendJson } from "../fixtures/loopback-server.ts";

function health(argv: readonly string[], environment: Record<string, string> = {}) {
  return captureIo((io) => runHealth(argv, { ...io, environment }));
}

function serving(status: number): Promise<LoopbackServer> {
  return serve((_body, response) => sendJson(response, "{}", status));
}

async function sidecarBefore(upstream: string): Promise<string> {
  return (await startSidecar({ upstream })).adminUrl;
}

const NOBODY = "http://127.0.0.1:1/mcp";

describe("tollgate health", () => {
  it("exits with 0 for a sidecar that is ready", async () => {
    const admin = await sidecarBefore((await serving(200)).url);
    expect(await health(["--admin", admin])).toEqual({
      code: 0,
      stdout: `${admin}/readyz: 200\n`,
      stderr: "",
    });
  });

  it("exits with 1 and prints the reason for a sidecar whose server is down", async () => {
    const { code, stderr } = await health(["--admin", await sidecarBefore(NOBODY)]);
    expect(code).toBe(1);
    expect(stderr).toContain("/readyz: 503");
    expect(stderr).toContain("because");
  });

  it("exits with 0 with --live for the same sidecar", async () => {
    expect((await health(["--live", "--admin", await sidecarBefore(NOBODY)])).code).toBe(0);
  });

  it("exits with 1 when no sidecar listens at the address", async () => {
    const [port] = await freePorts(1);
    const { code, stderr } = await health(["--admin", `http://127.0.0.1:${port}`]);
    expect(code).toBe(1);
    expect(stderr).toBe(`tollgate: http://127.0.0.1:${port}/readyz: no answer within 2 s\n`);
  });

  it.each(["127.0.0.1", "0.0.0.0", "[::]"])(
    "finds the sidecar named by TOLLGATE_ADMIN on %s",
    async (host) => {
      const { port } = new URL(await sidecarBefore((await serving(200)).url));
      expect((await health([], { TOLLGATE_ADMIN: `${host}:${port}` })).code).toBe(0);
    },
  );

  it.each([
    [405, 0],
    [500, 1],
  ])("maps the status %d of another server to the exit code %d", async (status, code) => {
    expect((await health(["--url", (await serving(status)).url])).code).toBe(code);
  });

  it.each([
    [["now"], "unexpected `now`"],
    [["--admin", "ftp://x"], '--admin: must be HOST:PORT, or an http or https URL, got "ftp://x"'],
    [["--loud"], "unknown option `--loud`"],
  ])("refuses %j", async (argv, problem) => {
    const { code, stderr } = await health(argv);
    expect(code).toBe(64);
    expect(stderr).toContain(problem);
  });
});
