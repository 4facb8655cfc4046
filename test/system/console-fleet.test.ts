/** The console at 200 agents: every agent is reachable, and a filter and a decision have an address. */

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type axe from "axe-core";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { buildConsole } from "../../scripts/build-console.ts";
import { launchChromium } from "../fixtures/chromium.ts";
import { openConsole, overflowPx } from "../fixtures/console-page.ts";
import { startConsoleSidecar, type ConsoleSidecar } from "../fixtures/console-sidecar.ts";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const AGENTS = 200;
const CALLS_EACH = Number(process.env["FLEET_CALLS"] ?? 10);

/** Decisions of one agent on a page: the sidecar keeps the latest 10,000 of all agents, and shows 100 at once. */
const SHOWN_EACH = Math.min(CALLS_EACH, 10_000 / AGENTS, 100);

let browser: Browser;
let stage: ConsoleSidecar;
beforeAll(async () => {
  await buildConsole();
  browser = await launchChromium();
  stage = await startConsoleSidecar();
  await stage.list();
  for (let round = 0; round < CALLS_EACH; round += 1)
    await Promise.all(
      Array.from({ length: AGENTS }, (_, agent) =>
        stage.call(round % 2 === 0 ? "ListBatches" : "Query", {}, `agent-${agent}`),
      ),
    );
}, 120_000);
afterAll(async () => {
  await browser.close();
  await stage.stop();
});

describe("200 agents", () => {
  it.each([360, 1440])(
    "are all reachable in the table, whose first column stays, at %i pixels",
    async (width) => {
      const { page, errors, close } = await openConsole(browser, stage.sidecar.adminUrl, {
        viewport: { width, height: 800 },
      });
      const region = page.getByRole("region", { name: "Calls by tool and agent" });
      await region.getByRole("button", { name: /^\d+ other agents/ }).click();
      await expect.poll(() => region.getByRole("columnheader").count()).toBeGreaterThan(36);
      await region.evaluate((element) => element.scrollTo(100_000, 0));
      const first = await region.getByRole("rowheader", { name: "Query" }).boundingBox();
      const held = await region.boundingBox();
      expect(Math.abs((first?.x ?? 0) - (held?.x ?? 1_000))).toBeLessThan(3);
      await page.getByLabel("Find agent or tool").fill("agent-199");
      await region.getByRole("columnheader", { name: "agent-199" }).waitFor();
      expect(await region.getByRole("columnheader").count()).toBe(3);
      expect(await overflowPx(page)).toBe(0);
      await page.evaluate(AXE);
      const { violations } = await page.evaluate<axe.AxeResults>("axe.run()");
      expect(violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)])).toEqual([]);
      expect(errors).toEqual([]);
      await close();
    },
  );

  it("are found as one types, and the filter and the open decision have an address", async () => {
    const { page, close } = await openConsole(browser, stage.sidecar.adminUrl);
    const filters = page.getByRole("form", { name: "Filter decisions" });
    await filters.getByRole("combobox", { name: "Agent" }).fill("agent-123");
    const list = page.getByRole("list", { name: "Latest decisions" });
    await expect.poll(() => list.getByRole("button").count()).toBe(SHOWN_EACH);
    await list.getByRole("button").first().click();
    await page.getByText("In the order in which the policy asks").waitFor();
    const address = page.url();
    expect(address).toMatch(/\?agent=agent-123&decision=\S+$/);
    await page.goto("about:blank");
    await page.goto(address);
    await page.getByText("In the order in which the policy asks").waitFor();
    await expect.poll(() => list.getByRole("button").count()).toBe(SHOWN_EACH);
    expect(await page.locator(".explained").innerText()).toContain("UTC");
    await close();
  });

  it("show their latest decisions, after a time that is noted", async () => {
    const { page, close } = await openConsole(browser, stage.sidecar.adminUrl);
    await page.getByRole("list", { name: "Latest decisions" }).getByRole("button").first().waitFor();
    const shownMs: number = await page.evaluate("performance.now()");
    // A figure to read, and no bar: the machine may be busy.
    console.log(
      `${AGENTS * CALLS_EACH} decisions of ${AGENTS} agents: useful after ${Math.round(shownMs)} ms`,
    );
    await close();
  });

  it("have each call found by its id, though newer ones have left it out of the list", async () => {
    const response = await fetch(`${stage.sidecar.adminUrl}/decisions?limit=1000&agent=agent-0`);
    const { decisions }: { decisions: { id: string }[] } = JSON.parse(await response.text());
    const { page, close } = await openConsole(browser, stage.sidecar.adminUrl);
    await page.getByLabel("Id of a call").fill(decisions.at(-1)?.id ?? "");
    await page.keyboard.press("Enter");
    await page.getByText("In the order in which the policy asks").waitFor();
    expect(await page.locator(".explained").innerText()).toContain("agent-0");
    await page.getByRole("button", { name: "Close it" }).click();
    await expect.poll(() => page.locator(".explained").count()).toBe(0);
    await close();
  });
});
