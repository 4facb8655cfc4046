/** How Tollgate and a server behind https know each other, from files that are reloaded when they change. */

import { openUpstreamTlsFiles } from "../config/files/tls-files.ts";
import type { UpstreamTlsSettings } from "../config/settings/tls-settings.ts";
import { type ClientTls, DEFAULT_TLS } from "../proxy/upstream/http1/client-tls.ts";
import type { Log } from "../telemetry/logging/log.ts";
import { BAD_USAGE, StartError } from "./start-error.ts";

export interface UpstreamTls {
  readonly tls: ClientTls;
  /** Stops following the files. */
  readonly stop: () => void;
}

/** @throws StartError when a file cannot be used. */
export function openUpstreamTls(settings: UpstreamTlsSettings, log: Log): UpstreamTls {
  const { serverName } = settings;
  const named = serverName === undefined ? {} : { serverName };
  const opened = openUpstreamTlsFiles(settings);
  if (opened === undefined) return { tls: { ...DEFAULT_TLS, ...named }, stop: () => undefined };
  if (!opened.ok) throw new StartError(opened.problems, BAD_USAGE);
  const { file } = opened;
  const what = "certificates of the upstream";
  const stop = file.start({
    onChanged: () => log.info({ what }, "reloaded"),
    onProblems: (problems) =>
      log.error({ what, problems }, "reload failed; the previous version stays in force"),
  });
  return { tls: { material: file.current, ...named }, stop };
}
