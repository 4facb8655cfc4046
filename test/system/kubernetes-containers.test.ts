/** The image under runc, on a root file system made by hand (no kubelet and no containerd: the libraries of its base are this machine's, the network too, and no seccomp profile). */

import { chownSync, readdirSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { INITIALIZE } from "../fixtures/bridge.ts";
import { freePorts } from "../fixtures/free-port.ts";
import { serve, temporaryFolder } from "../fixtures/lifetime.ts";
import { EMPTY_RESULT } from "../fixtures/loopback-server.ts";
import { callAtRate, callTool, sendRequest, toolCall } from "../fixtures/open-loop.ts";
import { until } from "../fixtures/start-sidecar.ts";
import {
  type Container,
  containerObstacle,
  type ContainerOptions,
  processStatus,
  runContainer,
  startContainer,
} from "./kubernetes/container.ts";
import { type Image, stdioServerImage, tollgateImage } from "./kubernetes/image.ts";

const MIB = 1024 * 1024;
const NONROOT = 65_532;
/** Such as OpenShift gives: in no file of users. */
const ANY_USER = 1_000_660_000;
const PROGRAM = "/usr/local/lib/tollgate/tollgate";
/** Reaps as the pause process of a pod does, which is the first one in a shared process namespace. */
const PAUSE = [
  "import os, signal",
  "signal.signal(signal.SIGTERM, lambda *_: os._exit(0))",
  "while True:",
  "    signal.sigtimedwait([signal.SIGCHLD], 0.1)",
  "    try:",
  "        while os.waitpid(-1, os.WNOHANG)[0]: pass",
  "    except ChildProcessError: pass",
].join("\n");

const obstacle = containerObstacle();
const NOT_RUN = obstacle === undefined ? "" : ` (not run: ${obstacle})`;

let tollgate: Image;
beforeAll(() => {
  if (obstacle === undefined) tollgate = tollgateImage();
}, 600_000);

interface Started {
  readonly url: string;
  readonly adminUrl: string;
  readonly container: Container;
}

/** A container with Tollgate in it, once it is ready. */
async function start(
  options: Omit<ContainerOptions, "env"> & { env?: Record<string, string> },
): Promise<Started> {
  const [port, adminPort] = await freePorts(2);
  const adminUrl = `http://127.0.0.1:${adminPort}`;
  const env = {
    TOLLGATE_LISTEN: `127.0.0.1:${port}`,
    TOLLGATE_ADMIN: `127.0.0.1:${adminPort}`,
    TOLLGATE_ALLOW_ALL: "true",
    ...options.env,
  };
  const container = await startContainer({ ...options, env });
  let hasEnded = false;
  void container.exitCode.then(() => (hasEnded = true));
  await until(() => {
    if (hasEnded) throw new Error(`the container ended: ${container.log()}`);
    return fetch(`${adminUrl}/readyz`).then(
      ({ ok }) => ok,
      () => false,
    );
  });
  return { url: `http://127.0.0.1:${port}/mcp`, adminUrl, container };
}

describe.skipIf(obstacle !== undefined)(`a container of the image under runc, by hand${NOT_RUN}`, () => {
  it("runs as any user, without a capability, on a root that it cannot write, and answers `tollgate health`", async () => {
    const upstream = await serve();
    const { url, adminUrl, container } = await start({
      image: tollgate,
      args: [PROGRAM, "run"],
      user: ANY_USER,
      env: { TOLLGATE_UPSTREAM: upstream.url },
    });
    expect(processStatus(container.pid)).toMatchObject({
      Uid: Array(4).fill(ANY_USER).join("\t"),
      CapEff: "0000000000000000",
      CapBnd: "0000000000000000",
      NoNewPrivs: "1",
    });
    expect(processStatus(container.pid)["NSpid"]).toMatch(/\t1$/);
    expect(container.exec("tollgate", "health", "--admin", adminUrl)).toBe(0);
    expect(container.exec("tollgate", "health", "--admin", "http://127.0.0.1:1")).toBe(1);
    expect(await callTool({ url, message: toolCall("run") })).toBe("admitted");
    expect(container.log()).not.toMatch(/EROFS|EACCES|EPERM/);
  });

  it("as the first process ends with 0 at SIGTERM, once its call is answered", async () => {
    const asked = Promise.withResolvers<void>();
    const answer = Promise.withResolvers<void>();
    const upstream = await serve(async () => {
      asked.resolve();
      await answer.promise;
      return EMPTY_RESULT;
    });
    const { url, adminUrl, container } = await start({
      image: tollgate,
      args: [PROGRAM, "run"],
      user: NONROOT,
      env: { TOLLGATE_UPSTREAM: upstream.url },
    });
    const call = callTool({ url, message: toolCall("run") });
    await asked.promise;
    container.signal("TERM");
    await until(async () => (await fetch(`${adminUrl}/readyz`)).status === 503);
    answer.resolve();
    expect([await call, await container.exitCode]).toEqual(["admitted", 0]);
  });

  it("bears calls of 200 KB at once within 128 MiB", async () => {
    const upstream = await serve();
    const { url, container } = await start({
      image: tollgate,
      args: [PROGRAM, "run"],
      user: NONROOT,
      memory: 128 * MIB,
      env: { TOLLGATE_UPSTREAM: upstream.url },
    });
    const large = { note: "x".repeat(200_000) };
    const load = callAtRate(100, (index) =>
      callTool({ url, message: toolCall("run", index % 10 === 0 ? large : {}) }),
    );
    // An answer of 503 says that the process is busy, as a loaded machine makes it.
    await until(() => (load.tally()["admitted"] ?? 0) >= 1_000);
    const { admitted = 0, "status 503": busy = 0, ...failed } = await load.stop();
    const peak = container.peakMemory() / MIB;
    process.stdout.write(
      `containers: ${admitted} calls (${busy} refused as busy), at most ${peak.toFixed(0)} of 128 MiB\n`,
    );
    expect([failed, peak <= 128, processStatus(container.pid)["Name"]]).toEqual([
      {},
      true,
      expect.any(String),
    ]);
  });

  it("brings Tollgate into an image without Node by `tollgate install`, and a shared process namespace reaps the orphans of its server", async () => {
    const volume = temporaryFolder();
    chownSync(volume, NONROOT, NONROOT);
    await runContainer({
      image: tollgate,
      args: [PROGRAM, "install", "/tollgate"],
      user: NONROOT,
      volumes: { "/tollgate": volume },
    });
    expect(readdirSync(volume)).toContain("tollgate");
    const image = stdioServerImage();
    const pause = await startContainer({ image, args: ["/usr/bin/python3", "-c", PAUSE], user: NONROOT });
    const { url } = await start({
      image,
      args: ["/tollgate/tollgate", "run", "--", "python3", "-m", "calculator_mcp"],
      user: NONROOT,
      readOnly: { "/tollgate": volume },
      processesOf: pause.pid,
    });
    const opened = await sendRequest({ url, message: INITIALIZE });
    const headers = { "mcp-session-id": String(opened.headers["mcp-session-id"]) };
    const call = async (tool: string, args: object): Promise<string> =>
      (await sendRequest({ url, headers, message: toolCall(tool, args) })).text;
    expect(await call("sum", { numbers: [2, 3] })).toContain(`"5"`);
    await call("orphans", { count: 25 });
    await until(async () => (await call("orphans", { count: 0 })).includes(String.raw`\"zombies\": 0`));
    expect(await call("orphans", { count: 0 })).toContain(String.raw`\"uid\": ${NONROOT}`);
  });
});
