import { once } from "node:events";
import { createServer, type Server, type Socket } from "node:net";
import { afterEach, expect, it } from "vitest";
import { toolCall, isWhole, openResponse } from "../fixtures/open-loop.ts";
import { startTestSidecar, type TestSidecar } from "../fixtures/start-sidecar.ts";

let server: Server;
let sidecar: TestSidecar;
afterEach(async () => {
  await sidecar.stop();
  server.close();
});

const EVENT = `data: {"jsonrpc":"2.0","method":"notifications/message","params":{}}\n\n`;
const HEAD = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n";

it.each([
  ["breaks off when its connection is reset", (socket: Socket) => void socket.resetAndDestroy(), false],
  ["ends when its connection ends", (socket: Socket) => void socket.end(), true],
])("a stream without a length %s", async (_claim, end, isEnd) => {
  const held: Socket[] = [];
  server = createServer((socket) => {
    held.push(socket);
    socket.on("error", () => undefined).once("data", () => socket.write(HEAD + EVENT));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" ? address?.port : 0;
  sidecar = await startTestSidecar({ upstream: `http://127.0.0.1:${port}/mcp` });
  const answer = await openResponse({ url: sidecar.url, message: toolCall("run") });
  answer.once("data", () => held.forEach(end));
  expect(await isWhole(answer)).toBe(isEnd);
});
