import { describe, expect, it } from "vitest";
import { parseSettings } from "../../../src/config/settings/parse-settings.ts";

function auditOf(audit: string) {
  const flags = { upstream: "http://127.0.0.1:1/mcp", audit };
  const parsed = parseSettings({ flags, environment: {}, isTerminal: false });
  return parsed.ok ? parsed.settings.audit : parsed.problems;
}

describe("--audit", () => {
  it.each([
    ["audit.jsonl", "audit.jsonl"],
    ["./otlp", "./otlp"],
    ["-", "-"],
    ["syslog/audit.jsonl", "syslog/audit.jsonl"],
    ["otlp", { kind: "otlp" }],
    ["syslog+udp://log.example", { kind: "syslog", transport: "udp", host: "log.example", port: 514 }],
    ["syslog+tcp://[::1]:1514", { kind: "syslog", transport: "tcp", host: "::1", port: 1514 }],
    [
      "syslog+tls://log.example/",
      { kind: "syslog", transport: "tls", host: "log.example", port: 6514, tls: {} },
    ],
    ["syslog+unix:///run/log.sock", { kind: "syslog", transport: "unix", path: "/run/log.sock" }],
  ])("%s names its receiver", (given, audit) => {
    expect(auditOf(given)).toEqual(audit);
  });

  it.each([
    "syslog://log.example",
    "syslog+udp://",
    "syslog+tcp://u:p@log.example",
    "syslog+tcp://log.example/path",
    "syslog+tls://log.example:port",
    "syslog+unix://run/log.sock",
  ])("refuses %s, and says which forms there are", (given) => {
    expect(auditOf(given)).toEqual([
      `--audit: must be a file, -, otlp, syslog+udp://HOST, syslog+tcp://HOST, syslog+tls://HOST or syslog+unix:///PATH, got "${given}"`,
    ]);
  });
});
