/** The licences and notices of the packages inside a bundle, which must go where their code goes. */

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Metafile } from "esbuild";
import * as z from "zod";

const MANIFEST = z.object({ name: z.string(), version: z.string(), license: z.string().optional() });
/** Between two of them. */
export const DIVIDER = `\n${"-".repeat(78)}\n\n`;

/** Folders of the packages of which something was taken, from the root of the project. */
export function listPackages({ outputs }: Metafile): string[] {
  const files = Object.values(outputs).flatMap(({ inputs }) => Object.keys(inputs));
  const folders = files.map((file) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file)?.[0]);
  return [...new Set(folders.filter((folder) => folder !== undefined))].toSorted();
}

/** One text. @throws when a package says nothing about its licence. */
export function renderNotices(root: string, folders: readonly string[]): string {
  return folders.map((folder) => noticeOf(join(root, folder))).join(DIVIDER);
}

function noticeOf(folder: string): string {
  const { name, version, license } = MANIFEST.parse(
    JSON.parse(readFileSync(join(folder, "package.json"), "utf8")),
  );
  const files = readdirSync(folder).filter((file) => /^(?:licen[cs]e|notice|copying)(?:[.-]|$)/i.test(file));
  if (license === undefined && files.length === 0) throw new Error(`${folder}: has no licence`);
  const texts = files.toSorted().map((file) => readFileSync(join(folder, file), "utf8").trim());
  return `${name} ${version} (${license ?? "see below"})\n\n${texts.join("\n\n")}\n`;
}
