/** The values of a configuration file, with their positions in its text: the same for JSON with comments and for TOML. */

export type ConfigFormat = "jsonc" | "toml";

/** Positions are offsets into the text: of the first character, and after the last one. */
interface Placed {
  readonly start: number;
  readonly end: number;
}

export type ConfigNode =
  | (Placed & { readonly kind: "object"; readonly members: readonly ConfigMember[] })
  | (Placed & { readonly kind: "array"; readonly elements: readonly ConfigNode[] })
  | (Placed & { readonly kind: "text"; readonly text: string })
  /** A number, a boolean, null, a date or a table of tables. */
  | (Placed & { readonly kind: "other" });

export type TextNode = Extract<ConfigNode, { kind: "text" }>;
export type ArrayNode = Extract<ConfigNode, { kind: "array" }>;
export type ObjectNode = Extract<ConfigNode, { kind: "object" }>;

export interface ConfigMember {
  readonly name: string;
  /** Position of the whole key. */
  readonly keyStart: number;
  /** The text before the last part of a dotted key of TOML: `a.b.` of `a.b.command`. */
  readonly keyPrefix: string;
  /** Whether the member stands on lines of its own, without commas: a key of a table of TOML. */
  readonly isLine: boolean;
  readonly value: ConfigNode;
}

export type ParsedConfig =
  | { readonly ok: true; readonly root: ObjectNode }
  /** `line 3, column 5: comma expected`. */
  | { readonly ok: false; readonly problem: string };

/** The member of that name; the last one counts where a name is repeated. */
export function memberOf(node: ConfigNode, name: string): ConfigMember | undefined {
  return node.kind === "object" ? node.members.findLast((member) => member.name === name) : undefined;
}

/** The value at a path through objects; undefined when there is none. */
export function nodeAt(root: ConfigNode, path: readonly string[]): ConfigNode | undefined {
  return path.reduce<ConfigNode | undefined>(
    (node, name) => (node === undefined ? undefined : memberOf(node, name)?.value),
    root,
  );
}

/** The text that the string value of a member has; undefined for any other value. */
export function textOf(node: ConfigNode, name: string): TextNode | undefined {
  const value = memberOf(node, name)?.value;
  return value?.kind === "text" ? value : undefined;
}

/** A string as JSON and basic strings of TOML both write it. */
export function quote(text: string): string {
  return JSON.stringify(text).replaceAll("\u007f", String.raw`\u007f`);
}

/** Line and column of a position, both from 1. */
export function positionIn(text: string, offset: number): string {
  const before = text.slice(0, offset).split(/\r\n|\n|\r/);
  return `line ${before.length}, column ${(before.at(-1) ?? "").length + 1}`;
}
