/** Takes secrets out of text that is about to be written. */

export const REDACTED = "[redacted]";

/** Keys whose value is a secret whatever it looks like. */
const SECRET_KEYS = [
  "authorization",
  "proxy-authorization",
  "cookie",
  "set-cookie",
  "x-api-key",
  "token",
  "access_token",
  "refresh_token",
  "id_token",
  "client_secret",
  "secret",
  "password",
  "api_key",
  "apiKey",
] as const;

/** What a name of an argument ends in, without `_` and `-`, when its value is a secret. */
const SECRET_ENDINGS =
  /(?:authorization|cookie|password|passwd|passphrase|secret|secretkey|credentials?|privatekey|apikey|accesskey|(?:^|access|refresh|id|auth|session|bearer|api)token)$/;

/** Whether the name says that its value is a secret, whatever that looks like. */
export function isSecretKey(name: string): boolean {
  return SECRET_ENDINGS.test(name.toLowerCase().replaceAll(/[-_.]/g, ""));
}

/** Three base64url parts of which the first is a JSON object: a JWT, wherever it stands. */
const JWT = /\beyJ[\w-]{8,}\.[\w-]+\.[\w-]*/g;
const CREDENTIALS = /\b(bearer|basic)\s+[\w.~+/-]+=*/gi;
const URL_USER = /:\/\/[^\s/@"\\]+@/g;

/** Safe on a line of JSON: what is replaced, and what replaces it, needs no escaping. */
export function withoutSecrets(text: string): string {
  return text
    .replaceAll(JWT, REDACTED)
    .replaceAll(CREDENTIALS, (_credentials, scheme: string) => `${scheme} ${REDACTED}`)
    .replaceAll(URL_USER, `://${REDACTED}@`);
}

/** Prefixes that issuers give to their keys, so that they are found. */
const KNOWN_KEYS =
  /\b(?:sk-[\w-]{16,}|sk_(?:live|test)_\w{8,}|gh[opsur]_\w{16,}|github_pat_\w{16,}|glpat-[\w-]{16,}|xox[abeoprs]-[\w-]{8,}|(?:AKIA|ASIA)[0-9A-Z]{16}|AIza[\w-]{30,}|npm_\w{30,}|hf_\w{30,})/g;
/** `API_KEY=...`, `password: "..."`, `"token": "..."`: the name stays, the value goes. */
const NAMED =
  /((?:pass(?:word|wd|phrase)|secret|token|credentials?|api[_-]?key|access[_-]?key(?:[_-]id)?|private[_-]?key)"?'?\s*[:=]\s*)("[^"]*"|'[^']*'|[^\s,;&"']+)/gi;
const AUTHORIZATION = /(authorization"?\s*[:=]\s*"?)(?!\[redacted\])[^"\r\n]+/gi;

/** For text that is not ours, such as a server's stderr: also what a name or a prefix gives away. A guess, on the safe side. */
export function withoutCredentials(text: string): string {
  return withoutSecrets(text)
    .replaceAll(KNOWN_KEYS, REDACTED)
    .replaceAll(AUTHORIZATION, (_all, name: string) => name + REDACTED)
    .replaceAll(NAMED, (_all, name: string) => name + REDACTED);
}

export const CENSOR = { paths: SECRET_KEYS.flatMap(pathsOf), censor: REDACTED };

/** The key at the top of a line, and one and two levels down. */
function pathsOf(key: string): readonly string[] {
  const quoted = `["${key}"]`;
  return [quoted, `*${quoted}`, `*.*${quoted}`];
}
