/** The server's tools compared with the policy: unknown, uncovered and changed tools. */

import type { ComponentChildren, JSX } from "preact";
import type { ToolEntry, ToolsResponse } from "../src/admin/api.ts";
import { CorrectLabel } from "./correct-label.tsx";
import type { Control } from "./use-control.tsx";
import type { Polled } from "./use-polled.ts";
import { count, hasText } from "./text.ts";
import { Find, Name, Paged, Problem } from "./elements.tsx";

interface ToolsProps {
  readonly polled: Polled<ToolsResponse>;
  readonly control: Control;
  /** The text that the listed tools have. */
  readonly find: string;
  readonly onFind: (text: string) => void;
}

export function Tools({ polled: { value, problem }, ...rest }: ToolsProps): JSX.Element {
  return (
    <section aria-labelledby="tools-title">
      <h2 id="tools-title">Tools</h2>
      <Problem text={problem} />
      {value !== undefined && <Fit answer={value} {...rest} />}
    </section>
  );
}

interface FitProps extends Omit<ToolsProps, "polled"> {
  readonly answer: ToolsResponse;
}

function Fit({ answer: { tools, unknown_to_server }, control, find, onFind }: FitProps): JSX.Element {
  if (tools.length === 0) return <p class="empty">The server has listed no tool yet.</p>;
  const uncovered = tools.filter(({ covered }) => !covered);
  const found = tools.filter(({ name, category }) => hasText(find, name, category));
  const changed = tools.filter((tool) => tool.changed.length > 0 || tool.pin_broken);
  return (
    <>
      <Finding title="In the policy, not on the server" names={unknown_to_server} />
      <Finding title="On the server, not in the policy" names={uncovered.map(({ name }) => name)} />
      <h3>Changed since first seen</h3>
      {changed.length === 0 && <p class="empty">None.</p>}
      <Paged items={changed} page={PAGE}>
        {(shown) => (
          <ul>
            {shown.map((tool) => (
              <li key={tool.name}>
                <Name text={tool.name} />: {tool.changed.join(", ")}{" "}
                {tool.pin_broken && <strong>not as pinned</strong>}
              </li>
            ))}
          </ul>
        )}
      </Paged>
      <details open={find !== ""}>
        <summary>All {count(tools.length, "tool")}</summary>
        <Find of="tool or category" text={find} onText={onFind} />
        {found.length === 0 && <p class="empty">No tool of this name is listed.</p>}
        <Paged items={found} page={PAGE}>
          {(shown) => (
            <ul aria-label="Listed tools">
              {shown.map((tool) => (
                <li key={tool.name}>
                  <Name text={tool.name} /> <span class="hint">{aboutTool(tool)}</span>
                  <CorrectLabel tool={tool} control={control} />
                </li>
              ))}
            </ul>
          )}
        </Paged>
      </details>
    </>
  );
}

/** Names that are shown at first, and with each further step. */
const PAGE = 50;

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
        <Paged items={names} page={PAGE}>
          {(shown) => (
            <ul>
              {shown.map((name) => (
                <li key={name}>
                  <Name text={name} />
                </li>
              ))}
            </ul>
          )}
        </Paged>
      )}
    </>
  );
}

function aboutTool({ category, source, hidden }: ToolEntry): string {
  return `${category}, by ${source}${hidden ? ", hidden" : ""}`;
}
