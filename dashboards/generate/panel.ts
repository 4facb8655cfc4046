/** Options that all panels share, and the rows of a board's grid. */

import type { Builder, Dataquery } from "@grafana/grafana-foundation-sdk/cog";
import {
  type GridPos,
  type Panel,
  type ThresholdsConfig,
  ThresholdsConfigBuilder,
  ThresholdsMode,
} from "@grafana/grafana-foundation-sdk/dashboard";
import { ALLOWED, BROKEN, DENIED, type Thresholds } from "./colours.ts";
import { DATASOURCE } from "./query.ts";

export interface PanelOptions {
  readonly title: string;
  /** The question that the panel answers, in the reader's words. */
  readonly description: string;
  /** A unit of Grafana: `reqps`, `percentunit`, `s`, `bytes`, `locale` for whole numbers in full, `short` for others. */
  readonly unit: string;
  readonly queries: readonly Builder<Dataquery>[];
  /** Text while there is no data, such as `none in this time`. */
  readonly nothing?: string;
  readonly decimals?: number;
}

/** A panel without a position. */
export type UnplacedPanel = Builder<Panel> & { id(id: number): unknown; gridPos(place: GridPos): unknown };

/** The methods that all panel builders of the SDK share. */
interface CommonBuilder {
  title(title: string): this;
  description(description: string): this;
  unit(unit: string): this;
  datasource(source: typeof DATASOURCE): this;
  targets(targets: Builder<Dataquery>[]): this;
  noValue(text: string): this;
  decimals(decimals: number): this;
}

/** Sets the options that all panels share on a builder of the SDK. */
export function applyPanelOptions<B extends CommonBuilder>(builder: B, options: PanelOptions): B {
  const { title, description, unit, queries, nothing, decimals } = options;
  builder.title(title).description(description).unit(unit).datasource(DATASOURCE);
  builder.targets(queries.map((query, index) => withLetter(query, index)));
  if (nothing !== undefined) builder.noValue(nothing);
  if (decimals !== undefined) builder.decimals(decimals);
  return builder;
}

/** Good, then doubtful from `warn`, then bad from `bad`. */
export function thresholds({ warn, bad }: Thresholds): Builder<ThresholdsConfig> {
  return steps([
    { value: null, color: ALLOWED },
    { value: warn, color: DENIED },
    { value: bad, color: BROKEN },
  ]);
}

/** One colour for every value: for numbers that are neither good nor bad. */
export function singleColour(color: string): Builder<ThresholdsConfig> {
  return steps([{ value: null, color }]);
}

/** A row of the grid of 24 columns. All its panels have the same height. */
export interface GridRow {
  readonly height: number;
  readonly panels: readonly (readonly [width: number, panel: UnplacedPanel])[];
}

interface Step {
  value: number | null;
  color: string;
}

function steps(all: Step[]): Builder<ThresholdsConfig> {
  return new ThresholdsConfigBuilder().mode(ThresholdsMode.Absolute).steps(all);
}

function withLetter(query: Builder<Dataquery>, index: number): Builder<Dataquery> {
  return { build: () => ({ ...query.build(), refId: String.fromCharCode(65 + index) }) };
}
