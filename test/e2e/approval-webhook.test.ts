/** A sidecar whose settings name a webhook: the receiver hears of the call, and the call never waits for the receiver. */

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseSettings } from "../../src/config/settings/parse-settings.ts";
import { startConsoleSidecar } from "../fixtures/console-sidecar.ts";
import { serveOnLoopback } from "../fixtures/loopback-server.ts";
import { until } from "../fixtures/start-sidecar.ts";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "tollgate-webhook-"));
  writeFileSync(join(folder, "secret"), "a-secret-of-more-than-22-characters\n");
  writeFileSync(join(folder, "short"), "short\n");
});
afterAll(() => rmSync(folder, { recursive: true }));

const webhook = (url: string, file = "secret") =>
  `approvals: { webhook: { url: "${url}", secret-file: "${join(folder, file)}" } }\n`;

describe("approvals.webhook", () => {
  it("is told of a call that waits, without values, while the receiver never answers", async () => {
    let body = "";
    const receiver = await serveOnLoopback((request) => {
      request.setEncoding("utf8").on("data", (chunk: string) => (body += chunk));
    });
    const stage = await startConsoleSidecar({ config: webhook(receiver.url) });
    expect((await stage.call("DropTable", { table: "s3cr3t" })).isDenied).toBe(true);
    await until(() => body.endsWith("}"));
    expect(JSON.parse(body)).toMatchObject({
      agent: "batch-runner",
      tool: "DropTable",
      arguments: { names: ["table"], bytes: 18 },
      console: null,
    });
    expect(body).not.toContain("s3cr3t");
    await stage.stop();
    receiver.close();
  });

  it.each([
    ["ftp://example.com/x?token=hush", "secret", "approvals.webhook.url: must be an http or https URL"],
    ["https://example.com/x", "short", "approvals.webhook.secret-file: must hold 22 or more characters"],
    [
      "https://example.com/x",
      "none",
      "approvals.webhook.secret-file: cannot be read: no such file; check the path",
    ],
  ])("refuses %s with %s, and repeats no secret", (url, file, problem) => {
    const config = join(folder, "config.yaml");
    writeFileSync(config, webhook(url, file));
    const flags = { upstream: "http://127.0.0.1:1/mcp", config };
    const parsed = parseSettings({ flags, environment: {}, isTerminal: false });
    expect(parsed).toMatchObject({ ok: false, problems: [expect.stringContaining(problem)] });
    expect(JSON.stringify(parsed)).not.toContain("hush");
  });
});
