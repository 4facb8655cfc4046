/** Calls of the last hour: a chart by minute, and a table of agents and tools. */

import type { JSX } from "preact";
import { useState } from "preact/hooks";
import type { ActivityResponse } from "../src/admin/api.ts";
import type { Counts } from "../src/telemetry/recent/activity.ts";
import { ActivityChart } from "./activity-chart.tsx";
import { type Group, type Matrix, matrixOf, MAX_COLUMNS, type Row, sum } from "./activity-rows.ts";
import type { DecisionFilter } from "../src/telemetry/recent/decision-filter.ts";
import type { Polled } from "./use-polled.ts";
import { count, figure, hasText } from "./text.ts";
import { Find, Name, Problem } from "./elements.tsx";

interface ActivityProps {
  readonly polled: Polled<ActivityResponse>;
  readonly onPick: (filter: DecisionFilter) => void;
  /** The text that agents and tools of the table have. */
  readonly find: string;
  readonly onFind: (text: string) => void;
}

export function Activity({ polled: { value, problem }, ...rest }: ActivityProps): JSX.Element {
  return (
    <section aria-labelledby="activity">
      <h2 id="activity">Who calls what, last hour</h2>
      <Problem text={problem} />
      {value !== undefined && <LastHour activity={value} {...rest} />}
    </section>
  );
}

interface LastHourProps extends Omit<ActivityProps, "polled"> {
  readonly activity: ActivityResponse;
}

function LastHour({ activity: { minutes, pairs }, onPick, find, onFind }: LastHourProps): JSX.Element {
  const [columns, setColumns] = useState(MAX_COLUMNS);
  const all = sum(minutes);
  if (all === undefined || all.calls === 0)
    return <p class="empty">Nobody has called a tool in the last hour.</p>;
  const found = pairs.filter(({ agent, tool }) => hasText(find, agent, tool));
  const [denied, would, failed] = [all.denied, all.wouldDeny, all.failed].map(figure);
  const words = `${count(all.calls, "call")}: ${denied} denied, ${would} would be denied, ${failed} failed`;
  return (
    <>
      <p>{words}.</p>
      <ActivityChart minutes={minutes} words={`Calls by minute over the last hour. ${words}.`} />
      <Find of="agent or tool" text={find} onText={onFind} />
      <Table
        matrix={matrixOf(found, columns)}
        onMore={() => setColumns(columns + MORE_COLUMNS)}
        onPick={onPick}
      />
    </>
  );
}

/** Agents that get a column with each further step. */
const MORE_COLUMNS = 30;

interface TableProps {
  readonly matrix: Matrix;
  /** Gives more agents a column of their own. */
  readonly onMore: () => void;
  readonly onPick: (filter: DecisionFilter) => void;
}

function Table({ matrix, onMore, onPick }: TableProps): JSX.Element {
  const { agents, others, groups } = matrix;
  if (groups.length === 0) return <p class="empty">No agent or tool of this name has called.</p>;
  return (
    <div class="scroll" role="region" aria-label="Calls by tool and agent" tabIndex={0}>
      <table class="matrix">
        <thead>
          <tr>
            <th scope="col">Tool</th>
            <th scope="col">All</th>
            {agents.map((agent) => (
              <th key={agent} scope="col">
                {agent === "_other" ? "further agents" : <Name text={agent} />}
              </th>
            ))}
            {others > 0 && (
              <th scope="col">
                <button type="button" class="figure" onClick={onMore}>
                  {count(others, "other agent")}
                  <span class="unseen"> show them</span>
                </button>
              </th>
            )}
          </tr>
        </thead>
        {groups.map((group) => (
          <GroupRows key={group.category} {...{ group, agents, onPick }} />
        ))}
      </table>
    </div>
  );
}

interface GroupProps {
  readonly group: Group;
  readonly agents: readonly string[];
  readonly onPick: (filter: DecisionFilter) => void;
}

function GroupRows({ group: { category, rows }, agents, onPick }: GroupProps): JSX.Element {
  return (
    <tbody>
      <tr class="group">
        <th scope="rowgroup" colSpan={agents.length + 2}>
          {category}
        </th>
      </tr>
      {rows.map((row) => (
        <ToolRow key={row.tool} {...{ row, agents, onPick }} />
      ))}
    </tbody>
  );
}

interface RowProps {
  readonly row: Row;
  readonly agents: readonly string[];
  readonly onPick: (filter: DecisionFilter) => void;
}

function ToolRow({ row: { tool, all, cells }, agents, onPick }: RowProps): JSX.Element {
  const isNamed = tool !== "_unknown";
  const toolFilter = isNamed ? { tool } : {};
  return (
    <tr>
      <th scope="row">{isNamed ? <Name text={tool} /> : "tools that nobody knows"}</th>
      <td>
        <Figures counts={all} />
      </td>
      {cells.map((counts, index) => {
        const agent = agents[index];
        const isPickable = agent !== undefined && agent !== "_other" && counts !== undefined;
        return (
          <td key={agent ?? "others"}>
            {isPickable ? (
              <button type="button" class="figure" onClick={() => onPick({ agent, ...toolFilter })}>
                <Figures counts={counts} />
                <span class="unseen"> show these decisions</span>
              </button>
            ) : (
              <Figures counts={counts} />
            )}
          </td>
        );
      })}
    </tr>
  );
}

function Figures({ counts }: { readonly counts: Counts | undefined }): JSX.Element {
  if (counts === undefined) return <span class="nothing">·</span>;
  return (
    <>
      {figure(counts.calls)}
      {counts.denied > 0 && <span class="denied">{figure(counts.denied)} denied</span>}
      {counts.wouldDeny > 0 && <span class="would">{figure(counts.wouldDeny)} would be</span>}
      {counts.failed > 0 && <span class="failed">{figure(counts.failed)} failed</span>}
    </>
  );
}
