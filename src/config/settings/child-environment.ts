/** What a wrapped server is given of our environment: see docs/decisions/0007-environment-of-a-wrapped-server.md. */

export type Environment = Readonly<Record<string, string | undefined>>;

/** What `--env` takes: `NAME` passes ours on, `NAME=VALUE` sets it. */
export const ENV_ENTRY = /^[A-Za-z_][A-Za-z0-9_]*(?:=.*)?$/s;

/** What programs need to run at all, find their files and reach a network: nothing that grants anything. */
const ALLOWED: ReadonlySet<string> = new Set(
  [
    "PATH HOME USER LOGNAME SHELL TERM TZ TMPDIR TMP TEMP LANG LANGUAGE",
    "HTTP_PROXY HTTPS_PROXY NO_PROXY ALL_PROXY",
    "SSL_CERT_FILE SSL_CERT_DIR NODE_EXTRA_CA_CERTS REQUESTS_CA_BUNDLE CURL_CA_BUNDLE",
    "SYSTEMROOT SYSTEMDRIVE WINDIR COMSPEC PATHEXT PROCESSOR_ARCHITECTURE USERNAME",
    "USERPROFILE HOMEDRIVE HOMEPATH APPDATA LOCALAPPDATA PROGRAMDATA PROGRAMFILES",
  ].flatMap((names) => names.split(" ")),
);
const ALLOWED_PREFIX = /^(?:LC|XDG)_/;
/** Ours: a server has no use for them, and some are secrets of the sidecar. */
const SIDECAR_VARIABLE = /^(?:TOLLGATE|OTEL)_/i;

/** Without `--env` everything but what is ours; with it the allow-list and what it names, which may be anything. */
export function childEnvironment(
  ours: Environment,
  named: readonly string[] | undefined,
): Readonly<Record<string, string>> {
  const passes = named === undefined ? (name: string) => !SIDECAR_VARIABLE.test(name) : isAllowed;
  const given = Object.entries(ours).filter(([name]) => passes(name));
  const entries = [...given, ...(named ?? []).map((entry) => entryOf(entry, ours))];
  return Object.fromEntries(entries.filter((entry): entry is [string, string] => entry[1] !== undefined));
}

/** Proxies are also written in lower case, and Windows does not tell the cases apart. */
function isAllowed(name: string): boolean {
  return ALLOWED.has(name.toUpperCase()) || ALLOWED_PREFIX.test(name);
}

function entryOf(entry: string, ours: Environment): [string, string | undefined] {
  const at = entry.indexOf("=");
  return at < 0 ? [entry, ours[entry]] : [entry.slice(0, at), entry.slice(at + 1)];
}
