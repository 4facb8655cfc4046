/** The official clients of both SDK generations and stdio servers of both eras, over HTTP through the bridge. */

import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, it, vi } from "vitest";
import { stdioServer } from "../fixtures/bridge.ts";
import { startSidecar } from "../fixtures/lifetime.ts";
import type { TestSidecar } from "../fixtures/start-sidecar.ts";
import { connectV1 } from "./relay/client-v1.ts";
import { connectV2 } from "./relay/client-v2.ts";
import {
  describeClients,
  itNotifiesOfEverything,
  itServesBothEras,
  itServesEverything,
} from "./relay/suites.ts";

const EVERYTHING = fileURLToPath(
  import.meta.resolve("@modelcontextprotocol/server-everything/dist/index.js"),
);

describe("a server of both eras", () => {
  let sidecar: TestSidecar;

  beforeAll(async () => {
    const { command, args } = stdioServer("dual-era");
    sidecar = await startSidecar({ command: [command, ...args] });
  });

  describeClients(
    () => sidecar.url,
    (connection) => itServesBothEras(connection),
  );

  it("notifies a session of its subscriptions and log messages in order", async () => {
    const client = await connectV1(sidecar.url);
    await client.sdk.setLoggingLevel("info");
    await client.call("test_tool_with_logging");
    await client.sdk.subscribeResource({ uri: "test://watched-resource" });
    await client.call("touch_watched_resource");
    await client.call("test_trigger_tool_change");
    await vi.waitFor(
      () =>
        expect(client.notifications).toEqual([
          "notifications/message Tool execution started",
          "notifications/message Tool processing data",
          "notifications/message Tool execution completed",
          "notifications/resources/updated test://watched-resource",
          "notifications/tools/list_changed",
        ]),
      60_000,
    );
    await client.close();
  });

  it("notifies each of two subscribers of the modern era of its own subscription only", async () => {
    const [one, two] = [await connectV2(sidecar.url, "auto"), await connectV2(sidecar.url, "auto")];
    const listening = await Promise.all([
      one.sdk.listen({ toolsListChanged: true }),
      two.sdk.listen({ resourceSubscriptions: ["test://watched-resource"] }),
    ]);
    await one.call("touch_watched_resource");
    await two.call("test_trigger_tool_change");
    await vi.waitFor(() => {
      expect(one.notifications).toEqual(["notifications/tools/list_changed"]);
      expect(two.notifications).toEqual(["notifications/resources/updated test://watched-resource"]);
    }, 60_000);
    await Promise.all(listening.map((stream) => stream.close()));
    await Promise.all([one.close(), two.close()]);
  });
});

describe("server-everything over stdio", () => {
  let sidecar: TestSidecar;

  beforeAll(async () => {
    sidecar = await startSidecar({ command: [process.execPath, EVERYTHING, "stdio"] });
  });

  describeClients(() => sidecar.url, itServesEverything);
  itNotifiesOfEverything(() => sidecar.url);
});
