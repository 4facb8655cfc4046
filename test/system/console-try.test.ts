/** The console tries a policy, filters by time, and finds tools; each filter has an address. */

import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { buildConsole } from "../../scripts/build-console.ts";
import { launchChromium } from "../fixtures/chromium.ts";
import { openConsole, overflowPx } from "../fixtures/console-page.ts";
import { type ConsoleSidecar, startConsoleSidecar } from "../fixtures/console-sidecar.ts";

const EXTRA = Array.from({ length: 120 }, (_, nth) => `Extra${nth}`);

let browser: Browser;
let stage: ConsoleSidecar;
beforeAll(async () => {
  await buildConsole();
  browser = await launchChromium();
  stage = await startConsoleSidecar({}, EXTRA);
  await stage.list();
  for (let call = 0; call < 3; call += 1) await stage.call("ListBatches", {}, "ada");
  await stage.call("RunBatch", { size: 60 }, "bob");
});
afterAll(async () => {
  await browser.close();
  await stage.stop();
});

describe.each([360, 1440])("at %i pixels", (width) => {
  const viewport = { width, height: 800 };

  it("shows the calls that another policy would have denied, and opens one", async () => {
    const { page, errors, close } = await openConsole(browser, stage.sidecar.adminUrl, { viewport });
    const rule = { conditions: [{ path: "args.size", op: "gt", value: 50 }] };
    const policy = { version: "1", default: "allow", tools: { RunBatch: { deny_if: [rule] } } };
    await page.getByRole("textbox", { name: "Policy" }).fill(JSON.stringify(policy));
    await page.getByRole("button", { name: "Try it on the latest calls" }).click();
    await page.getByText(/^Of 4 calls, policy [0-9a-f]{12} would not have let 1 pass; 3 stay/).waitFor();
    const group = page.getByRole("list", { name: "Calls under this policy" }).getByRole("listitem");
    expect(await group.innerText()).toMatch(
      /bob → RunBatch 1 call\s+allow →\s+becomes\s+deny condition, \/tools\/RunBatch/,
    );
    await group.getByRole("button").click();
    await page.getByText("In the order in which the policy asks").waitFor();
    expect(page.url()).toContain("decision=");
    await page.getByRole("textbox", { name: "Policy" }).fill("{");
    await page.getByRole("button", { name: "Try it on the latest calls" }).click();
    await page.getByRole("alert").filter({ hasText: "policy" }).waitFor();
    expect(await overflowPx(page)).toBe(0);
    expect(errors).toEqual([]);
    await close();
  });

  it("keeps a range of times and a search of tools in the address", async () => {
    const { page, close } = await openConsole(browser, stage.sidecar.adminUrl, { viewport });
    const list = page.getByRole("list", { name: "Latest decisions" });
    await list.getByRole("button").first().waitFor();
    await page.getByLabel("To your time").fill("2020-01-01T00:00");
    await page.getByText("No decision matches the filter.").waitFor();
    await page.getByText("of the past").waitFor();
    await page.getByLabel("To your time").fill("");
    await page.getByLabel("From your time").fill("2020-01-01T00:00");
    await list.getByRole("button").first().waitFor();
    await page.getByText(/^All 126 tools$/).click();
    const tools = page.getByRole("list", { name: "Listed tools" });
    await expect.poll(() => tools.locator("> li").count()).toBe(50);
    await page.getByLabel("Find tool or category").fill("extra11");
    await expect.poll(() => tools.locator("> li").count()).toBe(11);
    expect(page.url()).toMatch(/\?since=\S+&tools=extra11$/);
    await page.reload();
    await expect.poll(() => tools.locator("> li").count()).toBe(11);
    expect(await overflowPx(page)).toBe(0);
    await close();
  });
});
