/** Head panels: one number, its colour by threshold, its past as a line behind it. */

import {
  BigValueColorMode,
  BigValueGraphMode,
  BigValueTextMode,
  ReduceDataOptionsBuilder,
  VizOrientation,
} from "@grafana/grafana-foundation-sdk/common";
import { MappingType, type ValueMapping } from "@grafana/grafana-foundation-sdk/dashboard";
import { PanelBuilder } from "@grafana/grafana-foundation-sdk/stat";
import { type Limits, NEUTRAL } from "./colours.ts";
import { describe, type PanelOptions, plain, thresholds } from "./panel.ts";

export interface StatOptions extends PanelOptions {
  /** Absent for a number that is neither good nor bad. */
  readonly limits?: Limits;
  /** No line behind it, where the past of the number says nothing. */
  readonly isBare?: boolean;
  readonly colour?: string;
  /** Words for single values: `{ "0": "down" }`. */
  readonly words?: Readonly<Record<string, string>>;
}

/** The latest value of one series. */
export function stat(options: StatOptions): PanelBuilder {
  const { limits, isBare, colour = NEUTRAL, words } = options;
  const builder = describe(new PanelBuilder(), options)
    .reduceOptions(new ReduceDataOptionsBuilder().calcs(["lastNotNull"]).fields("").values(false))
    .colorMode(BigValueColorMode.Value)
    .graphMode(isBare === true ? BigValueGraphMode.None : BigValueGraphMode.Area)
    .textMode(BigValueTextMode.Value)
    .thresholds(limits === undefined ? plain(colour) : thresholds(limits));
  return words === undefined ? builder : builder.mappings(mappingsOf(words));
}

/** Several numbers side by side, each with its name: all should be 0, and what is not stands out. */
export function lamps(options: PanelOptions): PanelBuilder {
  return describe(new PanelBuilder(), options)
    .reduceOptions(new ReduceDataOptionsBuilder().calcs(["lastNotNull"]).fields("").values(false))
    .colorMode(BigValueColorMode.Background)
    .graphMode(BigValueGraphMode.None)
    .textMode(BigValueTextMode.ValueAndName)
    .orientation(VizOrientation.Vertical)
    .thresholds(thresholds({ warn: 1, bad: 1 }));
}

function mappingsOf(words: Readonly<Record<string, string>>): ValueMapping[] {
  const options = Object.fromEntries(Object.entries(words).map(([value, text]) => [value, { text }]));
  return [{ type: MappingType.ValueToText, options }];
}
