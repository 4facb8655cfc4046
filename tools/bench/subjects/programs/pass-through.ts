/** The unit of the benchmark: an empty proxy on node:http, with keep-alive on both sides. */

import { Agent, createServer, request } from "node:http";

const [port, upstreamPort] = process.argv.slice(2).map(Number);
const agent = new Agent({ keepAlive: true, maxSockets: Infinity, scheduling: "lifo" });

const server = createServer((incoming, outgoing) => {
  const { method, url: path, headers } = incoming;
  const upstream = request({ agent, port: upstreamPort, method, path, headers }, (answer) => {
    outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(outgoing);
  });
  upstream.setNoDelay(true);
  upstream.on("error", () => outgoing.destroy());
  incoming.pipe(upstream);
});
// Longer than any round: an open loop leaves connections idle for seconds.
server.keepAliveTimeout = 65_000;
server.listen(port, "127.0.0.1");
