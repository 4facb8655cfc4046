/** Whether a path stays within a folder, in every way that file systems and servers read it. */

import type { TestResult } from "../compare-json.ts";

/** Tests a path against these absolute folders; undefined when one of them is not absolute. */
export function pathWithin(roots: readonly string[]): ((path: string) => TestResult) | undefined {
  if (!roots.every((root) => root.startsWith("/"))) return undefined;
  const folders = roots.map((root) => resolved(root)).filter((folder) => folder !== undefined);
  return (path) => {
    const forms = decodings(path);
    const isEscaped = forms.slice(-1).some((form) => ESCAPE.test(form));
    if (path.length > MAX_PATH_LENGTH || forms.some(isOddPath) || isEscaped) return "type";
    const readings = readingsOf(forms);
    const results = readings.filter((each) => each !== undefined).map((each) => isWithin(each, folders));
    // Security: a relative path that climbs out of its folder, wherever that is, may end in any folder.
    if (results.length < readings.length) return "type";
    // Security: where the readings disagree, one server leaves the folder and another does not.
    if (!results.includes(true)) return false;
    return results.includes(false) ? "type" : true;
  };
}

/** Longer paths than any file system takes. */
const MAX_PATH_LENGTH = 16_384;
const CONTROL = /\p{Cc}/u;
/** An escape that is left after decoding: bytes that are no UTF-8, or one more round. */
const ESCAPE = /%[\da-f]{2}/i;
/** A home folder, a drive, a URL: absolute to some servers, and not in the form of the folders. */
const OTHER_ABSOLUTE = /^(?:~|[a-z][a-z\d+.-]*:|\\\\)/i;

function isOddPath(path: string): boolean {
  return path === "" || CONTROL.test(path) || OTHER_ABSOLUTE.test(path);
}

interface Reading {
  readonly segments: readonly string[];
  /** Whether letter case makes no difference. */
  readonly isFolded: boolean;
}

/** Undefined for a path that climbs out. */
function readingOf(text: string, isFolded: boolean): Reading | undefined {
  const segments = resolved(isFolded ? trimmedSegments(text) : text);
  return segments && { segments, isFolded };
}

function readingsOf(decoded: readonly string[]): (Reading | undefined)[] {
  const texts = new Set<string>();
  for (const text of decoded) {
    for (const form of [text, text.normalize("NFKC").replace(/\p{Default_Ignorable_Code_Point}/gu, "")]) {
      texts.add(form).add(form.replaceAll("\\", "/"));
    }
  }
  return Array.from(texts).flatMap((text) => [readingOf(text, false), readingOf(text, true)]);
}

/** The text, and what percent-decoding makes of it, up to three times. */
function decodings(path: string): string[] {
  const texts = [path];
  let text = path;
  for (let round = 0; round < 3; round += 1) {
    const decoded = text.replace(/(?:%[\da-f]{2})+/gi, (escapes) => decodedOr(escapes));
    if (decoded === text) break;
    texts.push(decoded);
    text = decoded;
  }
  return texts;
}

function decodedOr(escapes: string): string {
  try {
    return decodeURIComponent(escapes);
  } catch {
    return escapes;
  }
}

/** Windows drops blanks and dots at the end of a name. */
function trimmedSegments(path: string): string {
  return path
    .split("/")
    .map((segment) => (/^\.+ *$/.test(segment) ? segment.trimEnd() : segment.replace(/[. ]+$/, "")))
    .join("/");
}

/** The segments below `/`, or below the folder for a relative path; undefined when `..` leaves it. */
function resolved(path: string): readonly string[] | undefined {
  const segments: string[] = path.startsWith("/") ? [""] : [];
  const least = segments.length;
  for (const segment of path.split("/")) {
    if (segment === "" || segment === ".") continue;
    if (segment !== "..") segments.push(segment);
    else if (segments.length > least) segments.pop();
    else if (least === 0) return undefined;
  }
  return segments;
}

function isWithin({ segments, isFolded }: Reading, folders: readonly (readonly string[])[]): boolean {
  // A relative path is below every folder.
  if (segments[0] !== "") return true;
  const fold = (name: string | undefined): string | undefined => (isFolded ? name?.toLowerCase() : name);
  return folders.some((folder) => folder.every((name, index) => fold(name) === fold(segments[index])));
}
