/** Finds the servers in a configuration file: those that the client starts, and those that it reaches at an address. */

import {
  type ArrayNode,
  type ConfigMember,
  type ConfigNode,
  memberOf,
  nodeAt,
  type ObjectNode,
  textOf,
  type TextNode,
} from "./config-tree.ts";

/** A path through objects; `*` is every member. */
export type ServersPath = readonly string[];

interface Found {
  readonly name: string;
  /** From the top of the file to the entry. */
  readonly path: readonly string[];
  readonly entry: ObjectNode;
}

export interface StdioServer extends Found {
  readonly transport: "stdio";
  readonly command: TextNode;
  readonly commandMember: ConfigMember;
  readonly args: readonly TextNode[];
  /** Absent: the entry has no arguments. */
  readonly list?: { readonly node: ArrayNode; readonly member: ConfigMember };
}

export interface HttpServer extends Found {
  readonly transport: "http" | "sse";
  readonly address: TextNode;
}

/** An entry that has neither a command nor an address, such as one of an extension. */
export interface OtherServer extends Found {
  readonly transport: "unknown";
  readonly reason: string;
}

export type ConfiguredServer = StdioServer | HttpServer | OtherServer;

export interface ServerPlaces {
  /** Where the file keeps its servers. */
  readonly containers: readonly ServersPath[];
  /** The transport of a server whose entry has `url` and no type. */
  readonly plainUrl: "http" | "sse";
}

/** The servers in the order of the file. */
export function serversIn(
  root: ObjectNode,
  { containers, plainUrl }: ServerPlaces,
): readonly ConfiguredServer[] {
  const paths = containers.flatMap((path) => expand(root, path));
  return paths.flatMap((path) => {
    const container = nodeAt(root, path);
    if (container?.kind !== "object") return [];
    return container.members
      .filter(({ name }, index) => container.members.findLastIndex((other) => other.name === name) === index)
      .flatMap(({ name, value }) =>
        value.kind === "object" ? [serverOf({ name, path: [...path, name], entry: value }, plainUrl)] : [],
      );
  });
}

/** The paths that a path with `*` stands for. */
function expand(root: ObjectNode, path: ServersPath): readonly (readonly string[])[] {
  const star = path.indexOf("*");
  if (star < 0) return [path];
  const parent = nodeAt(root, path.slice(0, star));
  if (parent?.kind !== "object") return [];
  return parent.members.flatMap(({ name }) =>
    expand(root, [...path.slice(0, star), name, ...path.slice(star + 1)]),
  );
}

/** Keys of an address, in the order in which clients prefer them. */
const ADDRESS_KEYS = ["httpUrl", "serverUrl", "url"];

function serverOf(found: Found, plainUrl: "http" | "sse"): ConfiguredServer {
  const { entry } = found;
  const command = memberOf(entry, "command");
  if (command?.value.kind === "text") return stdioServer(found, entry, command);
  // An older form of Zed: `"command": { "path": ..., "args": ... }`.
  const path = command === undefined ? undefined : memberOf(command.value, "path");
  if (command?.value.kind === "object" && path?.value.kind === "text")
    return stdioServer(found, command.value, path);
  const key = ADDRESS_KEYS.find((name) => textOf(entry, name) !== undefined);
  const address = key === undefined ? undefined : textOf(entry, key);
  if (address === undefined)
    return { ...found, transport: "unknown", reason: "has neither a command nor an address" };
  return { ...found, transport: transportOf(entry, key === "url" ? plainUrl : "http"), address };
}

function transportOf(entry: ObjectNode, preset: "http" | "sse"): "http" | "sse" {
  const type = (textOf(entry, "type") ?? textOf(entry, "transport"))?.text.toLowerCase();
  if (type === undefined) return preset;
  return type === "sse" ? "sse" : "http";
}

function stdioServer(
  found: Found,
  holder: ObjectNode,
  commandMember: ConfigMember,
): StdioServer | OtherServer {
  const command = commandMember.value;
  const member = memberOf(holder, "args");
  const list = member?.value;
  const isList = member === undefined || list?.kind === "array";
  const elements: readonly ConfigNode[] = list?.kind === "array" ? list.elements : [];
  const args = elements.filter((element) => element.kind === "text");
  if (!isList || args.length < elements.length || command.kind !== "text")
    return { ...found, transport: "unknown", reason: "has arguments that are no list of texts" };
  return {
    ...found,
    transport: "stdio",
    command,
    commandMember,
    args,
    ...(member !== undefined && list?.kind === "array" && { list: { node: list, member } }),
  };
}
