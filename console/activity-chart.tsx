/** Calls by minute: passed, denied, failed. */

import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import { figure } from "./text.ts";
import type { MinuteActivity } from "../src/telemetry/recent/activity.ts";

const HEIGHT = 150;

interface ChartProps {
  readonly minutes: readonly MinuteActivity[];
  /** Text alternative of the chart, for screen readers. */
  readonly words: string;
}

export function ActivityChart({ minutes, words }: ChartProps): JSX.Element {
  const place = useRef<HTMLDivElement>(null);
  const chart = useRef<uPlot>(undefined);
  useEffect(() => {
    const element = place.current;
    if (element === null) return undefined;
    const draw = (): void => {
      chart.current?.destroy();
      chart.current = new uPlot(optionsFor(element), dataOf(minutes), element);
    };
    draw();
    const scheme = window.matchMedia("(prefers-color-scheme: dark)");
    scheme.addEventListener("change", draw);
    const resizing = new ResizeObserver(() =>
      chart.current?.setSize({ width: element.clientWidth, height: HEIGHT }),
    );
    resizing.observe(element);
    return () => {
      scheme.removeEventListener("change", draw);
      resizing.disconnect();
      chart.current?.destroy();
      chart.current = undefined;
    };
  }, []);
  useEffect(() => chart.current?.setData(dataOf(minutes)), [minutes]);
  return (
    <figure class="chart">
      <div ref={place} role="img" aria-label={words} />
      <figcaption>
        <span class="key passed">passed</span> <span class="key refused">denied</span>{" "}
        <span class="key wrong">failed</span> <span class="hint">calls by minute, your time</span>
      </figcaption>
    </figure>
  );
}

function dataOf(minutes: readonly MinuteActivity[]): uPlot.AlignedData {
  return [
    minutes.map(({ startMs }) => startMs / 1_000),
    minutes.map(({ calls }) => calls),
    minutes.map(({ denied, failed }) => denied + failed),
    minutes.map(({ failed }) => failed),
  ];
}

function optionsFor(element: HTMLElement): uPlot.Options {
  const style = getComputedStyle(element);
  const color = (name: string): string => style.getPropertyValue(`--${name}`).trim();
  const axis = { stroke: color("soft"), grid: { stroke: color("line"), width: 1 }, ticks: { show: false } };
  const bars = (name: string): uPlot.Series => ({
    fill: color(name),
    width: 0,
    points: { show: false },
    ...(BARS && { paths: BARS }),
  });
  return {
    width: element.clientWidth,
    height: HEIGHT,
    legend: { show: false },
    cursor: { show: false },
    scales: {
      x: { range: (_chart, first, last) => [first, last + 60] },
      y: { range: (_chart, _least, most) => [0, Math.max(4, most * 1.1)] },
    },
    axes: [
      { ...axis, space: 70, values: "{HH}:{mm}" },
      { ...axis, size: 50, incrs: WHOLE, values: (_chart, splits) => splits.map(figure) },
    ],
    // Cumulative values, drawn from the largest to the smallest, so that they appear stacked.
    series: [{}, bars("passed"), bars("refused"), bars("wrong")],
  };
}

const BARS = uPlot.paths.bars?.({ size: [0.75, 40], align: 1 });
const WHOLE = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 50_000, 100_000];
