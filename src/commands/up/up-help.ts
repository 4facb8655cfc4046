/** The text of `tollgate up --help`. */

export const UP_HELP = `Usage: tollgate up [FILE] [--admin HOST:PORT]
       tollgate up [FILE] --check
       tollgate up status [--admin HOST:PORT]
       tollgate up --schema

Runs the sidecars of several servers from one FILE (servers.yaml), each in a process of its own, with one page,
one /metrics and one /readyz for all. A sidecar that ends is started again; it never touches another one.

  servers:
    files: { command: [npx, -y, some-server, /srv], policy: files.yaml, listen: 127.0.0.1:8101 }
    search: { upstream: http://127.0.0.1:3000/mcp, mode: shadow }

Each entry takes the settings of a sidecar (tollgate run --help), and command; settings at the top are shared by all.
Without listen a server has a free port, which the log and tollgate up status name.

  --admin HOST:PORT    the page, metrics and health of all servers (127.0.0.1:9464)
  --log-level LEVEL    trace, debug, info, warn, error or silent (info)
  --log-format json|pretty  how the log is written, on stderr (json unless a terminal)
  --check              check FILE and every policy that it names, and start nothing
  --schema             print the JSON Schema of FILE, for editors

Examples: tollgate up servers.yaml
          tollgate up servers.yaml --check
SIGHUP applies a changed FILE: only servers that were added, removed or changed start or end. SIGTERM drains all.
Exit codes: 0 done, 1 --check has found a problem in a policy, 64 bad usage or settings, 69 --admin cannot be bound.
`;
