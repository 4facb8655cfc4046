/** What every panel has, and where it stands on the board. */

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
  /** What it answers and what to make of it, in the reader's words. */
  readonly description: string;
  /** A unit id of Grafana: `reqps`, `percentunit`, `s`, `bytes`, `locale` for whole numbers in full, `short` for others. */
  readonly unit: string;
  readonly queries: readonly Builder<Dataquery>[];
  /** What stands there while there is nothing to show, such as `none in this time`. */
  readonly nothing?: string;
  readonly decimals?: number;
}

/** A panel that waits for its place. */
export type UnplacedPanel = Builder<Panel> & { id(id: number): unknown; gridPos(place: GridPos): unknown };

/** The part of the SDK's panel builders that all of them share. */
interface CommonBuilder {
  title(title: string): this;
  description(description: string): this;
  unit(unit: string): this;
  datasource(source: typeof DATASOURCE): this;
  targets(targets: Builder<Dataquery>[]): this;
  noValue(text: string): this;
  decimals(decimals: number): this;
}

/** Gives a builder of the SDK what every panel has. */
export function applyPanelOptions<B extends CommonBuilder>(builder: B, options: PanelOptions): B {
  const { title, description, unit, queries, nothing, decimals } = options;
  builder.title(title).description(description).unit(unit).datasource(DATASOURCE);
  builder.targets(queries.map((query, index) => withLetter(query, index)));
  if (nothing !== undefined) builder.noValue(nothing);
  if (decimals !== undefined) builder.decimals(decimals);
  return builder;
}

/** Good, doubtful from `warn`, bad from `bad`. */
export function thresholds({ warn, bad }: Thresholds): Builder<ThresholdsConfig> {
  return steps([
    { value: null, color: ALLOWED },
    { value: warn, color: DENIED },
    { value: bad, color: BROKEN },
  ]);
}

/** One colour whatever the value: for numbers that are neither good nor bad. */
export function singleColour(color: string): Builder<ThresholdsConfig> {
  return steps([{ value: null, color }]);
}

/** A row of the board's grid of 24 columns: each panel as wide as it says, all equally high. */
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
