/** Merges the scrapes of several sidecars into one: each family once, with the samples of all. */

import { chooseFormat, CONTENT_TYPES, type Format } from "./exposition-format.ts";

export interface ServerExposition {
  /** The `server` label of samples that have none, such as those of the process. */
  readonly server: string;
  /** Text or OpenMetrics, the same for all. */
  readonly text: string;
}

interface MergedFamily {
  /** HELP and TYPE. */
  readonly head: string;
  readonly samples: string[];
}

/** The families in the order in which they first appear. `own` is the exposition of the merging process. */
export function mergeExpositions(
  own: string,
  servers: readonly ServerExposition[],
  accept: string | undefined,
): { readonly contentType: string; readonly pieces: readonly string[] } {
  const format: Format = chooseFormat(accept);
  const families = new Map<string, MergedFamily>();
  for (const { name, head, lines } of blocksOf(own)) families.set(name, { head, samples: [...lines] });
  for (const { server, text } of servers) {
    for (const { name, head, lines } of blocksOf(text)) {
      const family = families.get(name) ?? { head, samples: [] };
      families.set(name, family);
      const isLabelled = lines[0] === undefined || hasServerLabel(lines[0]);
      for (const line of lines) family.samples.push(isLabelled ? line : withServer(line, server));
    }
  }
  const pieces = [...families.values()].map(({ head, samples }) => `${[head, ...samples].join("\n")}\n`);
  return {
    contentType: CONTENT_TYPES[format],
    pieces: format === "openmetrics" ? [...pieces, "# EOF\n"] : pieces,
  };
}

interface Block {
  readonly name: string;
  readonly head: string;
  readonly lines: readonly string[];
}

/** The families of one exposition; each begins with its HELP. */
function blocksOf(text: string): Block[] {
  return text
    .split(/^(?=# HELP )/m)
    .filter((block) => block.startsWith("# HELP "))
    .map((block) => {
      const lines = block.split("\n").filter((line) => line !== "" && line !== "# EOF");
      const first = lines.findIndex((line) => !line.startsWith("# "));
      const end = first < 0 ? lines.length : first;
      const [, , name = ""] = block.split(" ", 3);
      return { name, head: lines.slice(0, end).join("\n"), lines: lines.slice(end) };
    });
}

const LABELS = /^[\w:]+\{((?:[^"}]|"(?:[^"\\]|\\.)*")*)\}/;

/** All samples of one family have the same label names. */
function hasServerLabel(line: string): boolean {
  const labels = LABELS.exec(line)?.[1]?.replaceAll(/"(?:[^"\\]|\\.)*"/g, "") ?? "";
  return /(?:^|,)server=/.test(labels);
}

function withServer(line: string, server: string): string {
  return line.replace(/^([\w:]+)(\{(?!\})|\{\}|)/, (_all, name: string, open: string) =>
    open === "{" ? `${name}{server="${server}",` : `${name}{server="${server}"}`,
  );
}
