/** The policy of each wrapped server: a file that a person edits, made when it is not there yet. */

import { existsSync } from "node:fs";
import { join } from "node:path";
import { digestOf } from "./state.ts";
import type { ConfiguredServer } from "./text/servers.ts";

export interface PolicyFile {
  readonly path: string;
  /** Absent: the file is there already, and stays. */
  readonly text?: string;
}

/** By the name of the policy: a digest of the server that it is for. */
type Policies = Readonly<Record<string, string>>;

/** The file for a server; the same server in two clients has the same one. Returns the policies with it, too. */
export function policyFor(
  server: ConfiguredServer,
  { folder, policies, mode }: { readonly folder: string; readonly policies: Policies; readonly mode: string },
): { readonly file: PolicyFile; readonly policies: Policies } {
  const identity = identityOf(server);
  const base = safeName(server.name);
  const known = Object.keys(policies).find((name) => policies[name] === identity && isNamed(name, base));
  const name = known ?? freeName(base, policies);
  const path = join(folder, "policies", `${name}.json`);
  const isThere = existsSync(path);
  return {
    file: { path, ...(!isThere && { text: policyText(server.name, mode) }) },
    policies: { ...policies, [name]: identity },
  };
}

/** A name that is safe as the name of a file and as a label. */
export function safeName(name: string): string {
  return (
    name
      .replaceAll(/[^\p{L}\p{N}._-]+/gu, "_")
      .replace(/^\.+/, "")
      .slice(0, 50) || "server"
  );
}

function isNamed(name: string, base: string): boolean {
  return name === base || (name.startsWith(`${base}-`) && /^\d+$/.test(name.slice(base.length + 1)));
}

function freeName(base: string, policies: Policies): string {
  for (let number = 1; ; number += 1) {
    const name = number === 1 ? base : `${base}-${number}`;
    if (!Object.hasOwn(policies, name)) return name;
  }
}

function identityOf(server: ConfiguredServer): string {
  if (server.transport === "unknown") return digestOf("");
  const words =
    server.transport === "stdio"
      ? [server.command.text, ...server.args.map(({ text }) => text)]
      : [server.address.text];
  return digestOf(JSON.stringify(words)).slice(0, 16);
}

/** Everything passes but destructive tools, and in shadow mode they pass, too, and are counted. */
function policyText(server: string, mode: string): string {
  const policy = {
    version: "1",
    description:
      `The policy of ${server}, made by tollgate clients wrap. In mode shadow every call passes, and the calls that it would deny are counted. ` +
      'Write "enforce" to deny them: a running sidecar reads the change within two seconds. tollgate policy init writes a stricter policy from the tools of the server.',
    mode,
    default: "allow",
    categories: {
      destructive: { action: "deny", reason: "this tool deletes or overwrites; ask the person you work for" },
    },
  };
  return `${JSON.stringify(policy, null, 2)}\n`;
}
