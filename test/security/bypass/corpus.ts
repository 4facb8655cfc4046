/** All families of the bypass corpus. */

import { ARGUMENTS } from "./families/arguments.ts";
import { DEPTH } from "./families/depth.ts";
import { DUPLICATE_KEYS } from "./families/duplicate-keys.ts";
import { ENCODINGS } from "./families/encodings.ts";
import { ENVELOPES } from "./families/envelopes.ts";
import { HEADERS } from "./families/headers.ts";
import { KEY_FOLDING } from "./families/key-folding.ts";
import { BROKEN_LINES, LENIENT } from "./families/lenient.ts";
import { META } from "./families/meta.ts";
import { NAMES } from "./families/names.ts";
import { NUMBERS } from "./families/numbers.ts";
import { SEVERAL } from "./families/several.ts";
import { SURROGATES } from "./families/surrogates.ts";
import { callOf, DANGER, type Family, PAY, vector } from "./vector.ts";

/** Calls that every upstream executes when no sidecar is in front of it. */
export const PLAIN: Family = [
  vector("a plain call of danger", DANGER),
  vector("a plain call of pay", PAY),
  vector("a plain call of write", callOf("write", '{"path":"/etc"}')),
  vector("a plain call of order", callOf("order", '{"opts":{"amount":500}}')),
];

export const CORPUS: Family = [
  ...PLAIN,
  ...named("arguments", ARGUMENTS),
  ...named("depth", DEPTH),
  ...named("duplicate keys", DUPLICATE_KEYS),
  ...named("encodings", ENCODINGS),
  ...named("envelopes", ENVELOPES),
  ...named("headers", HEADERS),
  ...named("key folding", KEY_FOLDING),
  ...named("lenient", LENIENT),
  ...named("broken lines", BROKEN_LINES),
  ...named("meta", META),
  ...named("names", NAMES),
  ...named("numbers", NUMBERS),
  ...named("several", SEVERAL),
  ...named("surrogates", SURROGATES),
];

/** The vectors that do not depend on HTTP headers or chunks. */
export const STDIO_CORPUS: Family = CORPUS.filter(({ isHttpOnly }) => isHttpOnly !== true);

function named(family: string, vectors: Family): Family {
  return vectors.map((each) => ({ ...each, name: `${family}: ${each.name}` }));
}
