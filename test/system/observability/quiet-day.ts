/** A day of ordinary traffic as a test of promtool: nights and rush hours, slips of agents, a restart and a policy that is rolled out. */

const DAY_MINUTES = 1_440;
const AGENTS = ["planner", "writer", "nightly"];
const TOOLS = [
  { tool: "ExecuteQuery", category: "execute" },
  { tool: "ListMetrics", category: "read" },
];

interface Series {
  readonly series: string;
  readonly values: string;
}

/** The series of one server with two replicas; `number` varies them. */
function seriesOf(number: number): readonly Series[] {
  const place = `cluster="c${number % 3}",namespace="team-${number % 5}",job="tollgate",server="server-${number}"`;
  return [0, 1].flatMap((replica) => {
    const target = `${place},instance="10.0.${number}.${replica}:9464"`;
    const resetAt = number % 7 === 0 && replica === 0 ? 180 : undefined;
    return [
      ...callsOf(target, number, resetAt),
      ...stateOf(target, number + replica),
      ...policyOf(target.replace(/,server="[^"]*"/, ""), replica),
    ];
  });
}

function callsOf(target: string, number: number, resetAt: number | undefined): readonly Series[] {
  const pairs = AGENTS.flatMap((agent) => TOOLS.map((tool) => ({ agent, ...tool })));
  const calls = pairs.flatMap(({ agent, tool, category }) => {
    const labels = `${target},agent="${agent}",tool="${tool}",category="${category}"`;
    const rate = 2 + (number % 9);
    return [
      { series: `tollgate_tool_calls_total{${labels},outcome="success"}`, values: counter(rate, resetAt) },
      {
        series: `tollgate_tool_calls_total{${labels},outcome="tool_error"}`,
        values: counter(rate * 0.02, resetAt),
      },
      {
        series: `tollgate_tool_calls_total{${labels},outcome="denied"}`,
        values: counter(rate * 0.01, resetAt),
      },
      {
        series: `tollgate_tool_denials_total{${labels},reason="rate_limited",mode="enforce"}`,
        values: counter(rate * 0.01, resetAt),
      },
    ];
  });
  const all = pairs.length * (2 + (number % 9));
  return [
    ...calls,
    {
      series: `tollgate_decisions_total{${target},effect="allow",reason="none"}`,
      values: counter(all, resetAt),
    },
    {
      series: `tollgate_decisions_total{${target},effect="deny",reason="rate_limited"}`,
      values: counter(all * 0.01, resetAt),
    },
    { series: `tollgate_messages_refused_total{${target},cause="not_json"}`, values: counter(0.1, resetAt) },
    { series: `tollgate_overhead_seconds_bucket{${target},le="0.001"}`, values: counter(all, resetAt) },
    { series: `tollgate_overhead_seconds_bucket{${target},le="+Inf"}`, values: counter(all, resetAt) },
    { series: `tollgate_overhead_seconds_count{${target}}`, values: counter(all, resetAt) },
  ];
}

function stateOf(target: string, number: number): readonly Series[] {
  const day = `x${DAY_MINUTES}`;
  const zero = ["tollgate_upstream_exposed", "tollgate_policy_unknown_tools", "tollgate_approvals_pending"];
  return [
    { series: `up{${target.replace(/,server="[^"]*"/, "")}}`, values: `1${day}` },
    { series: `tollgate_upstream_up{${target}}`, values: `1${day}` },
    { series: `tollgate_frozen{${target},kind="all"}`, values: `0${day}` },
    {
      series: `tollgate_limit_utilization_ratio{${target},tool="ExecuteQuery",counter="q",scope="agent"}`,
      values: `0.${number % 8}${day}`,
    },
    ...zero.map((name) => ({ series: `${name}{${target}}`, values: `0${day}` })),
    ...["tollgate_limit_store_errors_total", "tollgate_fail_open_total"].map((name) => ({
      series: `${name}{${target},cause="timeout"}`,
      values: `0${day}`,
    })),
  ];
}

/** The second replica gets the new policy four minutes after the first. */
function policyOf(target: string, replica: number): readonly Series[] {
  const at = 700 + replica * 4;
  const labels = (digest: string): string =>
    `tollgate_policy_info{${target},digest="${digest}",default="deny",mode="enforce"}`;
  return [
    { series: labels("old"), values: `1x${at} _x${DAY_MINUTES - at}` },
    { series: labels("new"), values: `_x${at} 1x${DAY_MINUTES - at}` },
    { series: `tollgate_policy_last_reload_successful{${target}}`, values: `1x${DAY_MINUTES}` },
    { series: `tollgate_audit_dropped_total{${target}}`, values: `0x${DAY_MINUTES}` },
    { series: `tollgate_label_overflow_total{${target},label="agent"}`, values: `0x${DAY_MINUTES}` },
  ];
}

/** A counter: a fifth of the rate at night, three times as much for two hours about noon; `resetAt` is the minute of a restart. */
function counter(perMinute: number, resetAt?: number): string {
  const phases = [
    { minutes: 420, factor: 0.2 },
    { minutes: 300, factor: 1 },
    { minutes: 120, factor: 3 },
    { minutes: 360, factor: 1 },
    { minutes: 240, factor: 0.2 },
  ];
  let [minute, value] = [0, 0];
  return phases
    .flatMap(({ minutes, factor }) => {
      const parts =
        resetAt !== undefined && minute <= resetAt && resetAt < minute + minutes
          ? [resetAt - minute, minutes - (resetAt - minute)]
          : [minutes];
      minute += minutes;
      return parts.map((length, index) => {
        if (index > 0) value = 0;
        const step = perMinute * factor;
        const text = `${value.toFixed(4)}+${step.toFixed(4)}x${length - 1}`;
        value += step * length;
        return text;
      });
    })
    .join(" ");
}

/** A test file of promtool: no alert is even pending at any evaluation of the day. */
export function quietDay(
  servers: number,
  ruleFiles: readonly string[],
  extra: readonly Series[] = [],
): object {
  return {
    rule_files: ruleFiles,
    evaluation_interval: "5m",
    tests: [
      {
        name: `a quiet day of ${servers} servers`,
        interval: "1m",
        input_series: [...Array.from({ length: servers }, (_, number) => seriesOf(number)).flat(), ...extra],
        promql_expr_test: [
          {
            expr: 'count by (alertname) (count_over_time(ALERTS{alertstate="firing"}[1d]))',
            eval_time: "24h",
            exp_samples: [],
          },
          {
            expr: "count(group by (server) (server:tollgate_denied:ratio_rate1d))",
            eval_time: "23h55m",
            exp_samples: [{ labels: "{}", value: servers }],
          },
        ],
      },
    ],
  };
}
