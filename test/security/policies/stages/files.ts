/** Servers that work on files: each begins with the same folder, and what it does is read from there. */

import { execFileSync } from "node:child_process";
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";

import type { Stage } from "../stage.ts";

const FILES: Readonly<Record<string, string>> = {
  ".env": "SECRET=1",
  ".ssh/id": "secret key",
  ".github/w.yml": "plain workflow",
  ".git/hooks/keep": "hook",
  ".vscode/keep": "settings",
  "node_modules/keep": "module",
  "sub/key.pem": "secret key",
  "sub/a.txt": "plain",
  "sub/a.png": "plain picture",
};

function writeFiles(folder: string): void {
  for (const entry of readdirSync(folder)) rmSync(join(folder, entry), { recursive: true, force: true });
  for (const [file, text] of Object.entries(FILES)) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), text);
  }
}

/** Files that are not as they were. */
function changes(folder: string): readonly string[] {
  const now = readdirSync(folder, { recursive: true, encoding: "utf8" }).toSorted();
  const added = now.filter(
    (file) => !(file in FILES) && !Object.keys(FILES).some((one) => one.startsWith(`${file}/`)),
  );
  const changed = Object.entries(FILES).filter(
    ([file, text]) => !existsSync(join(folder, file)) || readFileSync(join(folder, file), "utf8") !== text,
  );
  return [...added.map((file) => `made ${file}`), ...changed.map(([file]) => `changed ${file}`)];
}

const GRAPH = [
  { type: "entity", name: "a", entityType: "t", observations: ["one"] },
  { type: "entity", name: "b", entityType: "t", observations: ["two"] },
];

/** Git that notes the arguments it is started with. */
const NOTING_GIT = `#!/bin/sh
{ printf 'git'; printf ' [%s]' "$@"; printf '\\n'; } | tr '\\n' ' ' >> "$HOME/../git.log"
echo >> "$HOME/../git.log"
exec /usr/bin/env -u GIT_PYTHON_GIT_EXECUTABLE "$REAL_GIT" "$@"
`;

export const FILE_STAGES: Readonly<Record<string, Stage>> = {
  filesystem: { standIn: "a folder of files", reset: writeFiles, observe: changes, readsText: true },
  memory: {
    standIn: "a graph of two entities",
    env: ({ folder }) => ({ MEMORY_FILE_PATH: join(folder, "graph.jsonl") }),
    reset: (folder) =>
      writeFileSync(join(folder, "graph.jsonl"), GRAPH.map((line) => JSON.stringify(line)).join("\n")),
    observe: (folder) => [readFileSync(join(folder, "graph.jsonl"), "utf8")],
    readsText: true,
  },
  git: {
    standIn: "a repository, and a git that notes its arguments",
    env: ({ folder }) => ({
      GIT_PYTHON_GIT_EXECUTABLE: join(folder, "../git"),
      REAL_GIT: execFileSync("which", ["git"], { encoding: "utf8" }).trim(),
      GIT_AUTHOR_NAME: "a",
      GIT_AUTHOR_EMAIL: "a@example.com",
      GIT_COMMITTER_NAME: "a",
      GIT_COMMITTER_EMAIL: "a@example.com",
    }),
    reset: (folder) => {
      const kept = join(folder, "../repositories");
      if (!existsSync(kept)) makeRepositories(folder, kept);
      for (const name of REPOSITORIES) {
        rmSync(join(folder, name), { recursive: true, force: true });
        cpSync(join(kept, name), join(folder, name), { recursive: true });
      }
      writeFileSync(join(folder, "../git.log"), "");
    },
    observe: (folder) => [
      ...readFileSync(join(folder, "../git.log"), "utf8")
        .split("\n")
        .filter((line) => line.trim() !== ""),
      ...REPOSITORIES.map((name) => lastCommit(join(folder, name))).filter((text) => text !== UNCHANGED),
    ],
    readsText: true,
  },
};

const REPOSITORIES = ["repo", "other"];
const UNCHANGED = "first commit\nHEAD -> main";

function lastCommit(cwd: string): string {
  return execFileSync("git", ["log", "-1", "--all", "--format=%B%D"], { cwd, encoding: "utf8" })
    .replaceAll(/\n+/g, "\n")
    .trim();
}

function makeRepositories(folder: string, kept: string): void {
  writeFileSync(join(folder, "../git"), NOTING_GIT);
  chmodSync(join(folder, "../git"), 0o755);
  for (const name of REPOSITORIES) {
    const cwd = join(kept, name);
    mkdirSync(cwd, { recursive: true });
    const git = (...args: readonly string[]): void =>
      void execFileSync("git", ["-c", "user.name=a", "-c", "user.email=a@example.com", ...args], {
        cwd,
        stdio: "ignore",
      });
    git("init", "-b", "main");
    writeFileSync(join(cwd, "a.txt"), "one\n");
    git("add", "a.txt");
    git("commit", "-m", "first commit");
    writeFileSync(join(cwd, "a.txt"), "two\n");
  }
}
