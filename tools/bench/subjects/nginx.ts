/** nginx from Debian as a pass-through: one worker, keep-alive on both sides, no log, no buffering to disk. */

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { freePorts } from "../../../test/fixtures/free-port.ts";
import type { Testbed } from "../testbed.ts";
import { launchProgram } from "./process.ts";
import { isAnswering, type Subject } from "./subject.ts";

const PATH = "/mcp";

/** Starts it in front of the stub, or of `upstreamPorts` in turns. */
export async function startNginx(
  testbed: Testbed,
  upstreamPorts: readonly number[] = [testbed.upstreamPort],
): Promise<Subject> {
  const [port = 0] = await freePorts(1);
  const folder = join(testbed.folder, `nginx-${port}`);
  mkdirSync(folder);
  const file = join(folder, "nginx.conf");
  writeFileSync(file, configuration(folder, port, upstreamPorts));
  const { pids, stop } = await launchProgram({
    command: testbed.onSubjectCore(["nginx", "-p", folder, "-e", "stderr", "-c", file]),
    isReady: () => isAnswering({ port, path: PATH, body: "{}" }),
  });
  return { name: "nginx", port, path: PATH, headers: {}, pids, stop };
}

function configuration(folder: string, port: number, upstreamPorts: readonly number[]): string {
  const servers = upstreamPorts.map((upstream) => `server 127.0.0.1:${upstream};`).join(" ");
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
  return `
daemon off;
worker_processes 1;
worker_rlimit_nofile 20000;
pid ${folder}/pid;
events { worker_connections 16384; }
http {
  access_log off;
  ${temporary.map((name) => `${name}_temp_path ${folder}/${name};`).join("\n  ")}
  keepalive_requests 1000000000;
  tcp_nodelay on;
  upstream stub { ${servers} keepalive 256; keepalive_requests 1000000000; }
  server {
    listen 127.0.0.1:${port} backlog=4096;
    client_max_body_size 16m;
    location / {
      proxy_pass http://stub;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header Host $http_host;
      proxy_max_temp_file_size 0;
      proxy_read_timeout 1h;
    }
  }
}
`;
}
