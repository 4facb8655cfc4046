/** Finds values of an entry that may be credentials, so that a diff does not show them. */

import type { ConfigNode } from "./config-tree.ts";
import type { ConfiguredServer } from "./servers.ts";
import type { TextEdit } from "./text-edits.ts";

/** Members whose values are never shown. */
const SECRET_OBJECTS = /^(?:env|environment|headers|.*_headers)$/i;
const SECRET_NAME =
  /token|secret|passw|api-?_?key|credential|authoriz|bearer|private-?_?key|\bpat\b|\bauth\b/i;
/** Forms of known tokens, and long texts of letters and digits. */
const TOKEN =
  /^(?:Bearer |sk-|gh[a-z]_|github_pat_|xox[a-z]-|AKIA|eyJ)|(?=[\w+/=-]*\d)(?=[\w+/=-]*[A-Za-z])[\w+/=-]{32,}/;
export const HIDDEN = '"[hidden]"';

/** Edits that put `"[hidden]"` in place of each value that may be one. */
export function secretEdits(server: ConfiguredServer): readonly TextEdit[] {
  return [...membersIn(server.entry, false), ...argumentsIn(server)].map(({ start, end }) => ({
    start,
    end,
    text: HIDDEN,
  }));
}

function membersIn(node: ConfigNode, isSecret: boolean): readonly ConfigNode[] {
  if (node.kind === "text") return isSecret || isAddressWithSecret(node.text) ? [node] : [];
  if (node.kind === "array")
    return isSecret ? node.elements.flatMap((element) => membersIn(element, true)) : [];
  if (node.kind === "other") return isSecret ? [node] : [];
  return node.members.flatMap(({ name, value }) =>
    membersIn(value, isSecret || SECRET_OBJECTS.test(name) || isSecretText(name, value)),
  );
}

function isSecretText(name: string, { kind }: ConfigNode): boolean {
  return kind === "text" && SECRET_NAME.test(name) && !/env_var$|EnvVar$/.test(name);
}

/** Arguments after a flag that is named after a credential, and such as look like one. */
function argumentsIn(server: ConfiguredServer): readonly ConfigNode[] {
  if (server.transport !== "stdio") return [];
  return server.args.filter(({ text }, index) => {
    const before = server.args[index - 1]?.text ?? "";
    const isValue = before.startsWith("-") && (SECRET_NAME.test(before) || /^(?:-H|--header)$/.test(before));
    const [, flag = ""] = /^(-[\w-]+|\w+)=/.exec(text) ?? [];
    return (
      isValue ||
      SECRET_NAME.test(flag) ||
      isAddressWithSecret(text) ||
      TOKEN.test(text.split("=").at(-1) ?? "")
    );
  });
}

/** Whether an address has a password, or values in its query. */
export function isAddressWithSecret(text: string): boolean {
  return /^[a-z][a-z0-9+.-]*:\/\/(?:[^/?#\s]*:[^/?#\s]*@|[^\s]*\?[^\s]*=)/i.test(text);
}
