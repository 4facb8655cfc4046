/** The console is accessible in every look, and stays in shape whatever agents are called. */

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
const LONG = "x".repeat(10_000);
const MARKUP = `<img src=x onerror="document.title='owned'"><script>document.title='owned'</script>`;
const RIGHT_TO_LEFT = "\u202Etxt.exe \u05E9\u05DC\u05D5\u05DD \u2066hidden\u2069";
const HOSTILE = [
  MARKUP,
  RIGHT_TO_LEFT,
  LONG,
  "javascript:alert(1)",
  "{{7*7}}",
  "\u0000\u001B[31m",
  "a".repeat(300),
];

let browser: Browser;
beforeAll(async () => {
  await buildConsole();
  browser = await launchChromium();
});
afterAll(() => browser.close());

const LOOKS = [
  { width: 360, colorScheme: "light" },
  { width: 360, colorScheme: "dark" },
  { width: 1440, colorScheme: "light" },
  { width: 1440, colorScheme: "dark" },
] as const;

describe("axe", () => {
  let stage: ConsoleSidecar;
  beforeAll(async () => {
    stage = await startConsoleSidecar();
    await stage.list();
    await stage.call("Query");
    await stage.call("RunBatch", { size: 250 });
    await stage.call("DropTable");
    const headers = { "content-type": "application/json" };
    const body = JSON.stringify({ agent: "night-job", by: "operator", minutes: 30 });
    await fetch(`${stage.sidecar.adminUrl}/freeze`, { method: "POST", headers, body });
  });
  afterAll(() => stage.stop());

  it.each(LOOKS)("finds no fault at $width pixels, $colorScheme", async ({ width, colorScheme }) => {
    const { page, close } = await openConsole(browser, stage.sidecar.adminUrl, {
      viewport: { width, height: 800 },
      colorScheme,
    });
    await page.getByRole("button", { name: /RunBatch condition/ }).click();
    await page.getByText("To let it pass").waitFor();
    await page.getByText("Approve this call").waitFor();
    await page.getByRole("table").waitFor();
    await page.evaluate(AXE);
    const results = await page.evaluate<axe.AxeResults>("axe.run()");
    expect(results.passes.length).toBeGreaterThan(20);
    expect(results.violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)])).toEqual([]);
    await close();
  });
});

describe.each([360, 1440])("names that were chosen to do harm, at %i pixels", (width) => {
  it("are shown as text, and break nothing", async () => {
    const tools = HOSTILE.map((name) => name.slice(0, 1_000));
    const stage = await startConsoleSidecar({ settings: {} }, tools);
    await stage.list();
    for (const name of HOSTILE) {
      await stage.claim(name, "Query", { [name]: name });
      await stage.claim("plain", name.slice(0, 1_000));
    }
    await stage.claim(MARKUP, "DropTable", { [MARKUP]: MARKUP, [LONG]: 1 });
    const body = JSON.stringify({ agent: MARKUP, tool: RIGHT_TO_LEFT, reason: MARKUP, by: MARKUP });
    const headers = { "content-type": "application/json" };
    await fetch(`${stage.sidecar.adminUrl}/freeze`, { method: "POST", headers, body });
    const { page, errors, foreignRequests, close } = await openConsole(browser, stage.sidecar.adminUrl, {
      viewport: { width, height: 800 },
    });
    await page.getByRole("table").waitFor();
    await page.getByText("Approve this call").waitFor();
    for (const summary of await page.locator("button.summary").all()) {
      await summary.click();
      await page.locator(".explained").waitFor();
      expect(await overflowPx(page)).toBe(0);
    }
    await page.getByText(/^All \d+ tools$/).click();
    expect(await overflowPx(page)).toBe(0);
    const text = await page.locator("body").innerText();
    expect(text).toContain("<img src=x onerror=");
    expect(text).toContain("‹U+202E›txt.exe");
    expect(text).toContain("more characters");
    expect(text).not.toMatch(/[\u202A-\u202E\u2066-\u2069]/);
    expect(await page.locator("#console img, #console script, #console iframe").count()).toBe(0);
    expect(await page.title()).toBe("Tollgate");
    expect([...errors, ...foreignRequests]).toEqual([]);
    await close();
    await stage.stop();
  });
});
