/** The audit file of a sidecar under attack; each read begins where the last one ended. */

import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { StringDecoder } from "node:string_decoder";

import { z } from "zod";

const AuditRecord = z.looseObject({
  effect: z.string().optional(),
  reason: z.string().optional(),
  method: z.string().optional(),
  tool: z.string().optional(),
  refusal: z.looseObject({ cause: z.string() }).optional(),
});
export type AuditRecord = z.infer<typeof AuditRecord>;

export class AuditTail {
  /** For `--audit`. */
  readonly file: string;
  /** For `--policy`. */
  readonly policyFile: string;
  readonly #folder = mkdtempSync(join(tmpdir(), "security-"));
  readonly #descriptor: number;
  readonly #decoder = new StringDecoder("utf8");
  #unended = "";

  constructor(policy: object) {
    this.file = join(this.#folder, "audit.jsonl");
    this.policyFile = join(this.#folder, "policy.json");
    writeFileSync(this.policyFile, JSON.stringify(policy));
    this.#descriptor = openSync(this.file, "a+");
  }

  /** The records written since the last call. */
  next(): AuditRecord[] {
    const records: AuditRecord[] = [];
    const buffer = Buffer.alloc(65_536);
    for (
      let length = readSync(this.#descriptor, buffer);
      length > 0;
      length = readSync(this.#descriptor, buffer)
    ) {
      const lines = (this.#unended + this.#decoder.write(buffer.subarray(0, length))).split("\n");
      this.#unended = lines.pop() ?? "";
      records.push(...lines.map((line) => AuditRecord.parse(JSON.parse(line))));
    }
    return records;
  }

  remove(): void {
    closeSync(this.#descriptor);
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
