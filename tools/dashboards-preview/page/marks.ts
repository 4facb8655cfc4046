/** Draws annotations on a graph as Grafana does: a dashed line and a small triangle below it. */

import type { GrafanaTheme2, PanelData } from "@grafana/data";
import type { UPlotConfigBuilder } from "@grafana/ui";

export interface Mark {
  /** Milliseconds since the epoch. */
  readonly time: number;
  /** Name of a Grafana colour. */
  readonly colour: string;
}

export function marksOf({ annotations = [] }: PanelData): readonly Mark[] {
  return annotations.flatMap((frame) => {
    const valuesOf = (name: string): unknown[] =>
      frame.fields.find((field) => field.name === name)?.values ?? [];
    const colours = valuesOf("color");
    return valuesOf("time").map((time, index) => ({
      time: Number(time),
      colour: String(colours[index] ?? "blue"),
    }));
  });
}

export function drawMarks(builder: UPlotConfigBuilder, marks: readonly Mark[], theme: GrafanaTheme2): void {
  builder.addHook("draw", ({ ctx, bbox, valToPos }) => {
    for (const { time, colour } of marks) {
      ctx.save();
      ctx.strokeStyle = ctx.fillStyle = theme.visualization.getColorByName(colour);
      ctx.lineWidth = 2;
      ctx.setLineDash([6, 4]);
      drawMark(ctx, Math.round(valToPos(time, "x", true)), bbox);
      ctx.restore();
    }
  });
}

function drawMark(
  ctx: CanvasRenderingContext2D,
  x: number,
  { top, height }: { top: number; height: number },
): void {
  const bottom = top + height;
  ctx.beginPath();
  ctx.moveTo(x, top);
  ctx.lineTo(x, bottom);
  ctx.stroke();
  ctx.beginPath();
  ctx.moveTo(x - 5, bottom + 8);
  ctx.lineTo(x + 5, bottom + 8);
  ctx.lineTo(x, bottom);
  ctx.fill();
}
