/** Selects the environment variables of a wrapped server: see docs/decisions/0007-environment-of-a-wrapped-server.md. */

export type Environment = Readonly<Record<string, string | undefined>>;

/** An entry of `--env`: `NAME` passes the sidecar's variable on, `NAME=VALUE` sets it. */
export const ENV_ENTRY = /^[A-Za-z_][A-Za-z0-9_]*(?:=.*)?$/s;

/** Variables that programs need to run, to find their files and to reach a network. Security: none of them grants access. */
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
/** Security: the sidecar's own variables, of which some are secrets. */
const SIDECAR_VARIABLE = /^(?:TOLLGATE|OTEL)_/i;

/** Without `--env`: all variables but the sidecar's own. With it: the allow-list, and every variable that it names. */
export function childEnvironment(
  environment: Environment,
  named: readonly string[] | undefined,
): Readonly<Record<string, string>> {
  const passes = named === undefined ? (name: string) => !SIDECAR_VARIABLE.test(name) : isAllowed;
  const passed = Object.entries(environment).filter(([name]) => passes(name));
  const entries = [...passed, ...(named ?? []).map((entry) => parseEntry(entry, environment))];
  return Object.fromEntries(entries.filter((entry): entry is [string, string] => entry[1] !== undefined));
}

/** Proxies are also written in lower case, and Windows does not tell the cases apart. */
function isAllowed(name: string): boolean {
  return ALLOWED.has(name.toUpperCase()) || ALLOWED_PREFIX.test(name);
}

function parseEntry(entry: string, environment: Environment): [string, string | undefined] {
  const at = entry.indexOf("=");
  return at < 0 ? [entry, environment[entry]] : [entry.slice(0, at), entry.slice(at + 1)];
}
