/** The ports that the demo chooses, and the program that opens its console. */

import { createServer } from "node:http";
import { describe, expect, it } from "vitest";
import { chooseAddresses, freeAddresses } from "../../../src/commands/demo/addresses.ts";
import { openCommand } from "../../../src/commands/demo/open-page.ts";
import { freePorts } from "../../fixtures/free-port.ts";
import { listenOnLoopback } from "../../fixtures/servers/loopback.ts";

describe("the demo's addresses", () => {
  it("are fixed ports, and a free one in place of a taken one", async () => {
    const listener = await listenOnLoopback(createServer(), 0);
    const taken = Number(new URL(listener.origin).port);
    const [port = 0] = await freePorts(1);
    const chosen = await chooseAddresses({}, { listen: taken, admin: port });
    await listener.close();
    expect(chosen).toEqual({ listen: "127.0.0.1:0", admin: `127.0.0.1:${port}` });
  });

  it("are those of the flags", async () => {
    const given = { listen: "127.0.0.1:1", admin: "[::1]:2" };
    expect([await chooseAddresses(given), freeAddresses(given)]).toEqual([given, given]);
  });
});

describe("--open", () => {
  it.each([
    ["linux", ["xdg-open", "http://x/"]],
    ["darwin", ["open", "http://x/"]],
    ["win32", ["rundll32", "url.dll,FileProtocolHandler", "http://x/"]],
  ] as const)("opens the console with the system's own program on %s", (platform, command) => {
    expect(openCommand("http://x/", platform)).toEqual(command);
  });
});
