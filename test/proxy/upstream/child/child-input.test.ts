import { Writable } from "node:stream";
import { describe, expect, it } from "vitest";

import { ChildError } from "../../../../src/proxy/upstream/child/child-error.ts";
import { ChildInput } from "../../../../src/proxy/upstream/child/child-input.ts";

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** An input on a pipe that records each write, or fails it. */
function inputTo(writes: string[], fault?: Error): ChildInput {
  const pipe = new Writable({
    decodeStrings: false,
    write: (text: string, _encoding, done) => {
      writes.push(text);
      done(fault);
    },
  });
  pipe.on("error", () => undefined);
  const input = new ChildInput(pipe);
  input.open();
  return input;
}

describe("the input of a child", () => {
  it("writes the lines of one turn in one write, and those of the next turn in another", async () => {
    const writes: string[] = [];
    const input = inputTo(writes);
    const first = input.sendBatched("1");
    // Another callback of the same turn, as the next socket's is.
    await new Promise<void>((resolve) => process.nextTick(resolve));
    await Promise.all([first, input.sendBatched("2")]);
    await input.sendBatched("3");
    expect(writes).toEqual(["1\n2\n", "3\n"]);
  });

  it("writes a line at once that is not batched", () => {
    const writes: string[] = [];
    void inputTo(writes).send("1");
    expect(writes).toEqual(["1\n"]);
  });

  it("writes no more than 64 KiB and one line at once", async () => {
    const writes: string[] = [];
    const input = inputTo(writes);
    const line = "x".repeat(40_000);
    await Promise.all([1, 2, 3, 4, 5].map(() => input.sendBatched(line)));
    expect(writes.map(({ length }) => length)).toEqual([80_002, 80_002, 40_001]);
  });

  it.each(["a\nb", "a\rb"])("refuses the line %j without writing any of it", async (line) => {
    const writes: string[] = [];
    await expect(inputTo(writes).sendBatched(line)).rejects.toThrow(TypeError);
    await nextTurn();
    expect(writes).toEqual([]);
  });

  it("reports a single line as unsent when the pipe breaks, and each of several lines as possibly sent", async () => {
    const fault = new Error("EPIPE");
    await expect(inputTo([], fault).sendBatched("1")).rejects.toMatchObject({
      fault: "gone",
      wasSent: false,
    });
    const several = inputTo([], fault);
    const taken = await Promise.allSettled([several.sendBatched("1"), several.sendBatched("2")]);
    expect(taken).toMatchObject([1, 2].map(() => ({ reason: { fault: "gone", wasSent: true } })));
  });

  it("rejects the lines that wait and all later ones when the child cannot be started", async () => {
    const input = new ChildInput(new Writable());
    const waiting = input.sendBatched("1");
    input.fail(new ChildError("not_started", "`x` cannot be started"));
    await expect(waiting).rejects.toMatchObject({ fault: "not_started", wasSent: false });
    await expect(input.send("2")).rejects.toMatchObject({ fault: "not_started" });
  });
});
