/** The ports of an admin listener: one, or the first free one of a range, so that a server can be started twice. */

import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { describe, expect, it } from "vitest";
import { parsePortRange } from "../../src/config/settings/address-shapes.ts";
import { bind } from "../../src/sidecar/start-error.ts";
import { freePorts } from "../fixtures/free-port.ts";
import { atEnd } from "../fixtures/lifetime.ts";

function server(): Server {
  const made = createServer();
  atEnd(() => made.close());
  return made;
}

async function hold(port: number): Promise<void> {
  await once(server().listen(port, "127.0.0.1"), "listening");
}

async function freePort(): Promise<number> {
  const [port = 0] = await freePorts(1);
  return port;
}

describe("a range of admin ports", () => {
  it.each([
    ["127.0.0.1:9464", { host: "127.0.0.1", port: 9464 }],
    ["127.0.0.1:9470-9479", { host: "127.0.0.1", port: 9470, lastPort: 9479 }],
    ["[::1]:9470-9470", { host: "::1", port: 9470, lastPort: 9470 }],
    ["127.0.0.1:9479-9470", undefined],
    ["127.0.0.1:0-9", undefined],
    ["127.0.0.1:9470-65536", undefined],
    ["127.0.0.1:9470-", undefined],
    ["9470-9479", undefined],
  ])("is read from %s", (text, expected) => {
    expect(parsePortRange(text)).toEqual(expected);
  });

  it("gives its first port when that is free", async () => {
    const port = await freePort();
    const url = await bind(server(), { host: "127.0.0.1", port, lastPort: port + 9 }, "--admin");
    expect(url).toBe(`http://127.0.0.1:${port}`);
  });

  it("gives another port when its first one is taken", async () => {
    const port = await freePort();
    await hold(port);
    const url = await bind(server(), { host: "127.0.0.1", port, lastPort: port + 9 }, "--admin");
    expect(Number(new URL(url).port)).not.toBe(port);
  });

  it("gives any free port when all are taken", async () => {
    const port = await freePort();
    await hold(port);
    const url = await bind(server(), { host: "127.0.0.1", port, lastPort: port }, "--admin");
    expect(Number(new URL(url).port)).not.toBe(port);
  });

  it("is not what one port is: that fails when it is taken", async () => {
    const port = await freePort();
    await hold(port);
    await expect(bind(server(), { host: "127.0.0.1", port }, "--admin")).rejects.toThrow(
      `--admin: 127.0.0.1:${port} is taken; choose another, or 0 for a free one`,
    );
  });
});
