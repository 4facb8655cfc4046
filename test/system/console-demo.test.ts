/** The console of the running demo. */

import { PassThrough } from "node:stream";
import { expect, it } from "vitest";
import { buildConsole } from "../../scripts/build-console.ts";
import { runDemo } from "../../src/commands/demo.ts";
import { startSidecar } from "../../src/sidecar/sidecar.ts";
import { launchChromium } from "../fixtures/chromium.ts";
import { openConsole } from "../fixtures/console-page.ts";
import { until } from "../fixtures/start-sidecar.ts";

it("shows the demo's agents, its denials as they happen, and why", async () => {
  await buildConsole();
  const browser = await launchChromium();
  const [stdout, stderr, end] = [new PassThrough(), new PassThrough(), new AbortController()];
  let shown = "";
  stdout.on("data", (chunk: Buffer) => (shown += chunk.toString()));
  const running = runDemo(["--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0"], {
    startSidecar,
    stdout,
    stderr,
    signal: end.signal,
  });
  const address = (): string | undefined => /console\s+(http:\S+)\/\n/.exec(shown)?.[1];
  await until(() => address() !== undefined);
  const { page, errors } = await openConsole(browser, address() ?? "");
  await page.getByRole("rowheader", { name: "StartAHORunBatch" }).waitFor();
  expect(await page.getByRole("rowgroup").nth(1).innerText()).toMatch(/^execute/i);
  await page.getByLabel("Reason").first().selectOption("hidden");
  const denial = page.getByRole("button", { name: /deny curious-intern DeleteAHOBatch hidden/ }).first();
  await denial.click();
  await page.getByText('take "DeleteAHOBatch" out of `hide`').waitFor();
  expect(errors).toEqual([]);
  await browser.close();
  end.abort();
  expect(await running).toBe(0);
});
