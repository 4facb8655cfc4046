/** The settings and the policy of a manifest, read by the program itself, as it would in the cluster. */

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readPolicyFile } from "../../../src/config/files/policy-file.ts";
import { parseSettings } from "../../../src/config/settings/parse-settings.ts";
import type { Settings } from "../../../src/config/settings/settings.ts";

const FOLDER = "/etc/tollgate";

export interface Mounted {
  /** The files of /etc/tollgate. */
  readonly files: Readonly<Record<string, string>>;
  readonly variables: Readonly<Record<string, string>>;
  /** The command of a stdio server; absent for an HTTP server. */
  readonly command?: readonly string[];
}

/** The settings that Tollgate would start with. @throws with every problem when it would not start. */
export function startUpOf({ files, variables, command }: Mounted): Settings {
  const folder = mkdtempSync(join(tmpdir(), "tollgate-mounted-"));
  try {
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
    const here = Object.entries(variables).map(([name, value]) => [name, value.replace(FOLDER, folder)]);
    const parsed = parseSettings({
      flags: {},
      ...(command && { command }),
      environment: Object.fromEntries(here),
      isTerminal: false,
    });
    if (!parsed.ok) throw new Error(parsed.problems.join("\n"));
    const policy = readPolicyFile(parsed.settings.policy ?? "");
    if (!policy.ok) throw new Error(policy.problems.join("\n"));
    return parsed.settings;
  } finally {
    rmSync(folder, { recursive: true });
  }
}
