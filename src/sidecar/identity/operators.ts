/** Proves who an operator of the admin listener is: by a token of the operator's own, or by the header of a trusted proxy. */

import type { IncomingMessage } from "node:http";
import { parseKeyFile } from "../../config/files/key-file.ts";
import { openWatchedFile } from "../../config/files/watched-file.ts";
import type { OperatorSettings } from "../../config/settings/admin/admin-settings.ts";
import { authenticateApiKey } from "../../identity/api-key.ts";
import { headerValues } from "../../identity/authentication.ts";
import { createTrustedProxyCheck } from "../../identity/hops/trusted-proxy.ts";
import { nameFault } from "../../policy/agent-name.ts";
import type { Log } from "../../telemetry/logging/log.ts";
import { refreshableFile } from "./refreshable.ts";

export interface Operators {
  /** The operator with this token; undefined for any other token. Absent without a file of tokens. */
  readonly byToken?: (token: string) => string | undefined;
  /** The operator that a trusted proxy names; undefined for any other request. Absent without such a header. */
  readonly byHeader?: (request: IncomingMessage) => string | undefined;
}

export interface OpenedOperators {
  /** Undefined where the settings name no source of operators' names, or the file has problems. */
  readonly operators: Operators | undefined;
  readonly problems: readonly string[];
  /** Starts following the file; returns the function that stops it. */
  readonly start: (log: Log) => () => void;
}

const NOT_FOLLOWED = (): (() => void) => () => undefined;

export function openOperators(settings: OperatorSettings | undefined): OpenedOperators {
  if (settings === undefined) return { operators: undefined, problems: [], start: NOT_FOLLOWED };
  const { tokensFile: path, header } = settings;
  const byHeader = header && headerOf(header);
  if (path === undefined)
    return { operators: { ...(byHeader && { byHeader }) }, problems: [], start: NOT_FOLLOWED };
  const opened = openWatchedFile({
    paths: [path],
    parse: (bytes) => parseKeyFile(path, bytes ?? Buffer.alloc(0)),
  });
  if (!opened.ok) return { operators: undefined, problems: opened.problems, start: NOT_FOLLOWED };
  const { file } = opened;
  const byToken = (token: string): string | undefined => {
    const found = authenticateApiKey(token, file.current());
    return found.kind === "agent" ? found.agent.name : undefined;
  };
  return {
    operators: { byToken, ...(byHeader && { byHeader }) },
    problems: [],
    start: refreshableFile(file, "tokens of operators").start,
  };
}

// Security: a name that comes twice, or that could be read as another one, proves nothing.
function headerOf({ name, from }: NonNullable<OperatorSettings["header"]>): Operators["byHeader"] {
  const isTrusted = createTrustedProxyCheck(from);
  return (request) => {
    const [operator = "", ...others] = isTrusted(request) ? (headerValues(request, name) ?? []) : [];
    return others.length === 0 && nameFault(operator) === undefined ? operator : undefined;
  };
}
