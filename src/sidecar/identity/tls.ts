/** TLS of a listener, from files that are reloaded when they change. */

import type { TlsSettings } from "../../config/settings/tls-settings.ts";
import { openTlsFiles } from "../../config/files/tls-files.ts";
import type { Log } from "../../telemetry/logging/log.ts";
import { renewTls, tlsOptions } from "../../proxy/http/tls.ts";

export interface ListenerTls {
  readonly scheme: "http" | "https";
  /** Absent: plain HTTP. */
  readonly options?: ReturnType<typeof tlsOptions>;
  readonly problems: readonly string[];
  /** Follows the files from now on; returns the function that stops it. */
  readonly start: (server: Parameters<typeof renewTls>[0], log: Log) => () => void;
}

const PLAIN: ListenerTls = { scheme: "http", problems: [], start: () => () => undefined };

export function openTls(settings: TlsSettings | undefined): ListenerTls {
  if (settings === undefined) return PLAIN;
  const opened = openTlsFiles(settings);
  if (!opened.ok) return { ...PLAIN, problems: opened.problems };
  const { file } = opened;
  return {
    scheme: "https",
    options: tlsOptions(file.current()),
    problems: [],
    start: (server, log) =>
      file.start({
        onChanged: (material) => {
          renewTls(server, material);
          log.info({ what: "certificates" }, "reloaded");
        },
        onProblems: (problems) =>
          log.error({ what: "certificates", problems }, "reload failed; the previous version stays in force"),
      }),
  };
}
