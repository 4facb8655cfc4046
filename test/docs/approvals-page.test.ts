/** The verification that docs/approvals.md shows, run against real signatures. */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, expect, it } from "vitest";
import { signatureOf } from "../../src/sidecar/control/approval-webhook.ts";

const PAGE = readFileSync(new URL("../../docs/approvals.md", import.meta.url), "utf8");
const SECRET = "a-secret-of-more-than-22-characters";

type Verify = (headers: Readonly<Record<string, string>>, body: string, secret: string) => boolean;

const folder = mkdtempSync(join(tmpdir(), "tollgate-approvals-page-"));
afterAll(() => rmSync(folder, { recursive: true }));

it("takes what Tollgate signed just now, and nothing else", async () => {
  const file = join(folder, "verify.mjs");
  writeFileSync(file, /```js\n([^]*?)```/.exec(PAGE)?.[1] ?? "");
  const { isFromTollgate }: { isFromTollgate: Verify } = await import(pathToFileURL(file).href);
  const signed = (atSeconds: number, body: string, secret = SECRET) => {
    const timestamp = String(atSeconds);
    const signature = `sha256=${signatureOf(secret, timestamp, body)}`;
    return { "tollgate-timestamp": timestamp, "tollgate-signature": signature };
  };
  const now = Math.floor(Date.now() / 1_000);
  const trials: readonly [Readonly<Record<string, string>>, string, boolean][] = [
    [signed(now, "{}"), "{}", true],
    [signed(now, "{}"), "{ }", false],
    [signed(now, "{}", `${SECRET}x`), "{}", false],
    [signed(now - 600, "{}"), "{}", false],
    [{ ...signed(now, "{}"), "tollgate-timestamp": String(now + 1) }, "{}", false],
    [{}, "{}", false],
  ];
  for (const [headers, body, isGood] of trials) expect(isFromTollgate(headers, body, SECRET)).toBe(isGood);
});
