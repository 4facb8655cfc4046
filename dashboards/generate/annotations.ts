/** Annotations: events of the sidecars, as marks on every graph. */

import type { Builder } from "@grafana/grafana-foundation-sdk/cog";
import { type AnnotationQuery, AnnotationQueryBuilder } from "@grafana/grafana-foundation-sdk/dashboard";
import { METRICS } from "../../src/telemetry/metrics/metric-definitions.ts";
import { BROKEN, DENIED, NEUTRAL } from "./colours.ts";
import { grouped, groupingLabels } from "./place.ts";
import { ofServer, RATE_INTERVAL, select } from "./promql.ts";
import { DATASOURCE } from "./query.ts";

interface Mark {
  readonly name: string;
  readonly expr: string;
  readonly colour: string;
  readonly title: string;
  readonly tags: string;
  /** The value is a time, in milliseconds since the epoch. */
  readonly isTime?: boolean;
}

const BUILD = select(METRICS.buildInfo);
const SERVER_VERSION = grouped("server, version");
const VERSIONS = `max by (${SERVER_VERSION}) (${ofServer(BUILD)})`;
const VERSIONS_BEFORE = `max by (${SERVER_VERSION}) (${ofServer(`${BUILD} offset ${RATE_INTERVAL}`)})`;

const MARKS: readonly Mark[] = [
  {
    name: "Policy loaded",
    expr: ofServer(`${select(METRICS.policyReloadTimestamp)} * 1000`),
    colour: NEUTRAL,
    title: "policy loaded",
    tags: "server,instance",
    isTime: true,
  },
  {
    name: "Policy rejected",
    expr: `${ofServer(`increase(${select(METRICS.policyReloads, 'result="failure"')}[${RATE_INTERVAL}])`)} > 0`,
    colour: BROKEN,
    title: "a policy was rejected, the one before stays in force",
    tags: "server,instance",
  },
  {
    name: "Frozen",
    expr: `max by (${grouped("server, kind")}) (${select(METRICS.frozen)}) > 0`,
    colour: DENIED,
    title: "frozen",
    tags: "server,kind",
  },
  {
    name: "Version deployed",
    expr: `${VERSIONS} unless ${VERSIONS_BEFORE}`,
    colour: "green",
    title: "a version was deployed",
    tags: "server,version",
  },
  {
    name: "Upstream restarted",
    expr: `sum by (${grouped("server")}) (increase(${select(METRICS.upstreamRestarts)}[${RATE_INTERVAL}])) > 0`,
    colour: "purple",
    title: "the wrapped server was started again",
    tags: "server",
  },
];

/** Policies loaded and rejected, freezes, deployed versions, restarts of the wrapped server. */
export function annotations(): Builder<AnnotationQuery>[] {
  return MARKS.map(({ name, expr, colour, title, tags, isTime = false }) =>
    new AnnotationQueryBuilder()
      .name(name)
      .datasource(DATASOURCE)
      .enable(true)
      .iconColor(colour)
      .expr(expr)
      .titleFormat(title)
      .textFormat([...groupingLabels(), ...tags.split(",")].map((tag) => `{{${tag}}}`).join(" "))
      .tagKeys([...groupingLabels(), tags].join(","))
      .useValueForTime(isTime),
  );
}
