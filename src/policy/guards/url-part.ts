/** Parts of a URL: its scheme, host, port and path, each undefined where parsers could disagree about it. */

import { isJsonArray, type Json, JsonNumber } from "../../json/json.ts";
import { isAddress } from "./addresses.ts";
import { hasDroppedCharacter, hostOf } from "./host-in.ts";

export const URL_PARTS = ["scheme", "host", "port", "path"] as const;
export type UrlPart = (typeof URL_PARTS)[number];

/**
 * Returns a part of a URL: the scheme and the host in lower case, the port as a number (that of the scheme when none is
 * written), the path decoded. Undefined for a text that is no URL, and where parsers could read another part.
 */
export function urlPart(url: string, part: UrlPart): Json | undefined {
  switch (part) {
    case "scheme":
      return schemeOf(url);
    case "host":
      return hostOf(url);
    case "port":
      return portOf(url);
    case "path":
      return pathOf(url);
  }
}

const SCHEME = /^([a-z][a-z\d+.-]*):/i;

function schemeOf(url: string): string | undefined {
  if (hasDroppedCharacter(url)) return undefined;
  const scheme = SCHEME.exec(url)?.[1]?.toLowerCase();
  // Python's urllib and Java read `url:http://a` as `http://a`.
  return scheme === "url" || URL.parse(url) === null ? undefined : scheme;
}

/** Ports by scheme. Source: WHATWG URL, special schemes. */
const PORTS: Readonly<Record<string, string>> = {
  "http:": "80",
  "https:": "443",
  "ws:": "80",
  "wss:": "443",
  "ftp:": "21",
};

function portOf(url: string): Json | undefined {
  const parsed = hostOf(url) === undefined ? null : URL.parse(url);
  const port = parsed?.port === "" ? PORTS[parsed.protocol] : parsed?.port;
  return port === undefined ? undefined : new JsonNumber(port);
}

/** The path of a URL with a host, as it is written. */
const WRITTEN_PATH = /^[^:]+:\/\/[^/?#]+([^?#]*).*$/s;
/** Escapes of characters that divide a path, or that some servers decode once more; and `%` that is no escape. */
const AMBIGUOUS_ESCAPE = /%(?:[01][\da-f]|2[35ef]|3[bf]|5c|7f|(?![\da-f]{2}))/i;
/** An empty segment before another one, and a segment that servers resolve, with or without a parameter. */
const RESOLVED_SEGMENT = /\/\/|\/[. ]+(?:[/;]|$)/;

// Security: of a path that servers resolve or decode in two ways, one server finds another resource than the policy.
function pathOf(url: string): string | undefined {
  if (hostOf(url) === undefined) return undefined;
  const written = url.replace(WRITTEN_PATH, "$1");
  const decoded = AMBIGUOUS_ESCAPE.test(written) ? undefined : decodedPath(written);
  if (decoded === undefined || RESOLVED_SEGMENT.test(decoded) || !isPlainText(decoded)) return undefined;
  return decoded === "" ? "/" : decoded;
}

function decodedPath(path: string): string | undefined {
  try {
    return decodeURIComponent(path);
  } catch {
    return undefined;
  }
}

const INVISIBLE = /[\p{Cc}\p{Default_Ignorable_Code_Point}]/u;
const NOT_DIVIDING = /[^/\\.%;?#]/g;

/** Whether no character is invisible, or one that a server may fold into one that divides a path: `U+FF0F` is `/`. */
function isPlainText(path: string): boolean {
  const folded = path.normalize("NFKC");
  return !INVISIBLE.test(path) && folded.replace(NOT_DIVIDING, "") === path.replace(NOT_DIVIDING, "");
}

const EQUALITY = ["eq", "neq", "in", "not_in"];
const ON_TEXTS = [...EQUALITY, "regex", "contains", "starts_with", "ends_with", "matches"];
const ON_NUMBERS = [...EQUALITY, "lt", "lte", "gt", "gte"];

/** The operators that apply to a part. */
export function operatorsOn(part: UrlPart): readonly string[] {
  switch (part) {
    case "scheme":
      return ON_TEXTS;
    case "host":
      return [...ON_TEXTS, "cidr"];
    case "path":
      return [...ON_TEXTS, "path_within"];
    case "port":
      return ON_NUMBERS;
  }
}

/** Returns the requirement on an operand that is never the part of a URL; it completes `must be ...`. Undefined for any other. */
export function expectedOperand(part: UrlPart, operator: string, value: Json): string | undefined {
  const operands = isJsonArray(value) ? value : [value];
  const isPossible = EQUALITY.includes(operator) ? IS_PART[part] : mayBeIn(part, operator);
  return operands.every(isPossible) ? undefined : EXPECTED[part];
}

const EXPECTED: Readonly<Record<UrlPart, string>> = {
  scheme: 'a scheme in lower case, such as https, when "of" is "scheme"',
  host: 'a host in lower case, such as example.com, when "of" is "host"',
  port: 'a number from 0 to 65535 when "of" is "port"',
  path: 'a decoded path such as /public/a, when "of" is "path"',
};

const IS_PART: Readonly<Record<UrlPart, (operand: Json) => boolean>> = {
  scheme: (operand) => typeof operand === "string" && schemeOf(`${operand}://a`) === operand,
  host: (operand) => typeof operand === "string" && hostOf(`http://${inBrackets(operand)}/`) === operand,
  port: isPort,
  path: (operand) => typeof operand === "string" && pathOf(`http://a${encodeURI(operand)}`) === operand,
};

function inBrackets(host: string): string {
  return host.includes(":") && isAddress(host) ? `[${host}]` : host;
}

function isPort(operand: Json): boolean {
  return operand instanceof JsonNumber && /^\d{1,5}$/.test(operand.token) && Number(operand.token) < 65_536;
}

function mayBeIn(part: UrlPart, operator: string): (operand: Json) => boolean {
  if (part === "port") return isPort;
  const isAnyCase = part === "path" || operator === "regex";
  return (operand) => typeof operand === "string" && (isAnyCase || operand === operand.toLowerCase());
}
