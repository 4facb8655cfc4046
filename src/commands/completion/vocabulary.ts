/** The words that each command of `tollgate` knows, read from its help text. */

import { AUDIT_COMMANDS } from "../audit.ts";
import { CLIENTS_COMMANDS } from "../clients.ts";
import { APPROVALS_HELP, APPROVALS_COMMANDS } from "../control/approvals.ts";
import { FREEZE_HELP } from "../control/freeze.ts";
import { DOCTOR_HELP } from "../doctor/doctor-help.ts";
import { DEMO_HELP } from "../demo/options.ts";
import { HEALTH_HELP } from "../health.ts";
import { COMMANDS, RUN_HELP } from "../help.ts";
import { INJECT_HELP } from "../inject.ts";
import { INSTALL_HELP } from "../install.ts";
import { KUBE_COMMANDS } from "../kube.ts";
import { KEYS_HELP } from "../keys.ts";
import { LABELS_HELP } from "../labels.ts";
import { POLICY_COMMANDS } from "../policy.ts";
import { STATUS_HELP } from "../up/status.ts";
import { UP_HELP } from "../up/up-help.ts";
import { WEBHOOK_HELP } from "../webhook.ts";

/** A flag of a command. */
export interface KnownFlag {
  /** With its dashes, as in `--format`. */
  readonly flag: string;
  /** The words that it takes, such as `text` and `json`; `file` when it takes a path; absent: any text, or none. */
  readonly value?: readonly string[] | "file";
}

/** The words that may come after one command. */
export interface KnownCommand {
  /** The words of the command after `tollgate`; none for `tollgate` itself. */
  readonly path: readonly string[];
  readonly subcommands: readonly string[];
  readonly flags: readonly KnownFlag[];
  /** The text of its --help; empty where it lists no flags. */
  readonly help: string;
}

/** The shells that `tollgate completion` writes scripts for. */
export const SHELLS = ["bash", "zsh", "fish"] as const;

/** All commands, the shorter paths first. */
export function knownCommands(): KnownCommand[] {
  return [
    command("", RUN_HELP, COMMANDS),
    command("run", RUN_HELP),
    command("up", UP_HELP, ["status"]),
    command("up status", STATUS_HELP),
    ...group("policy", POLICY_COMMANDS),
    ...group("audit", AUDIT_COMMANDS),
    ...group("clients", CLIENTS_COMMANDS),
    command("approvals", APPROVALS_HELP, APPROVALS_COMMANDS),
    command("freeze", FREEZE_HELP),
    command("unfreeze", FREEZE_HELP),
    command("labels", LABELS_HELP),
    command("keys", KEYS_HELP, ["create"]),
    command("demo", DEMO_HELP),
    command("health", HEALTH_HELP),
    { ...command("doctor", DOCTOR_HELP), flags: DOCTOR_FLAGS },
    command("inject", INJECT_HELP),
    ...group("kube", KUBE_COMMANDS),
    command("webhook", WEBHOOK_HELP),
    command("install", INSTALL_HELP),
    command("completion", "", SHELLS),
  ];
}

/** Its own, and those of the sidecar. */
const DOCTOR_FLAGS = flagsIn([DOCTOR_HELP, RUN_HELP].map(beforeExamples).join("\n"));

function beforeExamples(help: string): string {
  return help.split(/\nExamples?[:\n]/)[0] ?? "";
}

function command(path: string, help: string, subcommands: readonly string[] = []): KnownCommand {
  return { path: path.split(" ").filter((word) => word !== ""), subcommands, flags: flagsIn(help), help };
}

function group(
  name: string,
  members: readonly { readonly name: string; readonly help: string }[],
): KnownCommand[] {
  return [
    command(
      name,
      "",
      members.map((member) => member.name),
    ),
    ...members.map((member) => command(`${name} ${member.name}`, member.help)),
  ];
}

/** The flags that a help text names before its examples, each once, in order. */
export function flagsIn(help: string): KnownFlag[] {
  const text = beforeExamples(help);
  const flags = new Map<string, KnownFlag>([["--help", { flag: "--help" }]]);
  for (const [, flag = "", value = ""] of text.matchAll(
    /(?<![\w-])(--[a-z][a-z-]*)(?: ([A-Za-z][\w|-]*))?/g,
  )) {
    const known = flags.get(flag);
    if (known?.value === undefined) flags.set(flag, { flag, ...valueOf(value) });
  }
  return [...flags.values()];
}

function valueOf(placeholder: string): Pick<KnownFlag, "value"> {
  if (/^(?:FILE|LOG|FOLDER)\b/.test(placeholder)) return { value: "file" };
  return /^[a-z-]+(?:\|[a-z-]+)+$/.test(placeholder) ? { value: placeholder.split("|") } : {};
}
