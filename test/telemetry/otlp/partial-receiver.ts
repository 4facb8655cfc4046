/** A collector on loopback that takes every export in part only, over each protocol of OTLP. */

import { createServer as createHttp, type Server } from "node:http";
import { createServer as createHttp2, type Http2Server, type ServerHttp2Stream } from "node:http2";
import { atEnd } from "../../fixtures/lifetime.ts";

export type Protocol = "grpc" | "http/protobuf" | "http/json";

export interface Partial {
  readonly rejected: number;
  readonly message: string;
}

const REJECTED: Readonly<Record<string, string>> = {
  "/v1/traces": "rejectedSpans",
  "/v1/metrics": "rejectedDataPoints",
  "/v1/logs": "rejectedLogRecords",
};

/** Returns its URL. */
export async function openPartialReceiver(protocol: Protocol, partial: Partial): Promise<string> {
  const server = protocol === "grpc" ? grpcServer(partial) : httpServer(protocol, partial);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  atEnd(() => void server.close());
  const address = server.address();
  return `http://127.0.0.1:${typeof address === "object" ? address?.port : 0}`;
}

function httpServer(protocol: Protocol, { rejected, message }: Partial): Server {
  const server = createHttp((request, response) => {
    request.resume().on("end", () => {
      const field = REJECTED[request.url ?? ""] ?? "";
      const json = JSON.stringify({ partialSuccess: { [field]: String(rejected), errorMessage: message } });
      const body = protocol === "http/json" ? json : encoded({ rejected, message });
      const type = protocol === "http/json" ? "application/json" : "application/x-protobuf";
      response.setHeader("content-type", type).setHeader("connection", "close").end(body);
    });
  });
  return server;
}

function grpcServer(partial: Partial): Http2Server {
  const server = createHttp2();
  server.on("stream", (stream: ServerHttp2Stream) => {
    stream.resume().on("end", () => {
      stream.respond({ ":status": 200, "content-type": "application/grpc" }, { waitForTrailers: true });
      stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": "0" }));
      const body = encoded(partial);
      const prefix = Buffer.alloc(5);
      prefix.writeUInt32BE(body.length, 1);
      stream.end(Buffer.concat([prefix, body]));
    });
  });
  return server;
}

/** The fields have the same numbers in the responses to traces, metrics and logs: partial_success 1; in it the count 1 and error_message 2. */
function encoded({ rejected, message }: Partial): Buffer {
  const text = Buffer.from(message);
  const success = Buffer.concat([Buffer.from([0x08, rejected, 0x12, text.length]), text]);
  return Buffer.concat([Buffer.from([0x0a, success.length]), success]);
}
