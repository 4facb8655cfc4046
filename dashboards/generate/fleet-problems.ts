/** Problems that a server may have, as PromQL: one series for each server and problem. */

import { METRICS } from "../../src/telemetry/metrics/metric-definitions.ts";
import { failedShare } from "./calls.ts";
import { placed } from "./place.ts";
import { increaseShown, ofServer, rate, ratio, select } from "./promql.ts";

/** Labels of one server in one place. */
export const SERVER = placed("server");
export const SERVERS = `group by (${SERVER}) (${select(METRICS.upstreamUp)})`;
/** The policies in force, with the server that their metric does not name. */
export const POLICIES = ofServer(select(METRICS.policyInfo));
/** Servers whose sidecars have different policies. */
export const DRIFTED = `count by (${SERVER}) (group by (${placed("server, digest")}) (${POLICIES})) > 1`;

export function deniedShare(by: string): string {
  const decisions = (matchers = ""): string =>
    `sum by (${by}) (${rate(select(METRICS.decisions, matchers))})`;
  return ratio(decisions('effect=~"deny|ask"'), decisions());
}

const lost = ofServer(increaseShown(select(METRICS.auditDropped)));

/** The value of each problem is above 0, for the servers that have it. */
const PROBLEMS: Readonly<Record<string, string>> = {
  "does not answer": `max by (${SERVER}) (1 - ${select(METRICS.upstreamUp)}) > 0`,
  "can be reached around Tollgate": `max by (${SERVER}) (${select(METRICS.upstreamExposed)}) > 0`,
  "replicas differ in policy": DRIFTED,
  "policy rejected": `max by (${SERVER}) (1 - ${ofServer(select(METRICS.policyReloadSuccessful))}) > 0`,
  "no policy": `max by (${SERVER}) (${ofServer(select(METRICS.policyInfo, 'digest=""'))}) > 0`,
  "policy names unknown tools": `max by (${SERVER}) (${select(METRICS.policyUnknownTools)}) > 0`,
  frozen: `max by (${SERVER}) (${select(METRICS.frozen)}) > 0`,
  "calls passed unchecked": `sum by (${SERVER}) (${increaseShown(select(METRICS.failOpen))}) > 0`,
  "audit records lost": `sum by (${SERVER}) (${lost}) > 0`,
  "more than 10 % denied": `(${deniedShare(SERVER)}) > 0.1`,
  "more than 5 % failed": `(${failedShare(SERVER)}) > 0.05`,
};

/** One series for each server and problem, with the label `problem`. */
export const PROBLEM_LIST = Object.entries(PROBLEMS)
  .map(([problem, expr]) => `label_replace(${expr}, "problem", "${problem}", "", "")`)
  .join(" or ");

/** The number of problems of each server, 0 for most. */
export const PROBLEM_COUNTS = `(count by (${SERVER}) (${PROBLEM_LIST}) or ${SERVERS} * 0)`;
