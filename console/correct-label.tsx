/** Corrects the label of one tool: shows the policy lines that assign another category, and writes them to a file. */

import type { JSX } from "preact";
import { useState } from "preact/hooks";
import type { LabelResponse, ToolEntry } from "../src/admin/api.ts";
import { fetchJson } from "./api-client.ts";
import type { Control } from "./use-control.tsx";
import { Name, Problem } from "./elements.tsx";

const CATEGORIES: readonly ToolEntry["category"][] = [
  "read",
  "write",
  "execute",
  "destructive",
  "financial",
  "unknown",
];

interface CorrectLabelProps {
  readonly tool: ToolEntry;
  readonly control: Control;
}

export function CorrectLabel({ tool: { name, category }, control }: CorrectLabelProps): JSX.Element {
  const [label, setLabel] = useState<LabelResponse>();
  const [problem, setProblem] = useState<string>();
  const show = async (chosen: string): Promise<void> => {
    const query = new URLSearchParams({ tool: name, category: chosen });
    const answer = await fetchJson<LabelResponse>(`tools/label?${query}`);
    setLabel(answer.ok ? answer.value : undefined);
    setProblem(answer.ok ? undefined : answer.problem);
  };
  const write = async (): Promise<void> => {
    if (control.by === "") return setProblem("say who you are first: your name goes into the audit log");
    const answer = await control.change("tools/label", { tool: name, category: label?.category });
    setProblem(answer.ok ? undefined : answer.problem);
    if (answer.ok && label !== undefined) setLabel({ ...label, written: true });
  };
  return (
    <details>
      <summary>Correct this label</summary>
      <label>
        Category of <Name text={name} />{" "}
        <select
          value={label?.category ?? category}
          onChange={(event) => void show(event.currentTarget.value)}
        >
          {CATEGORIES.map((known) => (
            <option key={known} value={known}>
              {known}
            </option>
          ))}
        </select>
      </label>
      {label !== undefined && <Lines label={label} write={() => void write()} />}
      <Problem text={problem} />
    </details>
  );
}

function Lines({
  label: { lines, note, file, written },
  write,
}: {
  readonly label: LabelResponse;
  readonly write: () => void;
}): JSX.Element {
  return (
    <>
      <p class="hint">Add these lines to the policy{note === null ? "." : `. This entry ${note}.`}</p>
      <pre>{lines}</pre>
      {written && <p role="status">Written to {file}. The policy in force is as before.</p>}
      {!written && file !== null && (
        <button type="button" onClick={write}>
          Write to {file}
        </button>
      )}
    </>
  );
}
