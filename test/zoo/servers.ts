/** The servers of the zoo, in the order of the page. */

import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { EVERYTHING_PLAN, type Step, ZOO_PLAN } from "./plan.ts";
import type { Command } from "./programs.ts";
import { goCommand, javaCommand, type Part, pythonCommand, rustCommand } from "./toolchains.ts";

export interface ZooServer {
  readonly name: string;
  /** The library and its version, as pinned. */
  readonly library: string;
  readonly plan: readonly Step[];
  /** Made before the program starts. Absent: it needs only the packages of this repository. */
  readonly part?: Part;
  readonly stdio: () => Command;
  readonly http: (port: number) => Command;
  /** Absent where the library no longer offers HTTP+SSE. */
  readonly sse?: (port: number) => Command;
}

const EVERYTHING = join(
  dirname(createRequire(import.meta.url).resolve("@modelcontextprotocol/server-everything/package.json")),
  "dist/index.js",
);

export const SERVERS: readonly ZooServer[] = [
  {
    name: "server-everything",
    library: "@modelcontextprotocol/server-everything 2026.8.31",
    plan: EVERYTHING_PLAN,
    stdio: () => everything("stdio"),
    http: (port) => everything("streamableHttp", port),
    sse: (port) => everything("sse", port),
  },
  {
    name: "fastmcp",
    library: "fastmcp 4.2.3",
    plan: ZOO_PLAN,
    part: "python-fastmcp",
    stdio: () => fastmcp("stdio"),
    http: (port) => fastmcp("http", String(port)),
    sse: (port) => fastmcp("sse", String(port)),
  },
  {
    name: "Go SDK",
    library: "github.com/modelcontextprotocol/go-sdk v1.8.0",
    plan: ZOO_PLAN,
    part: "go",
    stdio: () => goCommand("server", "stdio"),
    http: (port) => goCommand("server", "http", String(port)),
    sse: (port) => goCommand("server", "sse", String(port)),
  },
  {
    name: "Java SDK",
    library: "io.modelcontextprotocol.sdk:mcp 2.1.0",
    plan: ZOO_PLAN,
    part: "java",
    stdio: () => javaCommand("server", "stdio"),
    http: (port) => javaCommand("server", "http", String(port)),
    sse: (port) => javaCommand("server", "sse", String(port)),
  },
  {
    name: "rmcp",
    library: "rmcp 3.11.0",
    plan: ZOO_PLAN,
    part: "rust",
    stdio: () => rustCommand("server", "stdio"),
    http: (port) => rustCommand("server", "http", String(port)),
  },
];

function everything(transport: string, port?: number): Command {
  const words = [process.execPath, EVERYTHING, transport];
  return port === undefined ? { words } : { words, environment: { PORT: String(port) } };
}

function fastmcp(...args: readonly string[]): Command {
  return pythonCommand("python-fastmcp", "server.py", ...args);
}
