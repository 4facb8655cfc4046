/** The clients of the zoo, in the order of the page. */

import { join } from "node:path";
import type { Command } from "./programs.ts";
import type { Transport } from "./routes.ts";
import { goProgram, javaWords, pythonWith } from "./toolchains.ts";

export interface ZooClient {
  readonly name: string;
  /** The library and its version, as pinned. */
  readonly library: string;
  readonly speaks: readonly Transport[];
  /** Names of the servers that it meets in the quick form. */
  readonly quickWith: readonly string[];
  /** The program, built first where that is needed; the target and the steps follow as one more argument. */
  readonly command: () => Command;
}

const HERE = import.meta.dirname;
const ALL: readonly Transport[] = ["http", "sse", "stdio"];

export const CLIENTS: readonly ZooClient[] = [
  {
    name: "TypeScript SDK 1.x",
    library: "@modelcontextprotocol/sdk 1.32.2",
    speaks: ALL,
    quickWith: ["server-everything"],
    command: () => ({ words: [process.execPath, join(HERE, "typescript/sdk-v1.ts")] }),
  },
  {
    name: "TypeScript SDK 2.x",
    library: "@modelcontextprotocol/client 2.4.0",
    speaks: ALL,
    quickWith: ["fastmcp", "Go SDK"],
    command: () => ({ words: [process.execPath, join(HERE, "typescript/sdk-v2.ts")] }),
  },
  {
    name: "Python SDK 1.x",
    library: "mcp 1.30.0",
    speaks: ALL,
    quickWith: ["Go SDK"],
    command: () => ({ words: [pythonWith("sdk-v1"), join(HERE, "python/sdk_v1.py")] }),
  },
  {
    name: "Python SDK 2.x",
    library: "mcp 2.3.0",
    speaks: ALL,
    quickWith: ["server-everything"],
    command: () => ({ words: [pythonWith("fastmcp"), join(HERE, "python/sdk_v2.py")] }),
  },
  {
    name: "fastmcp",
    library: "fastmcp 4.2.3",
    speaks: ALL,
    quickWith: [],
    command: () => ({ words: [pythonWith("fastmcp"), join(HERE, "python/fastmcp_client.py")] }),
  },
  {
    name: "Go SDK",
    library: "github.com/modelcontextprotocol/go-sdk v1.8.0",
    speaks: ALL,
    quickWith: ["server-everything"],
    command: () => ({ words: [goProgram(), "sdk-client"] }),
  },
  {
    name: "mcp-go",
    library: "github.com/mark3labs/mcp-go v1.2.1",
    speaks: ALL,
    quickWith: ["Go SDK"],
    command: () => ({ words: [goProgram(), "mcp-go-client"] }),
  },
  {
    name: "Java SDK",
    library: "io.modelcontextprotocol.sdk:mcp 2.1.0",
    speaks: ALL,
    quickWith: [],
    command: () => ({ words: [...javaWords(), "sdk-client"] }),
  },
  {
    name: "langchain4j",
    library: "dev.langchain4j:langchain4j-mcp 1.11.0-beta19",
    speaks: ALL,
    quickWith: [],
    command: () => ({ words: [...javaWords(), "langchain4j-client"] }),
  },
];
