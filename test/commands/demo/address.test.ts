/** `tollgate demo` on an address that another process uses. */

import { createServer } from "node:http";
import { describe, expect, it } from "vitest";
import { runProgram } from "../policy/run.ts";
import { listenOnLoopback } from "../../fixtures/servers/loopback.ts";

describe("an address in use", () => {
  it.each(["--listen", "--admin"])(
    "makes tollgate demo exit with 69 and a message that names %s",
    async (flag) => {
      const listener = await listenOnLoopback(createServer(), 0);
      const address = new URL(listener.origin).host;
      const { code, stdout, stderr } = await runProgram("demo", "--rounds", "1", flag, address);
      await listener.close();
      expect([code, stdout]).toEqual([69, ""]);
      expect(stderr).toBe(`tollgate: ${flag}: ${address} is taken; choose another, or 0 for a free one\n`);
    },
  );
});
