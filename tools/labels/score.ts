/** Scores the classifier: `node tools/labels/score.ts LABELS.json [--errors] [--servers A,B]`. Exits 1 when a bar is missed. */

import { parseArgs } from "node:util";
import { curveOf, figuresOf } from "./bars.ts";
import { type Judged, judge, readLabelledTools, VIEWS, type ViewName } from "./labelled-tools.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { errors: { type: "boolean", default: false }, servers: { type: "string" } },
});
const [path] = positionals;
if (path === undefined) {
  console.error("usage: node tools/labels/score.ts LABELS.json [--errors] [--servers A,B]");
  process.exit(2);
}
const servers = values.servers?.split(",");
const tools = readLabelledTools(path).filter(({ server }) => servers?.includes(server) ?? true);
const views = Object.keys(VIEWS).filter((name): name is ViewName => name in VIEWS);

console.log(`${tools.length} tools of ${new Set(tools.map(({ server }) => server)).size} servers`);
for (const view of views) {
  const figures = figuresOf(tools, view);
  console.log(
    `${view.padEnd(25)} ${figures.map(({ text, isReached }) => (isReached ? text : `${text} MISSED`)).join("; ")}`,
  );
  if (values.errors) judge(tools, view).filter(isWrong).forEach(printError);
  if (figures.some(({ isReached }) => !isReached)) process.exitCode = 1;
}
for (const { confidence, right, count } of curveOf(tools)) {
  console.log(`confidence ${confidence.toFixed(2)}: ${right} of ${count} right`);
}

function isWrong({ isRight, guess, tool }: Judged): boolean {
  return !isRight && !tool.also.includes(guess.category);
}

function printError({ tool, guess }: Judged): void {
  const label = [tool.label, ...tool.also].join(" or ");
  console.log(
    `  ${tool.server} ${tool.name}: ${label}, guessed ${guess.category} (${guess.confidence}): ${guess.reason}`,
  );
}
