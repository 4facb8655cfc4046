/** Writes docs/settings.md from the schema of the settings and one sentence for each key: `npm run settings:reference`. */

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import * as z from "zod";
import { FLAGS } from "../../src/config/settings/flags.ts";
import { type SettingKey, settingKeys } from "./settings-schema.ts";

const PAGE = join(import.meta.dirname, "../../docs/settings.md");
const FIRST_VERSION = "0.1.0";

const WORDS_SHAPE = z.record(
  z.string(),
  z.union([
    z.string().transform((meaning) => ({ since: FIRST_VERSION, meaning })),
    z.strictObject({ since: z.string(), meaning: z.string() }),
  ]),
);

/** One sentence and the version of each key, by its path. */
export function settingWords(): z.infer<typeof WORDS_SHAPE> {
  return WORDS_SHAPE.parse(parse(readFileSync(join(import.meta.dirname, "setting-words.yaml"), "utf8")));
}

/** Variables that no flag has. */
export const OTHER_VARIABLES: Readonly<Record<string, string>> = {
  TOLLGATE_ADMIN_TOKEN:
    "The admin token itself. `admin.token-file` overrides it. Other programs of the same user can read it: prefer the file.",
  TOLLGATE_ADMIN_READ_TOKEN: "The read token itself. `admin.read-token-file` overrides it.",
  TOLLGATE_SENTINEL_USERNAME: "Account at the Sentinels of the store.",
  TOLLGATE_SENTINEL_PASSWORD: "Password at the Sentinels of the store.",
  TOLLGATE_ADMIN_CA: "For commands that call the admin listener: authorities of its certificate, in PEM.",
  TOLLGATE_ADMIN_CERT: "For the same commands: file with the client certificate to show, in PEM.",
  TOLLGATE_ADMIN_KEY: "For the same commands: file with the key of that certificate, in PEM.",
};

/** Settings that a flag of another name gives, or gives a part of. */
const FLAG_OF_KEY: Readonly<Record<string, string>> = {
  "admin.listen": "admin",
  "admin.open": "admin-open",
  "limits.url": "limits",
  "audit.file": "audit",
};

const HEAD = `<!-- Written by tools/pages/settings-reference.ts from the schema of the settings; do not edit. -->

# Settings

Settings come from flags, environment variables and the YAML file that \`--config\` names.
A flag overrides the environment, the environment overrides the file, and the file overrides the default.
All problems are printed together, before any port is opened. An unknown key is an error.

- [The command line](command-line.md) lists the flags.
- A dot in a key is a level of the file: \`approvals.ttl-seconds\` is \`ttl-seconds\` below \`approvals\`. \`[]\` is an entry of a list.
- A mapping has no default of its own: its keys have.
- The file is read once, at the start. The files that it names are read again when they change: policies, keys, tokens, certificates, freezes.

\`\`\`yaml
upstream: http://127.0.0.1:3000/mcp
policy: /etc/tollgate/policy.json
audit: /var/log/tollgate/audit.jsonl
admin:
  listen: 127.0.0.1:9464
  token-file: /etc/tollgate/admin-token
approvals:
  ttl-seconds: 900
  state: /var/lib/tollgate/approvals.json
\`\`\`
`;

const VARIABLES_HEAD = `## Other environment variables

Flags have the variables above. These have no flag. Tollgate refuses any other variable that begins with \`TOLLGATE_\`, so that a misspelled one is noticed.
[Traces](opentelemetry.md) are set by the variables of OpenTelemetry, which begin with \`OTEL_\`.

| variable | meaning |
| --- | --- |`;

/** Renders the page. @throws when a key has no sentence, or a sentence no key */
export function renderSettingsPage(): string {
  const keys = settingKeys();
  const words = settingWords();
  const strays = Object.keys(words).filter((path) => keys.every((key) => key.path !== path));
  if (strays.length > 0) throw new Error(`setting-words.yaml: no such setting: ${strays.join(", ")}`);
  const sections = sectionsOf(keys).map(([title, own]) => renderSection(title, own, words));
  const variables = Object.entries(OTHER_VARIABLES).map(([name, meaning]) => `| \`${name}\` | ${meaning} |`);
  return `${[HEAD, ...sections].join("\n")}\n${[VARIABLES_HEAD, ...variables].join("\n")}\n`;
}

/** Keys without a level under one title, and those below each mapping under its name. */
function sectionsOf(keys: readonly SettingKey[]): (readonly [string, readonly SettingKey[]])[] {
  const mappings = new Set(keys.filter(({ path }) => topOf(path) !== path).map(({ path }) => topOf(path)));
  const single = keys.filter(({ path }) => !mappings.has(topOf(path)));
  const below = [...mappings].map((top) => [top, keys.filter(({ path }) => topOf(path) === top)] as const);
  return [["Single settings", single] as const, ...below];
}

function topOf(path: string): string {
  return path.split(/[.[]/, 1)[0] ?? "";
}

type Words = ReturnType<typeof settingWords>;

function renderSection(title: string, keys: readonly SettingKey[], words: Words): string {
  const heading = title === "Single settings" ? title : `\`${title}\``;
  const rows = keys.map((key) => renderRow(key, words));
  return `## ${heading}\n\n| key | meaning | type | default | variable | since |\n| --- | --- | --- | --- | --- | --- |\n${rows.join("\n")}\n`;
}

function renderRow({ path, type, fallback, isRequired }: SettingKey, words: Words): string {
  const word = words[path];
  if (word === undefined) throw new Error(`setting-words.yaml: ${path} has no sentence`);
  const flag = FLAGS.find(({ name }) => name === (FLAG_OF_KEY[path] ?? path));
  const isOfPart = Object.keys(FLAG_OF_KEY).some((key) => key.startsWith(`${path}.`));
  const variable = flag === undefined || isOfPart ? "" : `\`${flag.environment}\``;
  const shown = isRequired ? "must be given" : fallback === undefined ? "" : `\`${fallback}\``;
  return `| \`${path}\` | ${word.meaning} | ${type} | ${shown} | ${variable} | ${word.since} |`;
}

if (import.meta.main) writeFileSync(PAGE, renderSettingsPage());
