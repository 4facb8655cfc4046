/** Draws the pictures of the console in docs/console, from a sidecar with traffic, in headless Chromium. */

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { Browser, Page } from "playwright-core";
import { launchChromium } from "../../test/fixtures/chromium.ts";
import {
  startConsoleSidecar,
  type ConsoleSidecar,
  CONSOLE_POLICY,
} from "../../test/fixtures/console-sidecar.ts";
import { buildConsole } from "../../scripts/build-console.ts";

const TARGET = resolve(import.meta.dirname, "../../docs/console");
const HEIGHT = 1_350;

mkdirSync(TARGET, { recursive: true });
await buildConsole();
// The page shows the path of the policy as it was given; this one is short.
const folder = mkdtempSync(join(tmpdir(), "tollgate-pictures-"));
process.chdir(folder);
writeFileSync("batches.json", JSON.stringify(CONSOLE_POLICY));
const stage = await startConsoleSidecar({ flags: { policy: "batches.json", server: "batches" } });
const browser = await launchChromium();
try {
  await produceTraffic(stage);
  await draw("desktop-light", { width: 1440, colorScheme: "light" });
  await draw("desktop-dark", { width: 1440, colorScheme: "dark" });
  await draw("phone-light", { width: 360, colorScheme: "light" });
  await draw("phone-dark", { width: 360, colorScheme: "dark" });
} finally {
  await browser.close();
  await stage.stop();
  rmSync(folder, { recursive: true });
}

/** Produces an example of everything that the console shows. */
async function produceTraffic({ call, list, sidecar }: ConsoleSidecar): Promise<void> {
  await list();
  for (let count = 0; count < 12; count += 1) await call("RunBatch", { size: 10 });
  for (let count = 0; count < 23; count += 1) await call("Query", { query: "up" }, "capacity-planner");
  for (let count = 0; count < 4; count += 1) await call("ListBatches", {}, "capacity-planner");
  for (const tool of ["DeleteBatch", "ExportAll", "DropEverything"]) await call(tool, {}, "curious-intern");
  await call("DropTable", { table: "samples_2025", reason: "moved" }, "curious-intern");
  const body = {
    agent: "night-job",
    reason: "runs the same batch again and again",
    by: "on-call",
    minutes: 45,
  };
  await fetch(`${sidecar.adminUrl}/freeze`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  await call("Query", { query: "up" }, "night-job");
  await call("RunBatch", { size: 250 }, "capacity-planner");
}

interface Look {
  readonly width: number;
  readonly colorScheme: "light" | "dark";
}

async function draw(name: string, { width, colorScheme }: Look): Promise<void> {
  const page = await open(browser, { width, colorScheme });
  await page
    .getByRole("button", { name: /RunBatch condition/ })
    .first()
    .click();
  await page.getByText("To let it pass").waitFor();
  await page.evaluate("window.scrollTo(0, 0)");
  await page.screenshot({ path: join(TARGET, `${name}.png`) });
  await page.context().close();
}

async function open(from: Browser, { width, colorScheme }: Look): Promise<Page> {
  const context = await from.newContext({
    viewport: { width, height: HEIGHT },
    colorScheme,
    locale: "en-GB",
  });
  const page = await context.newPage();
  await page.goto(`${stage.sidecar.adminUrl}/`);
  await page.getByText("Approve this call").waitFor();
  await page.getByRole("table").waitFor();
  return page;
}
