/** The console in a real browser: a denial appears, a call is approved, an agent is frozen. */

import type { Browser } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { buildConsole } from "../../scripts/build-console.ts";
import { launchChromium } from "../fixtures/chromium.ts";
import { type OpenConsole, openConsole, overflowPx } from "../fixtures/console-page.ts";
import { startConsoleSidecar, type ConsoleSidecar } from "../fixtures/console-sidecar.ts";

const TOKEN = "an-admin-token-of-32-characters!";

let browser: Browser;
beforeAll(async () => {
  await buildConsole();
  browser = await launchChromium();
});
afterAll(() => browser.close());

describe.each([360, 1440])("at %i pixels", (width) => {
  let stage: ConsoleSidecar;
  let console: OpenConsole;
  beforeEach(async () => {
    stage = await startConsoleSidecar();
    console = await openConsole(browser, stage.sidecar.adminUrl, { viewport: { width, height: 800 } });
  });
  afterEach(async () => {
    expect(console.errors).toEqual([]);
    expect(console.foreignRequests).toEqual([]);
    expect(await overflowPx(console.page)).toBe(0);
    await console.close();
    await stage.stop();
  });

  it("says in words that each list is empty", async () => {
    const { page } = console;
    for (const words of [
      "No call waits for a person.",
      "Nobody has called a tool in the last hour.",
      "Nothing was decided yet.",
      "Nothing is frozen.",
      "The server has listed no tool yet.",
    ])
      await page.getByText(words).waitFor();
  });

  it("shows a denial as it is made, and explains it", async () => {
    const { page } = console;
    await page.getByText("live", { exact: true }).waitFor();
    await stage.call("RunBatch", { size: 250 });
    await page.getByRole("button", { name: /deny batch-runner RunBatch condition/ }).click();
    await page.getByText("args.size gt 100: holds").waitFor();
    await page.getByText("make the call not meet `args.size gt 100`").waitFor();
    expect(await page.getByText("250").count()).toBe(0);
  });

  it("shows the policy lines that correct a label", async () => {
    const { page } = console;
    await stage.list();
    await page.reload();
    await page.getByText("All 6 tools").click();
    const tool = page.getByRole("listitem").filter({ hasText: "ExportAll" }).last();
    await tool.getByText("Correct this label").click();
    await tool.getByRole("combobox").selectOption("execute");
    await tool.getByText("category: execute").waitFor();
    await tool.getByText("This entry denies this tool, as the policy does now").waitFor();
    expect(await tool.getByRole("button", { name: /Write to/ }).count()).toBe(0);
  });

  it("approves a waiting call, which passes once", async () => {
    const { page } = console;
    const drop = () => stage.call("DropTable", { table: "samples" });
    expect((await drop()).isDenied).toBe(true);
    await page.getByRole("button", { name: "Approve this call" }).click();
    await page.getByText("say who you are first").waitFor();
    await page.locator("#by-approvals").fill("operator");
    await page.getByRole("listitem").getByLabel("Reason").fill("is a copy");
    await page.getByRole("button", { name: "Approve this call" }).click();
    await page.getByText("Approved: the next such call passes, once.").waitFor();
    expect(stage.executed).toEqual([]);
    expect((await drop()).isDenied).toBe(false);
    expect(stage.executed).toEqual(["DropTable"]);
    expect((await drop()).isDenied).toBe(true);
    const control = stage.sidecar.audit().find((line) => line["control"] !== undefined);
    expect(control).toMatchObject({ control: { action: "approve", by: "operator", reason: "is a copy" } });
  });

  it("rejects a waiting call", async () => {
    const { page } = console;
    await stage.call("DropTable", { table: "samples" });
    await page.locator("#by-approvals").fill("operator");
    await page.getByRole("button", { name: "Reject" }).click();
    await page.getByText("Rejected.").waitFor();
    expect((await stage.call("DropTable", { table: "samples" })).isDenied).toBe(true);
    await page.getByRole("button", { name: /deny batch-runner DropTable approval_rejected/ }).waitFor();
  });

  it("freezes an agent, whose calls are then refused, and lifts the freeze", async () => {
    const { page } = console;
    const form = page.getByRole("form", { name: "Freeze calls" });
    await form.getByRole("combobox", { name: /^Agent/ }).fill("batch-runner");
    await form.getByLabel("Reason").fill("runaway");
    await form.getByLabel("Minutes").fill("30");
    await form.getByLabel("Your name").fill("operator");
    await form.getByRole("button", { name: "Freeze this agent" }).click();
    await page.getByText("1 freeze on").waitFor();
    expect((await stage.call("Query")).text).toContain("runaway");
    expect((await stage.call("Query", {}, "another")).isDenied).toBe(false);
    await page.getByRole("button", { name: /deny batch-runner Query frozen/ }).waitFor();
    await page.getByRole("button", { name: "Lift" }).click();
    await page.getByText("Nothing is frozen.").waitFor();
    expect((await stage.call("Query")).isDenied).toBe(false);
  });

  it("freezes everything by a control of its own, which asks first, and says what stays frozen", async () => {
    const { page } = console;
    const form = page.getByRole("form", { name: "Freeze calls" });
    expect(await form.getByRole("button", { name: "Name an agent or a tool" }).isDisabled()).toBe(true);
    await form.getByRole("combobox", { name: /^Agent/ }).fill("batch-runner");
    await form.getByText("no agent of this name has called in the last hour").waitFor();
    await form.getByLabel("Your name").fill("operator");
    await form.getByRole("button", { name: "Freeze this agent" }).click();
    await page.getByText("1 freeze on").waitFor();
    await page.getByRole("button", { name: "Freeze everything…" }).click();
    await page.getByRole("button", { name: "Yes, freeze every call" }).click();
    await page.getByText("2 freezes on").waitFor();
    expect((await stage.call("Query", {}, "another")).isDenied).toBe(true);
    const every = page.getByRole("listitem").filter({ hasText: "every agent → every tool" });
    await every.getByRole("button", { name: "Lift" }).click();
    await page.getByText("Lifted. Still frozen: batch-runner.").waitFor();
    expect((await stage.call("Query", {}, "another")).isDenied).toBe(false);
  });

  it("shows which agent called which tool, and links to the decisions", async () => {
    const { page } = console;
    await stage.list();
    await stage.call("Query");
    await stage.call("RunBatch", { size: 101 }, "planner");
    await page.reload();
    const region = page.getByRole("region", { name: "Calls by tool and agent" });
    await region
      .getByRole("row", { name: /RunBatch/ })
      .getByRole("button", { name: /1 denied/ })
      .click();
    const list = page.getByRole("list", { name: "Latest decisions" });
    await expect.poll(() => list.getByRole("button").count()).toBe(1);
    expect(await list.innerText()).toContain("planner");
    await page.getByText("ListBatch", { exact: true }).waitFor();
  });

  it("can be used by keyboard alone", async () => {
    const { page } = console;
    await stage.call("Query");
    const summary = page.getByRole("button", { name: /allow batch-runner Query/ });
    await summary.waitFor();
    for (let presses = 0; presses < 60; presses += 1) {
      await page.keyboard.press("Tab");
      if (await summary.evaluate((element) => element.matches(":focus-visible"))) break;
    }
    await page.keyboard.press("Enter");
    await page.getByText("In the order in which the policy asks").waitFor();
    expect(await summary.getAttribute("aria-expanded")).toBe("true");
  });
});

describe("with an admin token", () => {
  let stage: ConsoleSidecar;
  let console: OpenConsole;
  beforeEach(async () => {
    stage = await startConsoleSidecar({ environment: { TOLLGATE_ADMIN_TOKEN: TOKEN } });
    console = await openConsole(browser, stage.sidecar.adminUrl);
  });
  afterEach(async () => {
    expect(console.errors).toEqual([]);
    await console.close();
    await stage.stop();
  });

  it("asks for the token when it is needed, asks again when it was wrong, and stores it nowhere", async () => {
    const { page } = console;
    await stage.call("DropTable", { table: "samples" });
    await page.getByRole("button", { name: "Enter the admin token" }).click();
    const dialog = page.getByRole("dialog", { name: "Admin token" });
    await dialog.getByLabel("Token").fill("wrong");
    await dialog.getByRole("button", { name: "Go on" }).click();
    await dialog.getByText("The sidecar refused this token.").waitFor();
    await dialog.getByLabel("Token").fill(TOKEN);
    await page.keyboard.press("Enter");
    await page.locator("#by-approvals").fill("operator");
    await page.getByRole("button", { name: "Approve this call" }).click();
    await page.getByText("Approved: the next such call passes, once.").waitFor();
    const kept: string = await page.evaluate(
      "JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie, location.href])",
    );
    expect(kept).toContain("operator");
    expect(kept).not.toContain(TOKEN);
  });

  it("changes nothing without the token", async () => {
    const { page } = console;
    await stage.call("DropTable", { table: "samples" });
    await page.getByRole("button", { name: "Enter the admin token" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Cancel" }).click();
    await page
      .getByText("Pending approvals need the admin token to be shown; other pages also take the read token.")
      .waitFor();
    expect(await page.getByRole("button", { name: "Approve this call" }).count()).toBe(0);
    expect((await stage.call("DropTable", { table: "samples" })).isDenied).toBe(true);
  });
});

describe("the console of a sidecar with a fault", () => {
  it("describes the fault in words", async () => {
    const stage = await startConsoleSidecar({ upstream: "http://127.0.0.1:1/mcp" });
    const { page, close } = await openConsole(browser, stage.sidecar.adminUrl);
    await page.getByText("Not ready: the upstream at 127.0.0.1:1 does not accept connections").waitFor();
    await stage.stop();
    await page.getByText("Not ready: the sidecar does not answer").waitFor();
    await close();
  });
});
