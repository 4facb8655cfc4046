/** The clients that `tollgate clients` knows: where each keeps its servers, and the page that says so. `docs/clients.md` shows the same table. */

import { joinOn, type Machine, settingsFolder } from "./machine.ts";
import type { ConfigFormat } from "./text/config-tree.ts";
import type { ServerPlaces } from "./text/servers.ts";

export type ClientScope = "user" | "project";

export interface Client extends ServerPlaces {
  /** The word for `--client`, and the agent name of its calls. */
  readonly id: string;
  readonly title: string;
  readonly format: ConfigFormat;
  /** Files of the user on this machine; some clients have two. */
  readonly userFiles: (machine: Machine) => readonly string[];
  /** The file of a project, from its folder; absent: the client has none. */
  readonly projectFile?: readonly string[];
  /** The client's own documentation. */
  readonly source: string;
}

const MCP_SERVERS: ServerPlaces = { containers: [["mcpServers"]], plainUrl: "http" };

export const CLIENTS: readonly Client[] = [
  {
    ...MCP_SERVERS,
    id: "claude-desktop",
    title: "Claude Desktop",
    format: "jsonc",
    userFiles: (machine) => [
      joinOn(machine, settingsFolder(machine), "Claude", "claude_desktop_config.json"),
    ],
    source: "https://modelcontextprotocol.io/docs/develop/connect-local-servers",
  },
  {
    id: "claude-code",
    title: "Claude Code",
    format: "jsonc",
    containers: [["mcpServers"], ["projects", "*", "mcpServers"]],
    plainUrl: "http",
    userFiles: (machine) => [joinOn(machine, machine.home, ".claude.json")],
    projectFile: [".mcp.json"],
    source: "https://code.claude.com/docs/en/mcp",
  },
  {
    ...MCP_SERVERS,
    id: "cursor",
    title: "Cursor",
    format: "jsonc",
    userFiles: (machine) => [joinOn(machine, machine.home, ".cursor", "mcp.json")],
    projectFile: [".cursor", "mcp.json"],
    source: "https://cursor.com/docs/mcp",
  },
  {
    id: "vscode",
    title: "VS Code",
    format: "jsonc",
    containers: [["servers"]],
    plainUrl: "http",
    userFiles: (machine) => [joinOn(machine, settingsFolder(machine), "Code", "User", "mcp.json")],
    projectFile: [".vscode", "mcp.json"],
    source: "https://code.visualstudio.com/docs/agents/reference/mcp-configuration",
  },
  {
    ...MCP_SERVERS,
    id: "windsurf",
    title: "Windsurf",
    format: "jsonc",
    userFiles: (machine) => [
      joinOn(machine, machine.home, ".codeium", "windsurf", "mcp_config.json"),
      joinOn(machine, machine.home, ".codeium", "mcp_config.json"),
    ],
    source: "https://docs.windsurf.com/windsurf/cascade/mcp",
  },
  {
    ...MCP_SERVERS,
    id: "cline",
    title: "Cline",
    format: "jsonc",
    userFiles: (machine) => [
      joinOn(machine, machine.home, ".cline", "data", "settings", CLINE_FILE),
      joinOn(machine, settingsFolder(machine), ...CLINE_IN_VSCODE, CLINE_FILE),
    ],
    source: "https://docs.cline.bot/cli/configuration",
  },
  {
    id: "zed",
    title: "Zed",
    format: "jsonc",
    containers: [["context_servers"]],
    plainUrl: "http",
    userFiles: (machine) => [joinOn(machine, ...zedFolder(machine), "settings.json")],
    projectFile: [".zed", "settings.json"],
    source: "https://zed.dev/docs/ai/mcp",
  },
  {
    id: "gemini-cli",
    title: "Gemini CLI",
    format: "jsonc",
    containers: [["mcpServers"]],
    // `httpUrl` is Streamable HTTP there, and `url` without a type is HTTP+SSE.
    plainUrl: "sse",
    userFiles: (machine) => [joinOn(machine, machine.home, ".gemini", "settings.json")],
    projectFile: [".gemini", "settings.json"],
    source: "https://geminicli.com/docs/tools/mcp-server",
  },
  {
    id: "codex",
    title: "Codex",
    format: "toml",
    containers: [["mcp_servers"]],
    plainUrl: "http",
    userFiles: (machine) => [
      joinOn(
        machine,
        machine.environment["CODEX_HOME"] || joinOn(machine, machine.home, ".codex"),
        "config.toml",
      ),
    ],
    projectFile: [".codex", "config.toml"],
    source: "https://developers.openai.com/codex/mcp",
  },
];

const CLINE_FILE = "cline_mcp_settings.json";
const CLINE_IN_VSCODE = ["Code", "User", "globalStorage", "saoudrizwan.claude-dev", "settings"];

/** On macOS, too, Zed keeps its settings below ~/.config. */
function zedFolder(machine: Machine): readonly string[] {
  if (machine.platform === "win32") return [settingsFolder(machine), "Zed"];
  return [
    machine.platform === "linux" ? settingsFolder(machine) : joinOn(machine, machine.home, ".config"),
    "zed",
  ];
}
