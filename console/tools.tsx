/** The server's tools compared with the policy: unknown, uncovered and changed tools. */

import type { ComponentChildren, JSX } from "preact";
import type { ToolEntry, ToolsResponse } from "../src/admin/api.ts";
import { CorrectLabel } from "./correct-label.tsx";
import type { Control } from "./use-control.tsx";
import type { Polled } from "./use-polled.ts";
import { count } from "./text.ts";
import { Name, Problem } from "./elements.tsx";

export function Tools({
  polled: { value, problem },
  control,
}: {
  readonly polled: Polled<ToolsResponse>;
  readonly control: Control;
}): JSX.Element {
  return (
    <section aria-labelledby="tools-title">
      <h2 id="tools-title">Tools</h2>
      <Problem text={problem} />
      {value !== undefined && <Fit answer={value} control={control} />}
    </section>
  );
}

function Fit({
  answer: { tools, unknown_to_server },
  control,
}: {
  readonly answer: ToolsResponse;
  readonly control: Control;
}): JSX.Element {
  if (tools.length === 0) return <p class="empty">The server has listed no tool yet.</p>;
  const uncovered = tools.filter(({ covered }) => !covered);
  const changed = tools.filter((tool) => tool.changed.length > 0 || tool.pin_broken);
  return (
    <>
      <Finding title="In the policy, not on the server" names={unknown_to_server} />
      <Finding title="On the server, not in the policy" names={uncovered.map(({ name }) => name)} />
      <h3>Changed since first seen</h3>
      {changed.length === 0 && <p class="empty">None.</p>}
      <ul>
        {changed.map((tool) => (
          <li key={tool.name}>
            <Name text={tool.name} />: {tool.changed.join(", ")}{" "}
            {tool.pin_broken && <strong>not as pinned</strong>}
          </li>
        ))}
      </ul>
      <details>
        <summary>All {count(tools.length, "tool")}</summary>
        <ul>
          {tools.map((tool) => (
            <li key={tool.name}>
              <Name text={tool.name} /> <span class="hint">{aboutTool(tool)}</span>
              <CorrectLabel tool={tool} control={control} />
            </li>
          ))}
        </ul>
      </details>
    </>
  );
}

interface FindingProps {
  readonly title: ComponentChildren;
  readonly names: readonly string[];
}

function Finding({ title, names }: FindingProps): JSX.Element {
  return (
    <>
      <h3>{title}</h3>
      {names.length === 0 ? (
        <p class="empty">None.</p>
      ) : (
        <ul>
          {names.map((name) => (
            <li key={name}>
              <Name text={name} />
            </li>
          ))}
        </ul>
      )}
    </>
  );
}

function aboutTool({ category, source, hidden }: ToolEntry): string {
  return `${category}, by ${source}${hidden ? ", hidden" : ""}`;
}
