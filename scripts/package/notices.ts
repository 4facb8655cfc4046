/** The licences and notices of the packages in a bundle, which must be distributed with their code. */

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Metafile } from "esbuild";
import * as z from "zod";

const MANIFEST = z.object({ name: z.string(), version: z.string(), license: z.string().optional() });
/** Divider between two notices. */
export const DIVIDER = `\n${"-".repeat(78)}\n\n`;

/** Lists the packages that contribute code, as folders relative to the project root. */
export function listPackages({ outputs }: Metafile): string[] {
  const files = Object.values(outputs).flatMap(({ inputs }) => Object.keys(inputs));
  const folders = files.map((file) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file)?.[0]);
  return [...new Set(folders.filter((folder) => folder !== undefined))].toSorted();
}

/** Renders one text. @throws when a package has no licence file */
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
