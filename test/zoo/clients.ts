/** The clients of the zoo, in the order of the page. */

import type { Command } from "./programs.ts";
import type { Transport } from "./routes.ts";
import {
  goCommand,
  javaCommand,
  nodeCommand,
  type Part,
  packagesCommand,
  pythonCommand,
  rustCommand,
} from "./toolchains.ts";

export interface ZooClient {
  readonly name: string;
  /** The library and its version, as pinned. */
  readonly library: string;
  readonly speaks: readonly Transport[];
  /** Names of the servers that it meets in the quick form. */
  readonly quickWith: readonly string[];
  /** Whether the quick form has it over HTTP+SSE, too. */
  readonly isQuickOverSse?: true;
  /** Made before the program starts. Absent: it needs only the packages of this repository. */
  readonly part?: Part;
  /** The program; the target and the steps follow as one more argument. */
  readonly command: () => Command;
}

const ALL: readonly Transport[] = ["http", "sse", "stdio"];

export const CLIENTS: readonly ZooClient[] = [
  {
    name: "TypeScript SDK 1.x",
    library: "@modelcontextprotocol/sdk 1.32.2",
    speaks: ALL,
    quickWith: ["server-everything"],
    isQuickOverSse: true,
    command: () => nodeCommand("sdk-v1.ts"),
  },
  {
    name: "TypeScript SDK 2.x",
    library: "@modelcontextprotocol/client 2.4.0",
    speaks: ALL,
    quickWith: ["fastmcp", "Go SDK"],
    command: () => nodeCommand("sdk-v2.ts"),
  },
  {
    name: "Python SDK 1.x",
    library: "mcp 1.30.0",
    speaks: ALL,
    quickWith: ["Go SDK"],
    isQuickOverSse: true,
    part: "python-sdk-v1",
    command: () => pythonCommand("python-sdk-v1", "sdk_v1.py"),
  },
  {
    name: "Python SDK 2.x",
    library: "mcp 2.3.0",
    speaks: ALL,
    quickWith: ["server-everything"],
    part: "python-fastmcp",
    command: () => pythonCommand("python-fastmcp", "sdk_v2.py"),
  },
  {
    name: "fastmcp",
    library: "fastmcp 4.2.3",
    speaks: ALL,
    quickWith: [],
    part: "python-fastmcp",
    command: () => pythonCommand("python-fastmcp", "fastmcp_client.py"),
  },
  {
    name: "Go SDK",
    library: "github.com/modelcontextprotocol/go-sdk v1.8.0",
    speaks: ALL,
    quickWith: ["server-everything"],
    part: "go",
    command: () => goCommand("sdk-client"),
  },
  {
    name: "mcp-go",
    library: "github.com/mark3labs/mcp-go v1.2.1",
    speaks: ALL,
    quickWith: ["Go SDK"],
    part: "go",
    command: () => goCommand("mcp-go-client"),
  },
  {
    name: "Java SDK",
    library: "io.modelcontextprotocol.sdk:mcp 2.1.0",
    speaks: ALL,
    quickWith: [],
    part: "java",
    command: () => javaCommand("sdk-client"),
  },
  {
    name: "langchain4j",
    library: "dev.langchain4j:langchain4j-mcp 1.11.0-beta19",
    speaks: ALL,
    quickWith: [],
    part: "java",
    command: () => javaCommand("langchain4j-client"),
  },
  {
    name: "rmcp",
    library: "rmcp 3.11.0",
    speaks: ["http", "stdio"],
    quickWith: [],
    part: "rust",
    command: () => rustCommand("client"),
  },
  {
    name: "AI SDK",
    library: "@ai-sdk/mcp 2.0.99",
    speaks: ALL,
    quickWith: ["server-everything"],
    part: "npm",
    command: () => packagesCommand("ai-sdk.ts"),
  },
  {
    name: "LangChain adapters",
    library: "@langchain/mcp-adapters 1.1.4",
    speaks: ALL,
    quickWith: [],
    part: "npm",
    command: () => packagesCommand("langchain.ts"),
  },
  {
    name: "mcp-remote",
    library: "mcp-remote 0.15.1",
    speaks: ["http", "sse"],
    quickWith: [],
    part: "npm",
    command: () => packagesCommand("mcp-remote.ts"),
  },
];
