/** Draws a curve as SVG: diagrams side by side, both axes logarithmic, lines labelled at their end, colours for light and dark. */

import type { Curve, Panel, Point } from "./curve.ts";
import { endsOf, endTicksOf, type Span, spanOf, tickLabel, ticksOf } from "./scale-of-ten.ts";

const PANEL = { width: 300, height: 230, gap: 26 };
const INNER = { left: 44, right: 14, top: 44, bottom: 40 };
const BOTTOM = PANEL.height - INNER.bottom;
const MARGIN = 14;
/** Approximate width of a letter. */
const LETTER_WIDTH = 6;

const STYLE = `
text { font: 11px ui-sans-serif, system-ui, "Segoe UI", "DejaVu Sans", sans-serif; fill: #57606a }
.card { fill: #ffffff; stroke: #d0d7de }
.title { font-size: 13px; font-weight: 600; fill: #1f2328 }
.unit { fill: #57606a }
.grid { stroke: #d8dee4; stroke-width: 1 }
.base { stroke: #8c959f; stroke-width: 1 }
.line { fill: none; stroke-width: 2; stroke-linejoin: round; stroke-linecap: round }
.a { stroke: #0969da } .dot.a, .name.a { fill: #0969da; stroke: none }
.b { stroke: #bc4c00 } .dot.b, .name.b { fill: #bc4c00; stroke: none }
.c { stroke: #1a7f37 } .dot.c, .name.c { fill: #1a7f37; stroke: none }
@media (prefers-color-scheme: dark) {
text, .unit { fill: #9198a1 }
.card { fill: #0d1117; stroke: #3d444d }
.title { fill: #f0f6fc }
.grid { stroke: #262c36 }
.base { stroke: #656c76 }
.a { stroke: #4493f8 } .dot.a, .name.a { fill: #4493f8 }
.b { stroke: #f0883e } .dot.b, .name.b { fill: #f0883e }
.c { stroke: #3fb950 } .dot.c, .name.c { fill: #3fb950 }
}`;
const COLOURS = ["a", "b", "c"] as const;

/** Draws the whole picture. */
export function drawCurve(curve: Curve, points: readonly Point[]): string {
  const { panels, axis } = curve;
  const width = panels.length * (PANEL.width + PANEL.gap) - PANEL.gap + 2 * MARGIN;
  const height = PANEL.height + 2 * MARGIN;
  const label = `${panels.map(({ title }) => title).join(", ")} against ${axis}`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-label="${escapeXml(label)}">`,
    `<style>${STYLE}\n</style>`,
    `<rect class="card" x="0.5" y="0.5" width="${width - 1}" height="${height - 1}" rx="8"/>`,
    ...panels.map((panel, index) => {
      const x = MARGIN + index * (PANEL.width + PANEL.gap);
      return `<g transform="translate(${x} ${MARGIN})">\n${drawPanel(curve, panel, points)}\n</g>`;
    }),
    "</svg>",
    "",
  ].join("\n");
}

/** Draws one line of one diagram. */
interface Line {
  readonly label: string;
  readonly colour: (typeof COLOURS)[number];
  readonly dots: readonly Dot[];
}

interface Dot {
  readonly x: number;
  readonly y: number;
}

function drawPanel(
  { columns, axis }: Curve,
  { title, lines: named }: Panel,
  points: readonly Point[],
): string {
  const keys = Object.keys(named);
  const across = endsOf(points.map(({ at }) => at));
  const up = spanOf(points.flatMap(({ figures }) => keys.flatMap((key) => figures[key] ?? [])));
  const place: Place = { across, up };
  const lines = Object.entries(named).map(([key, label], index): Line => {
    const dots = points.flatMap(({ at, figures }) => {
      const value = figures[key];
      return value === null || value === undefined ? [] : [dotAt(at, value, place)];
    });
    return { label, colour: COLOURS[index] ?? "a", dots };
  });
  const unit = columns.find(({ key }) => key === keys[0])?.unit.replace("us", "µs") ?? "";
  return [
    `<text class="title" x="0" y="14">${escapeXml(title)} <tspan class="unit" font-weight="400">in ${unit}</tspan></text>`,
    ...ticksOf(up).map((value) => drawHorizontal(value, place)),
    ...endTicksOf(across).map((value) => drawVertical(value, place)),
    `<text x="${(INNER.left + PANEL.width - INNER.right) / 2}" y="${PANEL.height - 4}" text-anchor="middle">${escapeXml(axis)}</text>`,
    `<path class="base" d="M${INNER.left} ${BOTTOM}H${PANEL.width - INNER.right}"/>`,
    ...lines.map(drawLine),
    ...(lines.length > 1 ? drawLegend(lines) : []),
  ].join("\n");
}

interface Place {
  readonly across: Span;
  readonly up: Span;
}

function dotAt(at: number, value: number, { across, up }: Place): Dot {
  const [width, height] = [PANEL.width - INNER.left - INNER.right, PANEL.height - INNER.top - INNER.bottom];
  return {
    x: INNER.left + width * shareOf(at, across),
    y: INNER.top + height * (1 - shareOf(value, up)),
  };
}

function shareOf(value: number, { from, to }: Span): number {
  return (Math.log10(value) - Math.log10(from)) / (Math.log10(to) - Math.log10(from));
}

function drawHorizontal(value: number, place: Place): string {
  const y = fixed(dotAt(place.across.from, value, place).y);
  return `<path class="grid" d="M${INNER.left} ${y}H${PANEL.width - INNER.right}"/><text x="${INNER.left - 6}" y="${y}" dy="4" text-anchor="end">${tickLabel(value)}</text>`;
}

function drawVertical(value: number, place: Place): string {
  const x = fixed(dotAt(value, place.up.from, place).x);
  return `<path class="grid" d="M${x} ${INNER.top}V${BOTTOM}"/><text x="${x}" y="${BOTTOM + 15}" text-anchor="middle">${tickLabel(value)}</text>`;
}

function drawLine({ dots, colour }: Line): string {
  const path = dots.map(({ x, y }, index) => `${index === 0 ? "M" : "L"}${fixed(x)} ${fixed(y)}`).join("");
  const marks = dots.map(
    ({ x, y }) => `<circle class="dot ${colour}" cx="${fixed(x)}" cy="${fixed(y)}" r="3"/>`,
  );
  return `<path class="line ${colour}" d="${path}"/>${marks.join("")}`;
}

/** Draws the legend above the diagram. */
function drawLegend(lines: readonly Line[]): string[] {
  let x = 0;
  return lines.map(({ label, colour }) => {
    const name = `<path class="line ${colour}" d="M${x} 31h12"/><text class="name ${colour}" x="${x + 17}" y="35">${escapeXml(label)}</text>`;
    x += 17 + label.length * LETTER_WIDTH + 14;
    return name;
  });
}

function fixed(value: number): string {
  return String(Math.round(value * 10) / 10);
}

function escapeXml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
