/** Runs `tollgate clients` on a home folder of its own. */

import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { PassThrough } from "node:stream";
import { runClients } from "../../../src/commands/clients.ts";
import { findFiles } from "../../../src/commands/clients/find-files.ts";
import type { Machine } from "../../../src/commands/clients/machine.ts";
import { captureIo, type Run } from "../../fixtures/capture-io.ts";
import { temporaryFolder } from "../../fixtures/lifetime.ts";

export interface TestHome {
  readonly home: string;
  readonly machine: Machine;
  /** Runs a command; the program of Tollgate is `/opt/node /opt/tollgate/main.js`. */
  readonly run: (...argv: readonly string[]) => Promise<Run>;
  /** The same at a terminal, with that answer to the question. */
  readonly answer: (answer: string, ...argv: readonly string[]) => Promise<Run>;
  /** The user's file of a client. */
  readonly fileOf: (client: string) => string;
  /** Writes the user's file of a client, and returns its path. */
  readonly write: (client: string, text: string) => string;
}

export const PROGRAM = ["/opt/node", "/opt/tollgate/main.js"] as const;

export function testHome(platform: Machine["platform"] = "linux"): TestHome {
  const home = temporaryFolder();
  const project = join(home, "project");
  mkdirSync(project);
  const machine: Machine = { platform, home, environment: {}, project };
  const start = (stdin: PassThrough & { isTTY?: boolean }, argv: readonly string[]): Promise<Run> =>
    captureIo((io) =>
      runClients(argv, {
        ...io,
        stdin,
        environment: {},
        program: PROGRAM,
        machine,
        isPortFree: () => Promise.resolve(true),
      }),
    );
  const fileOf = (client: string): string => {
    const { looked } = findFiles(machine, { clients: [client], scopes: ["user"] });
    return looked[0]?.path ?? "";
  };
  return {
    home,
    machine,
    fileOf,
    run: (...argv) => start(new PassThrough(), argv),
    answer: (answer, ...argv) => {
      const stdin = Object.assign(new PassThrough(), { isTTY: true });
      stdin.end(`${answer}\n`);
      return start(stdin, argv);
    },
    write: (client, text) => {
      const path = fileOf(client);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, text);
      return path;
    },
  };
}
