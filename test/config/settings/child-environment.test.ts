import { describe, expect, it } from "vitest";

import { childEnvironment, ENV_ENTRY } from "../../../src/config/settings/child-environment.ts";
import { serverNameFromCommand, serverNameFromUrl } from "../../../src/config/settings/server-name.ts";
import { parseSettings } from "../../../src/config/settings/parse-settings.ts";

const OURS = {
  PATH: "/bin",
  http_proxy: "http://proxy",
  LC_ALL: "C",
  XDG_CACHE_HOME: "/c",
  API_KEY: "k",
  TOLLGATE_LIMITS: "redis://:secret@host",
  OTEL_EXPORTER_OTLP_HEADERS: "key=secret",
  EMPTY: "",
  UNSET: undefined,
};

describe("the environment of a wrapped server", () => {
  it("is ours but for what is about us, when nothing is named", () => {
    expect(childEnvironment(OURS, undefined)).toEqual({
      PATH: "/bin",
      http_proxy: "http://proxy",
      LC_ALL: "C",
      XDG_CACHE_HOME: "/c",
      API_KEY: "k",
      EMPTY: "",
    });
  });

  it("is the allow-list and what is named, when something is", () => {
    expect(
      childEnvironment(OURS, ["API_KEY", "MODE=a=b", "PATH=/usr/bin", "UNSET", "OTEL_EXPORTER_OTLP_HEADERS"]),
    ).toEqual({
      PATH: "/usr/bin",
      http_proxy: "http://proxy",
      LC_ALL: "C",
      XDG_CACHE_HOME: "/c",
      API_KEY: "k",
      MODE: "a=b",
      OTEL_EXPORTER_OTLP_HEADERS: "key=secret",
    });
  });

  it.each(["", "=x", "1A=x", "A-B", "A B=x"])("takes no %j", (entry) => {
    expect(ENV_ENTRY.test(entry)).toBe(false);
  });

  it("does not say what was given when it is wrong, since it may be a secret", () => {
    const settings = parseSettings({
      flags: { env: ["A-B=s3cret"] },
      command: ["x"],
      environment: {},
      isTerminal: false,
    });
    expect(JSON.stringify(settings)).not.toContain("s3cret");
    expect(settings).toMatchObject({
      ok: false,
      problems: [expect.stringContaining("--env: must be NAME or NAME=VALUE")],
    });
  });

  it("is read from TOLLGATE_ENV with commas between", () => {
    const environment = { TOLLGATE_ENV: "A=1, B=2", SECRET: "x" };
    const settings = parseSettings({ flags: {}, command: ["x", "y"], environment, isTerminal: false });
    expect(settings).toMatchObject({
      settings: { upstream: { kind: "stdio", command: "x", args: ["y"], environment: { A: "1", B: "2" } } },
    });
    expect(settings.ok && settings.settings.listen).toBe(undefined);
  });
});

describe("the name of a server", () => {
  it.each([
    ["/usr/bin/mcp-server-git", [], "mcp-server-git"],
    ["C:\\tools\\server.exe", [], "server"],
    ["uvx", ["awslabs.prometheus-mcp-server@latest"], "awslabs.prometheus-mcp-server"],
    ["npx", ["-y", "@modelcontextprotocol/server-everything@1.2.3", "stdio"], "server-everything"],
    ["npx", ["-y", "@modelcontextprotocol/server-everything"], "server-everything"],
    ["node", ["index.js"], "index"],
    ["node", ["/srv/weather/build/index.js"], "weather"],
    ["node", ["--import", "tsx", "C:\\tools\\weather\\src\\index.ts"], "weather"],
    ["node", ["node_modules/@modelcontextprotocol/sdk/dist/esm/index.js"], "sdk"],
    ["python", ["/srv/mail/server.py", "--port", "1"], "mail"],
    ["/srv/weather/bin/server", [], "server"],
    ["node", [`${import.meta.dirname}/../../../src/main.ts`], "mcp-tollgate"],
    ["uv", ["--directory", "/srv/notes", "run", "notes.py"], "notes"],
    ["uvx", ["--from", "git+https://example.com/x/y", "mcp-y"], "mcp-y"],
    [
      "uvx",
      ["--default-index", "https://example.com/simple", "--index", "https://example.org/x", "mcp-y"],
      "mcp-y",
    ],
    ["cmd", ["/c", "npx", "-y", "@scope/server-x@1.2"], "server-x"],
    ["env", ["A=1", "-u", "B", "node", "/srv/weather/dist/main.js"], "weather"],
    [
      "docker",
      ["run", "-i", "--rm", "-e", "TOKEN", "ghcr.io/github/github-mcp-server:1.2"],
      "github-mcp-server_1.2",
    ],
    ["python3.12", ["-m", "mcp_server_fetch"], "mcp_server_fetch"],
    ["docker", ["run", "-i", "ghcr.io/github/github-mcp-server"], "github-mcp-server"],
    ["uvx", [], "uvx"],
    ["a:b,c", [], "a_b_c"],
    ["/", [], "stdio"],
  ])("of %s %j is %s", (command, args, name) => {
    expect(serverNameFromCommand(command, args)).toBe(name);
  });

  it("of an address has no colon, which a label must not have", () => {
    expect(serverNameFromUrl(new URL("http://[::1]:80/mcp"))).toBe("___1_");
  });
});
