/** Draws what a terminal showed as SVG: `script -qec "npm run demo -- --for 30s" /dev/null | node tools/pictures/terminal.ts > docs/demo.svg`. */

import { text } from "node:stream/consumers";

const COLUMN_WIDTH = 8.4;
const LINE_HEIGHT = 18;
const MARGIN = 16;

const COLOURS: Readonly<Record<string, string>> = {
  "31": "#ff7b72",
  "32": "#7ee787",
  "33": "#e3b341",
  "35": "#d2a8ff",
  "36": "#79c0ff",
};

interface Style {
  readonly colour?: string;
  readonly isBold?: boolean;
  readonly isDim?: boolean;
}

/** A run of text in one style. */
interface Run extends Style {
  readonly text: string;
}

type Line = readonly Run[];

process.stdout.write(drawSvg(replayOutput(await text(process.stdin))));

/** The lines on the screen at the end. Only moves up are followed: they overwrite earlier lines. */
function replayOutput(output: string): readonly Line[] {
  const [head = "", ...pieces] = output.replaceAll("\r", "").split("\u001B[");
  let lines = write([[]], {}, head);
  let style: Style = {};
  for (const piece of pieces) {
    const [, number = "", command, plain = ""] = /^(\d*)([AJm])([^]*)$/.exec(piece) ?? [];
    if (command === undefined) throw new Error(`unknown terminal sequence: ${piece.slice(0, 10)}`);
    if (command === "A") lines = [...lines.slice(0, -1 - Number(number)), []];
    if (command === "m") style = applyCode(style, number);
    lines = write(lines, style, plain);
  }
  return lines.slice(0, lines.findLastIndex((line) => line.length > 0) + 1);
}

function write(lines: readonly Line[], style: Style, plain: string): readonly Line[] {
  const [first, ...rest] = plain.split("\n").map((part) => (part === "" ? [] : [{ ...style, text: part }]));
  return [...lines.slice(0, -1), [...(lines.at(-1) ?? []), ...(first ?? [])], ...rest];
}

function applyCode(style: Style, code: string): Style {
  if (code === "1") return { ...style, isBold: true };
  if (code === "2") return { ...style, isDim: true };
  const colour = COLOURS[code];
  return colour === undefined ? {} : { ...style, colour };
}

function drawSvg(lines: readonly Line[]): string {
  const columns = Math.max(...lines.map((runs) => runs.reduce((length, run) => length + run.text.length, 0)));
  const width = Math.ceil(columns * COLUMN_WIDTH + 2 * MARGIN);
  const height = lines.length * LINE_HEIGHT + 2 * MARGIN;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">`,
    `<rect width="${width}" height="${height}" rx="8" fill="#0d1117"/>`,
    `<g font-family="ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace" font-size="14" fill="#e6edf3" xml:space="preserve">`,
    ...lines.map((runs, index) => drawLine(runs, MARGIN + (index + 0.75) * LINE_HEIGHT)),
    "</g>",
    "</svg>",
    "",
  ].join("\n");
}

/** Each run has an explicit column, so a font of another width keeps columns aligned. */
function drawLine(runs: Line, y: number): string {
  let column = 0;
  const drawn = runs.map((run) => {
    const x = MARGIN + column * COLUMN_WIDTH;
    column += run.text.length;
    const length = `textLength="${(run.text.length * COLUMN_WIDTH).toFixed(1)}" lengthAdjust="spacingAndGlyphs"`;
    return `<tspan x="${x.toFixed(1)}" ${length}${attributes(run)}>${escapeXml(run.text)}</tspan>`;
  });
  return `<text y="${y}">${drawn.join("")}</text>`;
}

function attributes({ colour, isBold, isDim }: Style): string {
  const fill = colour === undefined ? "" : ` fill="${colour}"`;
  const weight = isBold === true ? ' font-weight="bold"' : "";
  return `${fill}${weight}${isDim === true ? ' fill-opacity="0.5"' : ""}`;
}

function escapeXml(value: string): string {
  return value.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
