/** A sidecar whose settings name a webhook: the receiver is notified, and no call waits for it. */

import { describe, expect, it } from "vitest";
import { parseSettings } from "../../src/config/settings/parse-settings.ts";
import { startConsoleSidecar } from "../fixtures/console-sidecar.ts";
import { atEnd, temporaryFile } from "../fixtures/lifetime.ts";
import { serveOnLoopback } from "../fixtures/loopback-server.ts";
import { until } from "../fixtures/start-sidecar.ts";

const SECRET = temporaryFile("secret", "a-secret-of-more-than-22-characters\n");

const webhook = (url: string, file = SECRET) =>
  `approvals: { webhook: { url: "${url}", secret-file: "${file}" } }\n`;

describe("approvals.webhook", () => {
  it("receives a waiting call without argument values, and need not respond", async () => {
    let body = "";
    const receiver = await serveOnLoopback((request) => {
      request.setEncoding("utf8").on("data", (chunk: string) => (body += chunk));
    });
    atEnd(receiver.close);
    const stage = await startConsoleSidecar({ config: webhook(receiver.url) });
    atEnd(stage.stop);
    expect((await stage.call("DropTable", { table: "s3cr3t" })).isDenied).toBe(true);
    await until(() => body.endsWith("}"));
    expect(JSON.parse(body)).toMatchObject({
      agent: "batch-runner",
      tool: "DropTable",
      arguments: { names: ["table"], bytes: 18 },
      console: null,
    });
    expect(body).not.toContain("s3cr3t");
  });

  it.each([
    ["ftp://example.com/x?token=hush", SECRET, "approvals.webhook.url: must be an http or https URL"],
    [
      "https://example.com/x",
      temporaryFile("short", "short\n"),
      "approvals.webhook.secret-file: must hold 22 or more characters",
    ],
    [
      "https://example.com/x",
      `${SECRET}-missing`,
      "approvals.webhook.secret-file: cannot be read: no such file; check the path",
    ],
  ])("refuses %s with %s, and repeats no secret", (url, file, problem) => {
    const config = temporaryFile("config.yaml", webhook(url, file));
    const flags = { upstream: "http://127.0.0.1:1/mcp", config };
    const parsed = parseSettings({ flags, environment: {}, isTerminal: false });
    expect(parsed).toMatchObject({ ok: false, problems: [expect.stringContaining(problem)] });
    expect(JSON.stringify(parsed)).not.toContain("hush");
  });
});
