import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import manifest from "../package.json" with { type: "json" };
import { FLAGS } from "../src/config/settings/flags.ts";

const MAIN = fileURLToPath(new URL("../src/main.ts", import.meta.url));
const QUICK_STOP = fileURLToPath(new URL("fixtures/quick-stop.yaml", import.meta.url));
const ANY_PORTS = ["--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0"];
const UPSTREAM = ["--upstream", "http://127.0.0.1:1/mcp"];

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "tollgate-main-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function start(args: readonly string[], environment: Record<string, string> = {}) {
  const child = spawn(process.execPath, [MAIN, ...args], { env: { ...process.env, ...environment } });
  const output = { stdout: "", stderr: "" };
  child.stdout.setEncoding("utf8").on("data", (text: string) => (output.stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (output.stderr += text));
  const ended = once(child, "close").then(([code]: number[]) => ({ ...output, code }));
  return { child, output, ended };
}

function run(args: readonly string[], environment?: Record<string, string>) {
  return start(args, environment).ended;
}

/** Waits until the program has said this on stderr. */
async function says({ child, output }: ReturnType<typeof start>, text: string): Promise<void> {
  while (!output.stderr.includes(text)) await once(child.stderr, "data");
}

describe("tollgate", () => {
  it("says its version", async () => {
    expect(await run(["--version"])).toEqual({
      code: 0,
      stdout: `tollgate ${manifest.version}\n`,
      stderr: "",
    });
  });

  it.each([["--help"], ["run", "--help"]])("fits help on a screen: %s %s", async (...args) => {
    const { code, stdout } = await run(args);
    expect(code).toBe(0);
    expect(stdout.split("\n").length).toBeLessThan(45);
    expect(Math.max(...stdout.split("\n").map((line) => line.length))).toBeLessThanOrEqual(120);
  });

  it("makes an API key", async () => {
    const { code, stdout } = await run(["keys", "create", "ci"]);
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /^key {3}tgk_\S{43}\nline {2}- \{ name: "ci", digest: "sha256:[0-9a-f]{64}" \}\n$/,
    );
  });

  it("names every flag in its help", async () => {
    const { stdout } = await run(["run", "--help"]);
    expect(FLAGS.filter(({ name }) => !stdout.includes(`--${name} `))).toEqual([]);
  });

  it.each([
    [[], "--upstream: is missing"],
    [["--upstream", "ftp://x"], "--upstream: must be an http or https URL"],
    [[...UPSTREAM, "--listen", "8080"], '--listen: must be HOST:PORT, got "8080"'],
    [[...UPSTREAM, "--unheard", "of"], "--unheard"],
    [[...UPSTREAM, "--mode", "loose"], "--mode: "],
    [[...UPSTREAM, "--limits", "memcached://x"], "--limits: must be memory"],
    [[...UPSTREAM, "--config", "/nowhere.yaml"], "/nowhere.yaml: cannot be read"],
    [["--"], "--: must be followed by a command"],
    [[...UPSTREAM, "--", "some-server"], "--upstream: must not stand beside -- COMMAND"],
    [[...UPSTREAM, "--env", "A"], "--env: is for a server that is started"],
    [["--env", "1=s3cret", "--", "some-server"], "--env: must be NAME or NAME=VALUE"],
    [["some-server"], "unknown command `some-server`"],
    [["run", "some-server"], "stands after --"],
    [["unheard"], "unknown command `unheard`"],
  ])("exits 64 and says why: %j", async (args, why) => {
    const { code, stderr, stdout } = await run(args);
    expect({ code, stdout }).toEqual({ code: 64, stdout: "" });
    expect(stderr).toContain(why);
  });

  it("prints all problems at once, and whether flag or environment had them", async () => {
    const { code, stderr } = await run(["--listen", "x"], { TOLLGATE_MODE: "loose" });
    expect(code).toBe(64);
    expect(stderr).toContain("--upstream: is missing");
    expect(stderr).toContain("--listen: ");
    expect(stderr).toContain("TOLLGATE_MODE: ");
  });

  it("says that a key of the configuration file is unknown", async () => {
    const file = join(folder, "config.yaml");
    writeFileSync(file, "upstream: http://127.0.0.1:1/mcp\nidentitty: {}\n");
    const { code, stderr } = await run(["--config", file]);
    expect(code).toBe(64);
    expect(stderr).toContain("identitty");
  });

  it.each([
    ["is not there", undefined, "cannot be read"],
    ["is not JSON", "{", "line 1"],
    ["has an unknown key", `{"version":"1","default":"allow","tolls":{}}`, "tolls"],
    ["has a key twice", `{"version":"1","version":"1","default":"allow"}`, "version"],
  ])("exits 78 when the policy %s", async (_what, text, why) => {
    const file = join(folder, `policy-${Math.random()}.json`);
    if (text !== undefined) writeFileSync(file, text);
    const { code, stderr } = await run([...UPSTREAM, ...ANY_PORTS, "--policy", file]);
    expect(code).toBe(78);
    expect(stderr).toContain(`tollgate: ${file}: `);
    expect(stderr).toContain(why);
  });

  it.each(["listen", "admin"])(
    "exits 69 and names the flag when the address of --%s is taken",
    async (flag) => {
      const holder = createServer().listen(0, "127.0.0.1");
      await once(holder, "listening");
      const address = holder.address();
      const taken = `127.0.0.1:${typeof address === "object" ? address?.port : 0}`;
      const { code, stderr } = await run([...UPSTREAM, ...ANY_PORTS, `--${flag}`, taken]);
      holder.close();
      expect(code).toBe(69);
      expect(stderr).toContain(`--${flag}: ${taken} is taken`);
    },
  );

  it("warns without a policy, keeps stdout clean, and ends with 0 on SIGTERM", async () => {
    const program = start([...UPSTREAM, ...ANY_PORTS, "--config", QUICK_STOP, "--log-format", "json"]);
    await says(program, "no policy");
    program.child.kill("SIGTERM");
    expect(await program.ended).toMatchObject({ code: 0, stdout: "" });
  });

  it("looks at its policy again on SIGHUP, and lives on", async () => {
    const file = join(folder, "hangup.json");
    writeFileSync(file, `{"version":"1","default":"allow"}`);
    const program = start([...UPSTREAM, ...ANY_PORTS, "--config", QUICK_STOP, "--policy", file]);
    await says(program, "tollgate is up");
    writeFileSync(file, `{"version":"1","default":"deny"}`);
    program.child.kill("SIGHUP");
    await says(program, "policy reloaded");
    program.child.kill("SIGTERM");
    expect(await program.ended).toMatchObject({ code: 0 });
  });

  it("ends at once on a second signal", async () => {
    const program = start([...UPSTREAM, ...ANY_PORTS]);
    await says(program, "no policy");
    program.child.kill("SIGTERM");
    await says(program, "draining");
    program.child.kill("SIGTERM");
    expect(await program.ended).toMatchObject({ code: 143 });
  });
});
