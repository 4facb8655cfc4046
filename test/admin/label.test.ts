/** `/tools/label` shows the policy lines that correct a label, and writes them to the file that the settings name. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { type ConsoleSidecar, startConsoleSidecar } from "../fixtures/console-sidecar.ts";
import { temporaryFolder } from "../fixtures/lifetime.ts";

const TOKEN = "an-admin-token-of-32-characters!";

let stage: ConsoleSidecar;
afterEach(() => stage.stop());

async function start(config: string): Promise<void> {
  stage = await startConsoleSidecar({ config, environment: { TOLLGATE_ADMIN_TOKEN: TOKEN } });
  await stage.list();
}

async function ask(path: string, { body, token = TOKEN }: { body?: object; token?: string } = {}) {
  const response = await fetch(stage.sidecar.adminUrl + path, {
    method: body === undefined ? "GET" : "POST",
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  return { status: response.status, json: JSON.parse(await response.text()) };
}

const BODY = { by: "operator", reason: "seen", tool: "ExportAll", category: "execute" };

describe("correcting a label", () => {
  it("shows the lines without a file for them, and writes none", async () => {
    await start("");
    const { json } = await ask("/tools/label?tool=RunBatch&category=write");
    expect(json).toMatchObject({ tool: "RunBatch", category: "write", file: null, written: false });
    expect(parse(json.lines)).toEqual(json.policy);
    expect(json.policy.tools.RunBatch.limits).toHaveLength(1);
    expect(await ask("/tools/label", { body: BODY })).toMatchObject({ status: 409 });
    expect(await ask("/tools/label?tool=none&category=write")).toMatchObject({ status: 404 });
    expect((await ask("/tools/label?tool=RunBatch&category=writes")).json.error).toContain(
      'did you mean "write"?',
    );
  });

  it("adds them to the file with the admin token, and records who did it", async () => {
    const file = join(temporaryFolder(), "corrections.yaml");
    await start(`labels: { corrections-file: ${file} }\n`);
    expect(await ask("/tools/label", { body: BODY, token: "x".repeat(32) })).toMatchObject({ status: 401 });
    const { status, json } = await ask("/tools/label", { body: BODY });
    expect([status, json.written, json.file]).toEqual([200, true, file]);
    expect(json.note).toContain("denies this tool");
    const document = parse(readFileSync(file, "utf8"));
    expect(document).toEqual({
      version: "1",
      tools: { ExportAll: { category: "execute", action: "deny" } },
    });
    expect(stage.sidecar.audit().at(-1)).toMatchObject({
      control: { action: "label", by: "operator", reason: "seen" },
      tool: "ExportAll",
      category: "execute",
    });
  });

  it("reports a file that cannot be written", async () => {
    const file = join(temporaryFolder(), "none", "corrections.yaml");
    await start(`labels: { corrections-file: ${file} }\n`);
    const { status, json } = await ask("/tools/label", { body: BODY });
    expect(status).toBe(500);
    expect(json.error).toContain("corrections.yaml");
  });
});
