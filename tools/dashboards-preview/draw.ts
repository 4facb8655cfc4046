/** Draws each board of the demo's traffic as docs/dashboards/BOARD.png: `npm run dashboards:draw`. */

import { mkdirSync, readFileSync, statSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { type Browser, chromium } from "playwright-core";
import { type ObservedDemo, startObservedDemo } from "../../test/fixtures/observed-demo.ts";
import { bundlePage } from "./bundle.ts";
import { type PageServer, servePage } from "./serve.ts";

const BOARDS = ["overview", "agents", "tool", "denials", "sidecar"];
const FOLDER = new URL("../../docs/dashboards/", import.meta.url);
const WIDTH = 1600;
/** Height of one row of the grid, including the space below it. */
const ROW_PX = 38;
const HEAD_PX = 150;
const PAST_MS = 100_000;
const LEAD_MS = 30_000;
/** Time for the last render. */
const SETTLE_MS = 1_500;
const CHROMIUM = "/usr/bin/chromium";
const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];
/** Variables that a reader would choose, by board. */
const CHOSEN: Readonly<Record<string, string>> = { tool: "var-tool=ExecuteQuery" };

const { values } = parseArgs({
  options: {
    /** Minutes of traffic that the boards show. */
    minutes: { type: "string", default: "10" },
    /** URL of a Prometheus that already scrapes a demo. */
    prometheus: { type: "string" },
    board: { type: "string", multiple: true, default: BOARDS },
  },
});

const demo = values.prometheus === undefined ? await observe(Number(values.minutes)) : undefined;
const page = await servePage(demo?.prometheusUrl ?? values.prometheus ?? "", await bundlePage());
const browser = await chromium.launch({ executablePath: CHROMIUM, args: FLAGS });
try {
  mkdirSync(FOLDER, { recursive: true });
  for (const board of values.board) await draw(browser, page, board);
} finally {
  await browser.close();
  await page.stop();
  await demo?.stop();
}

/** Runs the demo before the period that is shown, too short for its late behaviour; the period starts just before a restart. */
async function observe(minutes: number): Promise<ObservedDemo> {
  console.log(`the demo plays for ${minutes + 1} minutes`);
  const demo = await startObservedDemo();
  await pause(PAST_MS);
  await demo.restart();
  await pause(minutes * 60_000 - LEAD_MS);
  return demo;
}

async function draw(browser: Browser, { url }: PageServer, board: string): Promise<void> {
  const tab = await browser.newPage({
    viewport: { width: WIDTH, height: heightOf(board) },
    timezoneId: "UTC",
  });
  const complaints: string[] = [];
  tab.on("pageerror", (error) => complaints.push(String(error)));
  tab.on("console", (message) => {
    if (message.type() === "error")
      complaints.push(`${message.text().split("\n")[0]} ${message.location().url}`);
  });
  await tab.goto(`${url}/?board=${board}&from=now-${values.minutes}m&to=now&${CHOSEN[board] ?? ""}`);
  await tab.waitForLoadState("networkidle");
  // Annotations are queried last.
  await tab.waitForFunction("Number(document.body.dataset.annotations) >= 4");
  await tab.waitForLoadState("networkidle");
  await pause(SETTLE_MS);
  const path = fileURLToPath(new URL(`${board}.png`, FOLDER));
  await tab.screenshot({ path, animations: "disabled" });
  const links = await tab
    .locator("a[href*='var-']")
    .evaluateAll((all) => all.map((link) => link.getAttribute("href")));
  const broken = links.filter((link) => link === null || /=(?:&|$)|\$\{/.test(link));
  const text = await tab.innerText("body");
  const bad = [...text.matchAll(/No data|Value #[A-Z]|undefined|NaN/g)].map(([found]) => found);
  console.log(
    `${board}: ${Math.round(statSync(path).size / 1024)} KB, placeholders: ${list(bad)}, links in cells: ${links.length}, broken: ${list(broken)}`,
  );
  for (const complaint of new Set(complaints)) console.log(`  ${complaint}`);
  await tab.close();
}

function list(texts: readonly (string | null)[]): string {
  return texts.length === 0 ? "none" : texts.join(", ");
}

function heightOf(board: string): number {
  const { panels } = JSON.parse(
    readFileSync(new URL(`../../dashboards/${board}.json`, import.meta.url), "utf8"),
  );
  const rows: readonly number[] = panels.map(
    ({ gridPos }: { gridPos: { y: number; h: number } }) => gridPos.y + gridPos.h,
  );
  return Math.max(...rows) * ROW_PX + HEAD_PX;
}
