/** The lint of words, part of `npm run check`: `node tools/words/lint.ts [PATH...]`. With paths it reads the files below them alone. */

import { globSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describeFindings } from "./find-words.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const CODE = "{src,test,scripts,tools,docs,dashboards,console}/**/*.ts";
const TEXT = "{*.md,{docs,policies,deploy,src,scripts,tools,dashboards}/**/*.md}";
/** The list of patterns is made of what it forbids. */
const EXEMPT = new Set(["tools/words/patterns.ts"]);

const starts = process.argv.slice(2);
const findings = globSync([CODE, TEXT], { cwd: ROOT, exclude: ["**/node_modules/**"] })
  .filter((path) => !EXEMPT.has(path))
  .filter((path) => starts.length === 0 || starts.some((start) => path.startsWith(start)))
  .toSorted()
  .flatMap((path) => describeFindings(path, readFileSync(join(ROOT, path), "utf8")));

for (const finding of findings) console.error(finding);
process.exitCode = findings.length === 0 ? 0 : 1;
