/** `tollgate demo` on a real pseudo-terminal of several sizes, resized while it runs, and ended by Ctrl-C. */

import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { HOW_TO_END, TITLE } from "../../src/commands/demo/frame.ts";
import { startOnPty, type Pty } from "../fixtures/pty.ts";
import { until } from "../fixtures/start-sidecar.ts";

const MAIN = fileURLToPath(new URL("../../src/main.ts", import.meta.url));
const DEMO = `"${process.execPath}" "${MAIN}" demo`;
const CTRL_C = "\u0003";

const SIZES: readonly (readonly [number, number])[] = [
  [80, 24],
  [60, 20],
  [200, 50],
];

/** Asserts that the screen holds one frame and nothing else, once the frame that is being drawn is whole. */
async function expectOneFrame(pty: Pty): Promise<void> {
  await expect
    .poll(() => frameOf(pty), { timeout: 60_000 })
    .toEqual({
      heading: TITLE,
      headings: 1,
      addresses: 1,
      endings: 1,
      below: "",
      isAlternate: true,
      scrolledLines: 0,
    });
}

function frameOf({ screen }: Pty) {
  const lines = screen.lines();
  const count = (text: string): number => lines.filter((line) => line.includes(text)).length;
  return {
    heading: lines[0],
    headings: count(TITLE),
    addresses: count("console      http"),
    endings: count(HOW_TO_END),
    below: lines.slice(lines.indexOf(HOW_TO_END) + 1).join(""),
    isAlternate: screen.isAlternate(),
    scrolledLines: screen.scrolledLines(),
  };
}

/** Waits until the table has rows, and `times` more frames. */
async function frames(pty: Pty, times: number): Promise<void> {
  await until(() => pty.screen.lines().some((line) => line.includes("StartAHORun")));
  const count = (): number => pty.output().split("\u001B[H").length;
  const before = count();
  await until(() => count() >= before + times);
}

async function endByCtrlC(pty: Pty): Promise<void> {
  pty.type(CTRL_C);
  expect(await pty.ended).toBe(0);
  const after = pty.output().split("\u001B[?1049l")[1] ?? "";
  expect(pty.screen.isAlternate()).toBe(false);
  expect(pty.output()).toContain("\u001B[?25h");
  expect(after).toContain("Which agents called which execute tools");
  expect(after).toContain("tollgate demo --open");
  expect(pty.output()).not.toMatch(/^\s+at .*:\d+:\d+\)?\r?$/m);
}

describe("tollgate demo on a terminal", () => {
  it.each(SIZES)("redraws in place at %i columns and %i rows, and ends by Ctrl-C", async (columns, rows) => {
    const pty = await startOnPty(DEMO, columns, rows);
    await frames(pty, 4);
    await expectOneFrame(pty);
    await endByCtrlC(pty);
  });

  it("draws one whole frame after each change of the window's size", async () => {
    const pty = await startOnPty(DEMO, 200, 50);
    await frames(pty, 1);
    for (const [columns, rows] of [...SIZES, [100, 30], [60, 20], [80, 24]] as const) {
      pty.resize(columns, rows);
      await frames(pty, 2);
      await expectOneFrame(pty);
    }
    await endByCtrlC(pty);
  });

  it("opens the console with --open, at the address that it shows", async () => {
    const folder = mkdtempSync(join(tmpdir(), "tollgate-demo-"));
    const opened = join(folder, "opened");
    writeFileSync(join(folder, "xdg-open"), `#!/bin/sh\necho "$1" > "${opened}"\n`, { mode: 0o755 });
    const pty = await startOnPty(`env PATH="${folder}:$PATH" ${DEMO} --open`, 80, 24);
    const url = (): string => {
      try {
        return readFileSync(opened, "utf8").trim();
      } catch {
        return "";
      }
    };
    await until(() => url() !== "");
    await frames(pty, 1);
    expect(pty.screen.lines()).toContain(`console      ${url()}`);
    await endByCtrlC(pty);
  });
});
