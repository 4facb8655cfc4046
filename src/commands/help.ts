/** Texts of `tollgate --help` and `tollgate run --help`; each fits a screen. */

import { FLAGS } from "../config/settings/flags.ts";

/** The words that may come first on the command line. */
export const COMMANDS: readonly string[] = [
  "run",
  "up",
  "policy",
  "audit",
  "demo",
  "approvals",
  "freeze",
  "unfreeze",
  "health",
  "doctor",
  "install",
  "inject",
  "kube",
  "webhook",
  "keys",
  "labels",
  "clients",
  "completion",
  "help",
  "version",
];

export const HELP = `Tollgate: the observability and policy sidecar for MCP servers.

Usage
  tollgate [run] --upstream URL [flags]   sidecar in front of a Streamable HTTP server
  tollgate [run] [flags] -- COMMAND       starts a stdio server and sits between it and the client
  tollgate [run] --listen HOST:PORT [flags] -- COMMAND
                                          serves a stdio server over Streamable HTTP to many clients
  tollgate up [FILE]                      the sidecars of several servers, one page and one /metrics for all
  tollgate demo [--for 30s]               a server, three agents and the sidecar, all on this machine
  tollgate policy COMMAND                 init, learn, check, explain, test, replay, diff, schema
  tollgate labels --upstream URL          the server's tools with their categories, and lines that correct them
  tollgate approvals list|approve|reject  calls that wait for approval
  tollgate freeze, tollgate unfreeze      the kill switch: everything, one agent, one tool
  tollgate keys create NAME               an API key for one agent, and the line of the key file that admits it
  tollgate audit query --audit LOG        which agents called what, how often, what was denied and why
  tollgate clients list|wrap|unwrap|status
                                          puts Tollgate before the servers of MCP clients on this machine
  tollgate health                         health of the sidecar on this machine, as an exit code
  tollgate doctor --upstream URL [flags]  looks at settings, policy, server, ports and more, and says how to mend them
  tollgate inject -f FILE                 manifests of Kubernetes with the sidecar in them
  tollgate kube status|diff               the sidecars of a Kubernetes cluster, and a new policy tried on them
  tollgate webhook                        the same as Kubernetes admits pods: a mutating admission webhook
  tollgate install FOLDER                 a copy of the self-contained executable, for another container
  tollgate completion SHELL               completion of this command line for bash, zsh or fish
  tollgate run --help                     the flags of the sidecar
  tollgate --version

Start
  tollgate demo
  tollgate --upstream http://127.0.0.1:3000/mcp --policy policies/prometheus.json

Then point the agent at http://127.0.0.1:8080/mcp and read http://127.0.0.1:9464/metrics.
`;

export const RUN_HELP = `Usage: tollgate [run] --upstream URL [flags]
       tollgate [run] [--listen HOST:PORT] [flags] -- COMMAND [ARG...]

Runs in front of one MCP server. Every message passes through it; a tools/call passes only if the policy allows it.

Flags (flag beats environment beats file beats default)
${FLAGS.map(line).join("\n")}

Examples: tollgate --upstream http://127.0.0.1:3000/mcp --policy policy.json --audit audit.jsonl
          tollgate --mode shadow --policy policy.json -- npx -y @modelcontextprotocol/server-everything

Each flag is also read from the environment: --log-level from TOLLGATE_LOG_LEVEL.
SIGHUP reloads changed policy files at once; otherwise Tollgate looks for changes every second.
Exit codes: 0 done, 64 bad usage or settings, 69 an address cannot be bound or the server not started,
78 bad policy at start; with -- COMMAND the exit code of the server.
`;

function line({ name, value, fallback, meaning }: (typeof FLAGS)[number]): string {
  const flag = `--${name} ${value}`.trim();
  const preset = fallback === "" ? "" : ` (${fallback})`;
  return `  ${flag.padEnd(28)} ${meaning}${preset}`;
}
