import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openWatchedFile, type FileReading } from "../../../src/config/files/watched-file.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "tollgate-watched-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** A file that holds a number is good. */
function parseNumber(bytes: Buffer | undefined): FileReading<number> {
  const value = Number(bytes?.toString());
  return Number.isNaN(value) ? { ok: false, problems: ["is no number"] } : { ok: true, value };
}

function watch(path: string) {
  const opened = openWatchedFile({ paths: [path], parse: parseNumber });
  if (!opened.ok) throw new Error(opened.problems.join());
  const changes: number[] = [];
  const problems: (readonly string[])[] = [];
  const timer = { everyMs: 0, tick: (): void => undefined };
  opened.file.start(
    {
      onChanged: (value) => void changes.push(value),
      onProblems: (each) => void problems.push(each),
    },
    (poll, everyMs) => {
      Object.assign(timer, { everyMs, tick: poll });
      return () => undefined;
    },
  );
  expect(timer.everyMs).toBe(1_000);
  return {
    changes,
    problems,
    file: opened.file,
    tick: () => timer.tick(),
    /** Long enough for a change to be seen twice. */
    settle: () => [1, 2].forEach(() => timer.tick()),
  };
}

describe("a watched file", () => {
  it("is read at once, and a problem at the start is a problem", () => {
    expect(openWatchedFile({ paths: [join(folder, "none")], parse: parseNumber })).toEqual({
      ok: false,
      problems: [`${join(folder, "none")}: cannot be read: no such file; check the path`],
    });
  });

  it("is parsed again only when its bytes have changed", () => {
    const path = join(folder, "n");
    writeFileSync(path, "1");
    const { changes, tick, file } = watch(path);
    tick();
    writeFileSync(path, "1");
    tick();
    expect(changes).toEqual([]);
    writeFileSync(path, "2");
    tick();
    tick();
    expect(changes).toEqual([2]);
    expect(file.current()).toBe(2);
  });

  it("is believed when it was seen twice: half of it may be good as well", () => {
    const path = join(folder, "n");
    writeFileSync(path, "1");
    const { changes, tick } = watch(path);
    for (const half of ["2", "23", "234"]) {
      writeFileSync(path, half);
      tick();
    }
    expect(changes).toEqual([]);
    tick();
    expect(changes).toEqual([234]);
  });

  it("is believed at once by who asks for it now", () => {
    const path = join(folder, "n");
    writeFileSync(path, "1");
    const { changes, file } = watch(path);
    writeFileSync(path, "2");
    file.poll();
    expect(changes).toEqual([2]);
  });

  it.each([
    ["bad", (path: string) => writeFileSync(path, "x")],
    ["deleted", unlinkSync],
    [
      "a folder",
      (path: string) => {
        unlinkSync(path);
        mkdirSync(path);
      },
    ],
  ])("keeps its last good reading when it is %s, says so once, and goes on watching", (_what, spoil) => {
    const path = join(folder, "n");
    writeFileSync(path, "1");
    const { changes, problems, settle, file } = watch(path);
    spoil(path);
    settle();
    settle();
    expect(file.current()).toBe(1);
    expect(problems.length).toBe(1);
    expect(file.problems()).toEqual(problems[0]);
    rmSync(path, { recursive: true, force: true });
    writeFileSync(path, "3");
    settle();
    expect(changes).toEqual([3]);
    expect(file.problems()).toEqual([]);
  });

  it("notices each swap of a symlink, as Kubernetes updates a volume", () => {
    const path = join(folder, "n");
    const swapTo = (version: string): void => {
      const data = join(folder, version);
      mkdirSync(data);
      writeFileSync(join(data, "n"), version);
      symlinkSync(version, join(folder, "..tmp"));
      renameSync(join(folder, "..tmp"), join(folder, "..data"));
    };
    swapTo("1");
    symlinkSync(join("..data", "n"), path);
    const { changes, settle } = watch(path);
    for (const version of ["2", "3", "4"]) {
      swapTo(version);
      settle();
    }
    expect(changes).toEqual([2, 3, 4]);
  });
});
