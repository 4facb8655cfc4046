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
/** Only `npm run bench:console` has a bar of time: others must pass on a machine that is busy. */
const MOST_MS = Number(process.env["FLEET_BAR_MS"] ?? Infinity);
const LOADS = 5;

/** Decisions of one agent that the page shows at once; "Show more" shows others. */
const SHOWN_EACH = Math.min(CALLS_EACH, 20);

let browser: Browser;
let stage: ConsoleSidecar;
/** Loads of the page while the sidecar remembers two decisions of each agent. */
let few: readonly PageLoad[];
beforeAll(async () => {
  await buildConsole();
  browser = await launchChromium();
  stage = await startConsoleSidecar();
  await stage.list();
  for (let round = 0; round < CALLS_EACH; round += 1) {
    if (round === 2) few = await loadConsole();
    await Promise.all(
      Array.from({ length: AGENTS }, (_, agent) =>
        stage.call(round % 2 === 0 ? "ListBatches" : "Query", {}, `agent-${agent}`),
      ),
    );
  }
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

  it("make the page neither larger nor longer to load with each decision that is remembered", async () => {
    const many = await loadConsole();
    const words = `useful after ${ofMedian(many, "usefulMs")} ms, with ${2 * AGENTS} after ${ofMedian(few, "usefulMs")} ms`;
    console.log(`${AGENTS * CALLS_EACH} decisions of ${AGENTS} agents: ${words}`);
    for (const cost of ["requests", "elements", "bytes"] as const)
      expect(ofMedian(many, cost) / ofMedian(few, cost), cost).toBeLessThan(1.2);
    expect(ofMedian(many, "usefulMs")).toBeLessThan(MOST_MS);
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

/** One load of the page, until the time when the first decision can be clicked. */
interface PageLoad {
  readonly usefulMs: number;
  readonly elements: number;
  readonly requests: number;
  readonly bytes: number;
}

/** Notes the time in the page itself, since a question of the test would come late, and cost time. */
const NOTE_USEFUL = `new MutationObserver((_, observer) => {
  if (document.querySelector(".decisions button") === null) return;
  globalThis.usefulMs = performance.now();
  observer.disconnect();
}).observe(document, { childList: true, subtree: true })`;

const READ_LOAD = `(() => {
  const resources = performance.getEntriesByType("resource");
  return {
    usefulMs: Math.round(globalThis.usefulMs),
    elements: document.querySelectorAll("*").length,
    requests: resources.length,
    bytes: resources.reduce((sum, { encodedBodySize }) => sum + encodedBodySize, 0),
  };
})()`;

async function loadConsole(): Promise<readonly PageLoad[]> {
  const loads: PageLoad[] = [];
  for (let load = 0; load < LOADS; load += 1) {
    const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
    const page = await context.newPage();
    await page.addInitScript(NOTE_USEFUL);
    await page.goto(`${stage.sidecar.adminUrl}/`);
    await page.getByText("live", { exact: true }).waitFor();
    await page.getByRole("region", { name: "Calls by tool and agent" }).waitFor();
    await page.getByRole("list", { name: "Latest decisions" }).getByRole("button").first().waitFor();
    loads.push(await page.evaluate<PageLoad>(READ_LOAD));
    await context.close();
  }
  return loads;
}

function ofMedian(loads: readonly PageLoad[], cost: keyof PageLoad): number {
  const sorted = loads.map((load) => load[cost]).toSorted((one, other) => one - other);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
