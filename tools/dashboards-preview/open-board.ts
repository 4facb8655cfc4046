/** Opens a board in headless Chromium and waits until Grafana's components have drawn it. */

import { readFileSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { type Browser, chromium, type Page } from "playwright-core";
import type { PageServer } from "./serve.ts";

export const BOARDS = ["overview", "fleet", "agents", "tool", "denials", "sidecar"];

const WIDTH = 1600;
/** Height of one row of the grid, including the space below it. */
const ROW_PX = 38;
const HEAD_PX = 150;
/** Time for the last render. */
const SETTLE_MS = 1_500;
const DRAWN_MS = 300_000;
const CHROMIUM = "/usr/bin/chromium";
const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

export interface Shown {
  readonly from: string;
  readonly to: string;
  /** Value of the variable `tool` of the board Tool. */
  readonly tool: string;
}

export interface OpenBoard {
  readonly tab: Page;
  /** From the first request to the last byte of the last answer, without the time to settle. */
  readonly drawnMs: number;
  /** Questions to Prometheus. */
  readonly queries: number;
  /** Texts that stand where a value is missing. */
  readonly placeholders: readonly string[];
  /** Addresses of links in cells. */
  readonly links: readonly (string | null)[];
  /** Errors of the page. */
  readonly complaints: ReadonlySet<string>;
}

export function launchChromium(): Promise<Browser> {
  return chromium.launch({ executablePath: CHROMIUM, args: FLAGS });
}

export async function openBoard(
  browser: Browser,
  { url }: PageServer,
  board: string,
  { from, to, tool }: Shown,
): Promise<OpenBoard> {
  const viewport = { width: WIDTH, height: heightOf(board) };
  const tab = await browser.newPage({ viewport, timezoneId: "UTC" });
  tab.setDefaultTimeout(DRAWN_MS);
  const complaints = new Set<string>();
  let queries = 0;
  tab.on("pageerror", (error) => complaints.add(String(error)));
  tab.on("console", (message) => {
    if (message.type() === "error")
      complaints.add(`${message.text().split("\n")[0]} ${message.location().url}`);
  });
  tab.on("request", (request) => {
    if (request.url().includes("/prometheus/")) queries += 1;
  });
  const chosen = board === "tool" ? { "var-tool": tool } : undefined;
  const startMs = performance.now();
  await tab.goto(`${url}/?${new URLSearchParams({ board, from, to, ...chosen })}`);
  await tab.waitForLoadState("networkidle");
  // Annotations are queried last.
  await tab.waitForFunction("Number(document.body.dataset.annotations) >= 4");
  await tab.waitForLoadState("networkidle");
  const drawnMs = performance.now() - startMs;
  await pause(SETTLE_MS);
  const links = await tab
    .locator("a[href*='var-']")
    .evaluateAll((all) => all.map((link) => link.getAttribute("href")));
  const text = await tab.innerText("body");
  const placeholders = [...text.matchAll(/No data|Value #[A-Z]|undefined|NaN/g)].map(([found]) => found);
  return { tab, drawnMs, queries, placeholders, links, complaints };
}

export function brokenLinks(links: readonly (string | null)[]): readonly (string | null)[] {
  return links.filter((link) => link === null || /=(?:&|$)|\$\{/.test(link));
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
