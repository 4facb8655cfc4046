/** Writes the table of policies/README.md from the policies and the recorded tool lists: `node tools/pages/policies-table.ts`. */

import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { readPolicyFile } from "../../src/config/files/policy-file.ts";
import { STAGES } from "../../test/security/policies/stages/stages.ts";
import { readToolList, TOOL_LISTS } from "../../test/fixtures/tool-list.ts";

const POLICIES = new URL("../../policies/", import.meta.url);
const README = new URL("README.md", POLICIES);
const BEGIN = "<!-- table: node tools/pages/policies-table.ts -->\n\n";
const END = "\n<!-- end of table -->";

export function readPoliciesReadme(): string {
  return readFileSync(README, "utf8");
}

/** Replaces the table in the text by a current one. */
export function fillPoliciesTable(text: string): string {
  const begin = text.indexOf(BEGIN);
  const end = text.indexOf(END, begin);
  if (begin < 0 || end < 0) throw new Error("policies/README.md: the marks around the table are missing");
  const head =
    "| file | server, version checked | protects | rules | checked | attacked |\n| --- | --- | --- | ---: | --- | --- |\n";
  return text.slice(0, begin) + BEGIN + head + TOOL_LISTS.map(row).join("") + text.slice(end);
}

function row(name: string): string {
  const file = `${name}.json`;
  const read = readPolicyFile(fileURLToPath(new URL(file, POLICIES)));
  if (!read.ok) throw new Error(read.problems.join("\n"));
  const { server, version, registry, recorded } = readToolList(name);
  const hidden = read.policy.document.hide?.length ?? 0;
  const cells = [
    `[\`${file}\`](${file})`,
    `${server} ${version}${registry === undefined ? "" : ` (${registry})`}`,
    protection(read.policy.document.description ?? ""),
    String(read.policy.rules.length + hidden),
    registry === undefined ? `recorded ${recorded}` : recorded,
    attacked(name),
  ];
  return `| ${cells.join(" | ")} |\n`;
}

function attacked(name: string): string {
  const stage = STAGES[name];
  return stage === undefined ? "by schema only: no registry has it" : `live, with ${stage.standIn}`;
}

/** Returns the sentence after the one that names the server. */
function protection(description: string): string {
  const [, sentence = ""] = description.split(/(?<=\.) (?=[A-Z])/);
  return sentence
    .replace(/^Protects /, "")
    .replace(/\.$/, "")
    .replaceAll("|", "\\|");
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  writeFileSync(README, fillPoliciesTable(readPoliciesReadme()));
