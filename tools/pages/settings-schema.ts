/** Reads the keys of the settings, with type and default, from the schema that checks them. */

import * as z from "zod";
import { JWT_SHAPE } from "../../src/config/settings/identity/token-settings.ts";
import { SETTINGS_SHAPE } from "../../src/config/settings/settings-shape.ts";

export interface SettingKey {
  /** With dots; `[]` is an entry of a list, `*` any name. */
  readonly path: string;
  readonly type: string;
  /** As JSON; absent: no default. */
  readonly fallback?: string;
  readonly isRequired: boolean;
}

type Node = z.core.$ZodType;

/** A schema without the layers that do not show in a file. */
interface Peeled {
  readonly node: Node;
  readonly fallback?: unknown;
  readonly isRequired: boolean;
}

function peel(node: Node, isRequired = true): Peeled {
  const def = defOf(node);
  if (isWrapper(def)) {
    const hasFallback = def.type === "default" || def.type === "prefault";
    const inner = peel(def.innerType, false);
    return { ...inner, isRequired: false, ...(hasFallback && { fallback: valueOf(def) }) };
  }
  if (!isPipe(def)) return { node, isRequired };
  const written = defOf(def.in).type === "transform" ? def.out : def.in;
  return peel(written, isRequired);
}

type Def = z.core.$ZodTypeDef;
type Wrapper = Def & { readonly innerType: Node; readonly defaultValue?: unknown };
type Pipe = Def & { readonly in: Node; readonly out: Node };

function defOf(node: Node): Def {
  // oxlint-disable-next-line no-underscore-dangle -- the one place where every schema of zod has its parts.
  return node._zod.def;
}

function isWrapper(def: Def): def is Wrapper {
  return "innerType" in def;
}

function isPipe(def: Def): def is Pipe {
  return def.type === "pipe";
}

function valueOf({ defaultValue }: Wrapper): unknown {
  return defaultValue;
}

/** Schemas of settings that are checked in two steps, of which the first takes anything. */
const CHECKED_LATER: Readonly<Record<string, { readonly shape: Node; readonly type: string }>> = {
  "identity.jwt": { shape: JWT_SHAPE, type: "mapping, or list of mappings" },
};

/** Gives every key of the file of `--config`, in the order of the schema. */
export function settingKeys(): SettingKey[] {
  return keysIn(SETTINGS_SHAPE, "");
}

function keysIn(node: Node, path: string): SettingKey[] {
  const { node: inner } = peel(node);
  if (inner instanceof z.ZodObject)
    return Object.entries<Node>(inner.shape).flatMap(([key, value]) =>
      keyAndBelow(value, path === "" ? key : `${path}.${key}`),
    );
  if (inner instanceof z.ZodArray) return keysIn(inner.element, `${path}[]`);
  if (inner instanceof z.ZodUnion) return inner.options.flatMap((option) => keysIn(option, path));
  return [];
}

function keyAndBelow(node: Node, path: string): SettingKey[] {
  const { node: inner, fallback, isRequired } = peel(node);
  const later = CHECKED_LATER[path];
  if (later !== undefined) return [{ path, type: later.type, isRequired }, ...keysIn(later.shape, path)];
  const shown =
    fallback === undefined || isEmptyMapping(fallback) ? {} : { fallback: JSON.stringify(fallback) };
  return [{ path, type: typeOf(inner), isRequired, ...shown }, ...unique(keysIn(node, path))];
}

function isEmptyMapping(value: unknown): boolean {
  return JSON.stringify(value) === "{}";
}

/** Two forms of one setting, such as one issuer and a list of these, may have a key in common. */
function unique(keys: readonly SettingKey[]): SettingKey[] {
  return keys.filter(({ path }, index) => keys.findIndex((other) => other.path === path) === index);
}

function typeOf(node: Node): string {
  const { node: inner } = peel(node);
  if (inner instanceof z.ZodString) return "text";
  if (inner instanceof z.ZodBoolean) return "true or false";
  if (inner instanceof z.ZodNumber) return numberType(inner);
  if (inner instanceof z.ZodEnum) return inner.options.map((option) => `\`${option}\``).join(", ");
  if (inner instanceof z.ZodArray) return listType(inner.element);
  if (inner instanceof z.ZodObject) return "mapping";
  if (inner instanceof z.ZodRecord) return `mapping of names to ${typeOf(inner.valueType)}`;
  if (inner instanceof z.ZodUnion) return unionType(inner.options.map(typeOf));
  throw new Error(`the settings have a type that the page cannot name: ${defOf(inner).type}`);
}

function listType(element: Node): string {
  const type = typeOf(element);
  return type === "mapping" ? "list of mappings" : `list of ${type}`;
}

/** A switch may also be written as a text, which is how the environment gives it. */
function unionType(types: readonly string[]): string {
  const shown = types.filter((type) => type !== "`true`, `false`");
  return [...new Set(shown)].join(" or ");
}

function numberType(node: z.ZodNumber): string {
  const [least, most] = [node.minValue ?? -Infinity, node.maxValue ?? Infinity];
  const isWhole = node.format === "safeint";
  const name = isWhole ? "whole number" : "number";
  const isLeastTaken = node.safeParse(least).success;
  if (!isWhole && !isLeastTaken) return `${name} above ${least}`;
  return `${name}, ${isLeastTaken ? least : least + 1} to ${most}`;
}
