/** Approvals in a real browser when many calls wait: 85 calls of 60 agents, judged, found, and rejected together. */

import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import type axe from "axe-core";
import type { Browser } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { buildConsole } from "../../scripts/build-console.ts";
import { createKey } from "../../src/config/files/key-file.ts";
import { launchChromium } from "../fixtures/chromium.ts";
import { type OpenConsole, openConsole, overflowPx } from "../fixtures/console-page.ts";
import { CONSOLE_POLICY, startConsoleSidecar, type ConsoleSidecar } from "../fixtures/console-sidecar.ts";
import { temporaryFile } from "../fixtures/lifetime.ts";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
/** Several screens; the page of these calls had 24,000 pixels when each call had a card of its own. */
const MOST_PIXELS = { 360: 2_600, 1440: 2_400 };

const POLICY = {
  ...CONSOLE_POLICY,
  tools: { ...CONSOLE_POLICY.tools, ListBatch: { category: "read", action: "approve" } },
};

let browser: Browser;
beforeAll(async () => {
  await buildConsole();
  browser = await launchChromium();
});
afterAll(() => browser.close());

/** 60 agents: 40 ask for the same DropTable, 20 for one of their own, and 25 ask for ListBatch too. */
async function askMany(stage: ConsoleSidecar): Promise<void> {
  for (let agent = 0; agent < 60; agent += 1) {
    const table = agent < 40 ? "samples" : `own-${agent}`;
    await stage.call("DropTable", { table, password: "hunter2" }, `agent-${agent}`);
    if (agent < 25) await stage.call("ListBatch", { batch: agent }, `agent-${agent}`);
  }
}

function dropSamples(stage: ConsoleSidecar, agent: string) {
  return stage.call("DropTable", { table: "samples", password: "hunter2" }, agent);
}

describe.each([360, 1440] as const)("85 waiting calls of 60 agents, at %i pixels", (width) => {
  let stage: ConsoleSidecar;
  let console: OpenConsole;
  beforeEach(async () => {
    stage = await startConsoleSidecar({ policy: POLICY });
    await stage.list();
    await askMany(stage);
    console = await openConsole(browser, stage.sidecar.adminUrl, { viewport: { width, height: 800 } });
    await console.page.getByText("85 calls of 60 agents, 46 different ones").waitFor();
    await console.page.locator("#by-approvals").fill("operator");
  });
  afterEach(async () => {
    expect(console.errors).toEqual([]);
    await console.close();
    await stage.stop();
  });

  it("fit a few screens, the worst kind of call first, and are accessible", async () => {
    const { page } = console;
    await page.getByRole("table").waitFor();
    const first = page.getByRole("list", { name: "Waiting calls" }).getByRole("listitem").first();
    expect(await first.innerText()).toMatch(/40 agents → DropTable\s+40 equal calls\s+destructive/);
    expect(await first.innerText()).toContain('"samples"');
    expect(await page.locator("body").innerText()).not.toContain("hunter2");
    // Their own section: other sections of the page have their own length.
    const section = page.getByRole("region", { name: "Approvals" });
    const { height: pixels = Infinity } = (await section.boundingBox()) ?? {};
    globalThis.console.log(`85 waiting calls at ${width} pixels: a section of ${pixels} pixels`);
    expect(pixels).toBeLessThan(MOST_PIXELS[width]);
    expect(await overflowPx(page)).toBe(0);
    await first.locator("summary").click();
    await page.evaluate(AXE);
    const { violations } = await page.evaluate<axe.AxeResults>("axe.run()");
    expect(violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)])).toEqual([]);
  });

  it("are found by tool, agent and value, and those that are found are rejected together", async () => {
    const { page } = console;
    const search = page.getByRole("searchbox", { name: /^Find tool/ });
    await search.fill("own-4");
    await page.getByRole("button", { name: "Reject these 10 calls…" }).click();
    await page.getByRole("button", { name: "Yes, reject these 10 calls" }).click();
    await page.getByText("Rejected 10 calls.").waitFor();
    await search.fill("");
    await page.getByText("75 calls of 50 agents").waitFor();
    await page.getByRole("button", { name: /^ListBatch 25$/ }).click();
    await page.getByRole("button", { name: "Reject these 25 calls…" }).waitFor();
    const rejected = stage.sidecar.audit().filter((line) => line["control"] !== undefined);
    expect(rejected).toHaveLength(10);
    expect(rejected[0]).toMatchObject({ control: { action: "reject", by: "operator" }, tool: "DropTable" });
  });

  it("are decided one by one within a card of equal calls, or rejected as one", async () => {
    const { page } = console;
    const first = page.getByRole("list", { name: "Waiting calls" }).getByRole("listitem").first();
    await first.locator("summary").click();
    await first.getByRole("button", { name: "Approve the call of agent-7", exact: true }).click();
    await page.getByText("Approved: the next such call passes, once.").waitFor();
    expect((await dropSamples(stage, "agent-7")).isDenied).toBe(false);
    expect((await dropSamples(stage, "agent-8")).isDenied).toBe(true);
    await page.getByRole("button", { name: "Reject all 39" }).click();
    await page.getByText("Rejected 39 calls.").waitFor();
    expect((await dropSamples(stage, "agent-8")).text).toContain("Do not retry");
  });
});

describe("a call that waits", () => {
  it("is shown with its values, and as stale once its policy has changed", async () => {
    const policy = temporaryFile("policy.json", CONSOLE_POLICY);
    const stage = await startConsoleSidecar({ policy: undefined, flags: { policy } });
    const { page, close } = await openConsole(browser, stage.sidecar.adminUrl);
    await stage.call("DropTable", { table: "samples", rows: Array.from({ length: 9 }, (_, row) => row) });
    await page.getByText('"samples"').waitFor();
    await page.getByText("Proven by").waitFor();
    await page.getByText("4 more values").click();
    await page.getByText("args.rows[8]").waitFor();
    writeFileSync(policy, JSON.stringify(POLICY));
    stage.sidecar.reload();
    await page.getByText("Stale: the policy has changed since.").waitFor();
    expect(await page.getByRole("button", { name: "Approve this call" }).count()).toBe(0);
    expect(await page.getByText("waiting for you").count()).toBe(0);
    await close();
    await stage.stop();
  });

  it("needs two people where the settings say so, and takes their names from their tokens", async () => {
    const people = { alice: createKey("alice"), bob: createKey("bob") };
    const file = temporaryFile("operators.yaml", `${people.alice.line}\n${people.bob.line}\n`);
    const config = `admin: { tokens-file: ${JSON.stringify(file)} }\napprovals: { approvers: 2 }\n`;
    const stage = await startConsoleSidecar({ config });
    await stage.call("DropTable", { table: "samples" });
    const approveAs = async (key: string, words: string): Promise<void> => {
      const { page, close } = await openConsole(browser, stage.sidecar.adminUrl);
      await page.getByRole("button", { name: "Enter the admin token" }).click();
      await page.getByRole("dialog").getByLabel("Token").fill(key);
      await page.keyboard.press("Enter");
      await page
        .getByText(/You are (alice|bob), proven/)
        .first()
        .waitFor();
      await page.getByRole("button", { name: "Approve this call" }).click();
      await page.getByText(words).waitFor();
      await close();
    };
    await approveAs(people.alice.key, "Counted: 1 more person must approve it.");
    await approveAs(people.alice.key, "another person must approve it too");
    await approveAs(people.bob.key, "Approved: the next such call passes, once.");
    expect((await stage.call("DropTable", { table: "samples" })).isDenied).toBe(false);
    await stage.stop();
  });
});
