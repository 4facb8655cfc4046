/** The observer of event streams: it reads the messages that a client acts on, however the stream is cut. */

import { describe, expect, it } from "vitest";
import { SseObserver } from "../../../../src/proxy/relay/http/sse-observer.ts";

const MESSAGE = '{"jsonrpc":"2.0","id":1,"result":{}}';

/** The id tokens of the messages in a stream that arrives in chunks of this size. */
function idsIn(stream: string, chunkBytes: number): readonly (string | undefined)[] {
  const ids: (string | undefined)[] = [];
  const observer = new SseObserver(({ id }) => ids.push(id));
  const bytes = Buffer.from(stream);
  for (let at = 0; at < bytes.length; at += chunkBytes) observer.push(bytes.subarray(at, at + chunkBytes));
  return ids;
}

describe("SseObserver", () => {
  it.each([
    ["no name", `data: ${MESSAGE}\n\n`, 1],
    ["the name message", `event: message\ndata: ${MESSAGE}\n\n`, 1],
    ["the name after the data", `data:${MESSAGE}\r\nevent:message\r\n\r\n`, 1],
    ["an empty name", `event:\rdata: ${MESSAGE}\r\r`, 1],
    ["a name without a value after another name", `event: ping\nevent\ndata: ${MESSAGE}\n\n`, 1],
    ["message as the last of two names", `event: ping\nevent: message\ndata: ${MESSAGE}\n\n`, 1],
    ["a byte order mark before the data", `\ufeffdata: ${MESSAGE}\n\n`, 1],
    ["data in two lines", `data: {"jsonrpc":"2.0",\ndata: "id":1,"result":{}}\n\n`, 1],
    ["a long other field", `x${"y".repeat(100)}\ndata: ${MESSAGE}\n\n`, 1],
    ["another name", `event: ping\ndata: ${MESSAGE}\n\n`, 0],
    ["another name that begins with message", `event: messages\ndata: ${MESSAGE}\n\n`, 0],
    ["message as the first of two names", `event: message\nevent: ping\ndata: ${MESSAGE}\n\n`, 1],
    ["a name with spaces around it", `event:  message \ndata: ${MESSAGE}\n\n`, 1],
    [
      "a name that some clients end early",
      `event: ${"p".repeat(20)}\u2028event: message\ndata: ${MESSAGE}\n\n`,
      1,
    ],
    ["a name in capitals", `event: Message\ndata: ${MESSAGE}\n\n`, 1],
    ["two other names", `event: ping\nevent: pong\ndata: ${MESSAGE}\n\n`, 0],
    ["another name after a byte order mark", `\ufeffevent: ping\ndata: ${MESSAGE}\n\n`, 0],
    ["a long name", `event: ${"message".repeat(9)}\ndata: ${MESSAGE}\n\n`, 0],
    ["a field that begins with data", `data2: ${MESSAGE}\n\n`, 0],
    ["only the event before it named", `event: ping\n\ndata: ${MESSAGE}\n\n`, 1],
    ["only the event before it named, with data", `event: ping\ndata: x\n\ndata: ${MESSAGE}\n\n`, 1],
  ])("reads the messages of a stream with %s", (_what, stream, count) => {
    for (const chunkBytes of [1, 2, 7, 1_000])
      expect(idsIn(stream, chunkBytes)).toEqual(Array.from({ length: count }, () => "1"));
  });
});
