/**
 * Draws each board of the demo's traffic as docs/dashboards/BOARD.png: `npm run dashboards:draw`.
 * `--fleet` opens each board over 40 servers that 200 agents call instead, and says how long that took; `--out FOLDER` keeps the pictures.
 */

import { mkdirSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import type { Browser } from "playwright-core";
import { type ObservedDemo, startObservedDemo } from "../../test/fixtures/observed-demo.ts";
import { startFilledPrometheus } from "../boards/filled-prometheus.ts";
import { bundlePage } from "./bundle.ts";
import { BOARDS, brokenLinks, launchChromium, openBoard, type Shown } from "./open-board.ts";
import { type PageServer, servePage } from "./serve.ts";

const FOLDER = fileURLToPath(new URL("../../docs/dashboards/", import.meta.url));
const PAST_MS = 100_000;
const LEAD_MS = 30_000;
const FLEET = { servers: 40, agents: 200 };
const HOUR_S = 3_600;
const INTERVAL_S = 30;

const { values } = parseArgs({
  options: {
    /** Minutes of traffic that the boards show. */
    minutes: { type: "string", default: "10" },
    /** URL of a Prometheus that already scrapes a demo. */
    prometheus: { type: "string" },
    fleet: { type: "boolean", default: false },
    /** Hours of samples of the fleet. */
    hours: { type: "string", default: "2" },
    out: { type: "string" },
    board: { type: "string", multiple: true, default: BOARDS },
  },
});

interface Source {
  readonly url: string;
  readonly shown: Shown;
  readonly stop?: () => Promise<void>;
}

const source = await (values.fleet ? fleetSource() : demoSource());
const page = await servePage(source.url, await bundlePage());
const browser = await launchChromium();
try {
  for (const board of values.board) await draw(browser, page, board);
} finally {
  await browser.close();
  await page.stop();
  await source.stop?.();
}

async function fleetSource(): Promise<Source> {
  const endS = Math.floor(Date.now() / 1000 / INTERVAL_S) * INTERVAL_S;
  const period = { endS, lengthS: Number(values.hours) * HOUR_S, intervalS: INTERVAL_S };
  const { url, stop } = await startFilledPrometheus(FLEET, period);
  return { url, stop, shown: { from: timeText(endS - HOUR_S), to: timeText(endS), tool: "StartThing1" } };
}

function timeText(seconds: number): string {
  return new Date(seconds * 1000).toISOString();
}

async function demoSource(): Promise<Source> {
  const shown = { from: `now-${values.minutes}m`, to: "now", tool: "ExecuteQuery" };
  if (values.prometheus !== undefined) return { url: values.prometheus, shown };
  const demo = await observe(Number(values.minutes));
  return { url: demo.prometheusUrl, shown, stop: demo.stop };
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

async function draw(browser: Browser, page: PageServer, board: string): Promise<void> {
  const { tab, drawnMs, queries, placeholders, links, complaints } = await openBoard(
    browser,
    page,
    board,
    source.shown,
  );
  const folder = values.out ?? (values.fleet ? undefined : FOLDER);
  const size = folder === undefined ? "" : ` ${await keep(tab, resolve(folder), board)} KB,`;
  console.log(
    `${board}:${size} drawn in ${(drawnMs / 1000).toFixed(1)} s with ${queries} queries, placeholders: ${list(placeholders)}, links in cells: ${links.length}, broken: ${list(brokenLinks(links))}`,
  );
  for (const complaint of complaints) console.log(`  ${complaint}`);
  await tab.close();
}

/** Writes the picture, and returns its size in KB. */
async function keep(
  tab: { screenshot: (options: { path: string; animations: "disabled" }) => Promise<unknown> },
  folder: string,
  board: string,
): Promise<number> {
  mkdirSync(folder, { recursive: true });
  const path = join(folder, `${board}.png`);
  await tab.screenshot({ path, animations: "disabled" });
  return Math.round(statSync(path).size / 1024);
}

function list(texts: readonly (string | null)[]): string {
  return texts.length === 0 ? "none" : texts.join(", ");
}
