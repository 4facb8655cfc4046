/** The file of the keys that bind session ids to their agents. */

import { type FileReading, openWatchedFile, type OpenedFile } from "./watched-file.ts";

/** At least one key; the first one seals, each one opens. */
export type SessionKeys = readonly [string, ...string[]];

const MIN_LENGTH = 32;
const MAX_LENGTH = 1_024;
const MAX_KEYS = 8;

export function openSessionKeyFile(path: string): OpenedFile<SessionKeys> {
  return openWatchedFile({
    paths: [path],
    parse: (bytes) => parseSessionKeys(path, bytes?.toString("utf8") ?? ""),
  });
}

/** One key a line; empty lines are nothing. Problems hold no part of a key. */
export function parseSessionKeys(path: string, text: string): FileReading<SessionKeys> {
  const [first, ...others] = text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
  if (first === undefined) return problem(path, ADVICE);
  const keys: SessionKeys = [first, ...others];
  if (keys.length > MAX_KEYS) return problem(path, `must have at most ${MAX_KEYS} keys, one a line`);
  const index = keys.findIndex((key) => !isKey(key));
  if (index !== -1) return problem(path, `key ${index + 1}: ${ADVICE}`);
  return new Set(keys).size === keys.length
    ? { ok: true, value: keys }
    : problem(path, "has a key twice; write it once");
}

const ADVICE = `must be ${MIN_LENGTH} to ${MAX_LENGTH} visible characters; make one with: openssl rand -base64 32`;

function isKey(key: string): boolean {
  return key.length >= MIN_LENGTH && key.length <= MAX_LENGTH && /^[!-~]+$/.test(key);
}

function problem(path: string, words: string): FileReading<SessionKeys> {
  return { ok: false, problems: [`${path}: ${words}`] };
}
