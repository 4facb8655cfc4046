/** Removes secrets from text before it is written. */

export const REDACTED = "[redacted]";

/** Log fields whose value is a secret, whatever its form. */
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

/** Endings of argument names, without `_` and `-`, whose value is a secret. */
const SECRET_ENDINGS =
  /(?:authorization|cookie|password|passwd|passphrase|secret|secretkey|credentials?|privatekey|apikey|accesskey|(?:^|access|refresh|id|auth|session|bearer|api)token)$/;

/** Whether an argument of this name holds a secret, whatever its form. */
export function isSecretKey(name: string): boolean {
  return SECRET_ENDINGS.test(name.toLowerCase().replaceAll(/[-_.]/g, ""));
}

/** A JWT anywhere in the text: three base64url parts, or the five of an encrypted one, of which the first is a JSON object. */
const JWT = /\beyJ[\w-]{8,}\.[\w-]*\.[\w-]*(?:\.[\w-]+)*/g;
/** An API key that `tollgate keys create` has made. */
const OWN_KEY = /\btgk_[\w-]{16,}/g;
const CREDENTIALS = /(authorization"?\s*[:=]\s*"?)?\b(bearer|basic)\s+([\w.~+/=-]+)/gi;
/** A word of prose behind a scheme in lower case: `the bearer token is not one that can be read`. A credential has digits or capitals, or is longer. */
const WORD = /^[a-z]{1,15}(?:-[a-z]{1,15}){0,2}[.-]?$/;
/** Words behind a scheme as headers write it: `Bearer tokens`. */
const SCHEME_WORD =
  /^(?:and|are|as|auth|authentication|authorization|but|by|can|challenges?|credentials?|for|from|headers?|in|is|keys?|may|methods?|must|nor|not|of|or|passwords?|prefix|realm|schemes?|tokens?|was|were|will|with)\.?$/;
/** A parameter of a challenge, as `WWW-Authenticate` writes it: its quoted value follows. */
const CHALLENGE = /^(?:algs|charset|error|error_description|error_uri|realm|resource_metadata|scope)=$/;
/** A credential of another scheme, behind the name of its header. */
const OTHER_SCHEME =
  /(authorization"?\s*[:=]\s*"?)(apikey|api-key|digest|dpop|gnap|hoba|mac|mutual|negotiate|ntlm|token|aws4-hmac-sha256)\s+[^"\\\r\n]+/gi;
/** A parameter of a URL or a form whose value is a secret. */
const QUERY =
  /([?&](?:access_token|api[_-]?key|auth|client_assertion|client_secret|code|credential|id_token|key|password|refresh_token|secret|sig|signature|token|x-amz-signature)=)[^&#\s"'\\<>]+/gi;
const URL_USER = /:\/\/[^\s/@"\\]+@/g;

/** Redacts JWTs, API keys of Tollgate, credentials of `Authorization`, and userinfo and secrets in URLs. Safe on a line of JSON: neither the matches nor the replacement need escaping. */
export function withoutSecrets(text: string): string {
  return text
    .replaceAll(JWT, REDACTED)
    .replaceAll(OWN_KEY, REDACTED)
    .replaceAll(OTHER_SCHEME, `$1$2 ${REDACTED}`)
    .replaceAll(CREDENTIALS, redactCredentials)
    .replaceAll(QUERY, `$1${REDACTED}`)
    .replaceAll(URL_USER, `://${REDACTED}@`);
}

/** Behind the name of the header, everything is a credential. */
function redactCredentials(...[text, header, scheme, credentials, offset, whole]: CredentialMatch): string {
  const isChallenge = CHALLENGE.test(credentials) && /^\\?"/.test(whole.slice(offset + text.length));
  const prose = scheme === scheme.toLowerCase() ? WORD : SCHEME_WORD;
  if (header === undefined && (isChallenge || prose.test(credentials))) return text;
  return `${header ?? ""}${scheme} ${REDACTED}`;
}

type CredentialMatch = [
  text: string,
  header: string | undefined,
  scheme: string,
  credentials: string,
  offset: number,
  whole: string,
];

/** Keys with a prefix by which their issuer makes them recognisable. */
const KNOWN_KEYS =
  /\b(?:sk-[\w-]{16,}|sk_(?:live|test)_\w{8,}|gh[opsur]_\w{16,}|github_pat_\w{16,}|glpat-[\w-]{16,}|xox[abeoprs]-[\w-]{8,}|(?:AKIA|ASIA)[0-9A-Z]{16}|AIza[\w-]{30,}|npm_\w{30,}|hf_\w{30,})/g;
/** `API_KEY=...`, `password: "..."`, `"token": "..."`: the name is kept, the value redacted. */
const NAMED =
  /((?:pass(?:word|wd|phrase)|secret|token|credentials?|api[_-]?key|access[_-]?key(?:[_-]id)?|private[_-]?key)"?'?\s*[:=]\s*)("[^"]*"|'[^']*'|[^\s,;&"']+)/gi;
const AUTHORIZATION = /(authorization"?\s*[:=]\s*"?)(?!\[redacted\])[^"\r\n]+/gi;

/** Redacts also values that follow a name such as `password`, and keys with a known prefix. For text of others, such as a server's stderr; it may redact too much. */
export function withoutCredentials(text: string): string {
  return withoutSecrets(text)
    .replaceAll(KNOWN_KEYS, REDACTED)
    .replaceAll(AUTHORIZATION, (_all, name: string) => name + REDACTED)
    .replaceAll(NAMED, (_all, name: string) => name + REDACTED);
}

/** The `redact` option of pino. */
export const CENSOR = { paths: SECRET_KEYS.flatMap(pathsOf), censor: REDACTED };

/** Paths of the key at the top of a line, and one and two levels below. */
function pathsOf(key: string): readonly string[] {
  const quoted = `["${key}"]`;
  return [quoted, `*${quoted}`, `*.*${quoted}`];
}
