/** Plays a Dockerfile without an engine: its files are copied and its commands run in a folder that stands for each stage. */

import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";

export interface Instruction {
  readonly name: string;
  /** Lines that a backslash joins are one. */
  readonly text: string;
}

export interface Stage {
  readonly from: string;
  readonly name: string;
  readonly instructions: readonly Instruction[];
}

/** The stages, each from its FROM to the next; ARGs before a FROM belong to the stage before it. */
export function stagesOf(dockerfile: string): Stage[] {
  const lines = dockerfile
    .split("\n")
    .filter((line) => !line.startsWith("#"))
    .join("\n")
    .replaceAll(/\\\n\s*/g, " ")
    .split("\n")
    .filter((line) => line.trim() !== "");
  const stages: { from: string; name: string; instructions: Instruction[] }[] = [];
  for (const line of lines) {
    const [name = "", ...words] = line.split(/\s+/);
    const text = line.slice(name.length).trim();
    if (name === "FROM") stages.push({ from: words[0] ?? "", name: words[2] ?? "", instructions: [] });
    else stages.at(-1)?.instructions.push({ name, text });
  }
  return stages;
}

export interface Play {
  /** The folder that COPY takes its files from. */
  readonly context: string;
  /** The folder that stands for `/` of this stage. */
  readonly root: string;
  /** The roots of earlier stages, by name. */
  readonly stages: Readonly<Record<string, string>>;
  /** RUN lines that match need the base image, and are not run. */
  readonly skip: RegExp;
}

/** Runs the COPY and RUN instructions of a stage. @throws when a source of a COPY is missing, or a command fails. */
export function playStage({ instructions }: Stage, play: Play): void {
  let workdir = "/";
  for (const { name, text } of instructions) {
    if (name === "WORKDIR") mkdirSync(join(play.root, (workdir = text)), { recursive: true });
    if (name === "COPY") copy(text.split(/\s+/), workdir, play);
    if (name === "RUN" && !play.skip.test(text))
      execFileSync("sh", ["-ec", text], {
        cwd: join(play.root, workdir),
        stdio: ["ignore", "ignore", "inherit"],
      });
  }
}

function copy(words: readonly string[], workdir: string, { context, root, stages }: Play): void {
  const [, stage] = /^--from=(\S+)$/.exec(words[0] ?? "") ?? [];
  const paths = stage === undefined ? words : words.slice(1);
  const base = stage === undefined ? context : (stages[stage] ?? "");
  const to = paths.at(-1) ?? "";
  const target = join(root, to.startsWith("/") ? to : join(workdir, to));
  for (const path of paths.slice(0, -1)) {
    const from = join(base, path);
    if (!existsSync(from)) throw new Error(`COPY ${words.join(" ")}: there is no ${path}`);
    cpSync(from, to.endsWith("/") ? join(target, basename(path)) : target, { recursive: true });
  }
}

/** The paths that a .dockerignore includes; it must begin with `*` and then list them, each after `!`. */
export function takenBy(dockerignore: string): string[] {
  const lines = dockerignore.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  if (lines[0] !== "*" || lines.slice(1).some((line) => !line.startsWith("!")))
    throw new Error(".dockerignore: must be `*` and then lines that begin with `!`");
  return lines.slice(1).map((line) => line.slice(1));
}

/** Copies the files that git lists and .dockerignore includes: the context of a build. */
export function copyContext(root: string, to: string): void {
  const taken = takenBy(readFileSync(join(root, ".dockerignore"), "utf8"));
  const listed = ["ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", ...taken];
  const files = execFileSync("git", listed, { cwd: root, encoding: "utf8" }).split("\0");
  for (const file of files.filter((name) => name !== "" && existsSync(join(root, name))))
    cpSync(join(root, file), join(to, file), { recursive: true });
}
