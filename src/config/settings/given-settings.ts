/** Gathers settings from flags, environment and file, unchecked: a flag beats the environment, which beats the file. */

import { readFileSync } from "node:fs";
import * as z from "zod";
import { readProblem } from "../file-fault.ts";
import { parseYaml } from "../parse-yaml.ts";
import { type Place, placesIn } from "../place-in-file.ts";
import { FLAGS, type FlagName } from "./flags.ts";
import { mergeLimits } from "./limits/limits-settings.ts";

export interface SettingsSources {
  /** Values of flags as given on the command line. */
  readonly flags: Readonly<Partial<Record<FlagName, string | readonly string[]>>>;
  /** The words after `--`; absent without it. */
  readonly command?: readonly string[];
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly isTerminal: boolean;
  /** A settings file that was read already, in place of the one that `config` names. */
  readonly file?: FileSettings;
}

/** The settings that a file gives. */
export type FileSettings = Omit<GivenSettings, "origins">;

export interface GivenSettings {
  /** By the name of the setting. */
  readonly values: Readonly<Record<string, unknown>>;
  /** The flag or variable of each setting that the file does not give: `--mode`, `TOLLGATE_MODE`. */
  readonly origins: Readonly<Record<string, string>>;
  /** Why the file cannot be read, with its name and line. */
  readonly problems: readonly string[];
  /** Returns the file, line and column that give a setting; undefined when the file does not. */
  readonly placeInFile: (path: Place) => string | undefined;
}

type Text = string | readonly string[];

/** The settings that the file of `config` gives, for those that need them before they are parsed. */
export function readFileSettings(sources: Pick<SettingsSources, "flags" | "environment">): FileSettings {
  return readConfigFile(flagsAndEnvironment(sources)["config"]?.text);
}

export function gatherSettings(sources: SettingsSources): GivenSettings {
  const given = flagsAndEnvironment(sources);
  const file = sources.file ?? readConfigFile(given["config"]?.text);
  const values: Record<string, unknown> = { ...file.values };
  for (const [name, { text }] of Object.entries(given))
    if (name === "admin-open") values["admin"] = withPart(values["admin"], "listen", { open: text });
    else if (name !== "config") values[name] = mergeWithFile(name, values[name], text);
  const origins = Object.fromEntries(Object.entries(given).map(([name, { origin }]) => [name, origin]));
  return { ...file, values, origins };
}

function flagsAndEnvironment({
  flags,
  environment,
}: Pick<SettingsSources, "flags" | "environment">): Readonly<
  Record<string, { readonly text: Text; readonly origin: string }>
> {
  const given: Record<string, { text: Text; origin: string }> = {};
  for (const { name, environment: variable } of FLAGS) {
    const value = flags[name] ?? environment[variable];
    if (value === undefined || value === "") continue;
    given[name] = { text: value, origin: flags[name] === undefined ? variable : `--${name}` };
  }
  return given;
}

/** The value of a setting that flag or variable gives; where the file has a mapping, they replace one part of it. */
function mergeWithFile(name: string, inFile: unknown, text: Text): unknown {
  if (name === "limits" && typeof text === "string") return mergeLimits(inFile, text);
  const part = MAPPINGS[name];
  return part !== undefined && isMapping(inFile) ? { ...inFile, [part]: text } : text;
}

/** Settings that are a mapping or one text, and the part that the text is. */
const MAPPINGS: Readonly<Record<string, string>> = { admin: "listen", audit: "file" };

/** The setting as a mapping with a further part; `short` is the part that a text alone stands for. */
function withPart(setting: unknown, short: string, part: Readonly<Record<string, unknown>>): unknown {
  if (setting !== undefined && typeof setting !== "string" && !isMapping(setting)) return setting;
  return { ...(isMapping(setting) ? setting : setting === undefined ? {} : { [short]: setting }), ...part };
}

function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

const MAPPING = z.record(z.string(), z.unknown());

function readConfigFile(path: Text | undefined): FileSettings {
  const nowhere = { values: {}, placeInFile: () => undefined };
  if (typeof path !== "string") return { ...nowhere, problems: [] };
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    return { ...nowhere, problems: [readProblem(path, error)] };
  }
  const { document, problems } = parseYaml(text);
  if (problems.length > 0) return { ...nowhere, problems: problems.map((problem) => `${path}: ${problem}`) };
  const root = MAPPING.safeParse(document.toJS() ?? {});
  if (!root.success) return { ...nowhere, problems: [`${path}: must be a mapping of settings`] };
  const placeInFile = (place: Place): string | undefined => {
    const found = placesIn(text)(place);
    return found && `${path}: ${found}`;
  };
  return { values: root.data, problems: [], placeInFile };
}
