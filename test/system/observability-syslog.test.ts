/** Debian's rsyslogd takes audit records over UDP, TCP, TLS and a socket of Unix. */

import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { generate } from "selfsigned";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openAudit } from "../../src/telemetry/audit/audit.ts";
import type { SyslogTarget } from "../../src/telemetry/audit/audit-target.ts";
import { freePorts } from "../fixtures/free-port.ts";
import { endProcess } from "../fixtures/processes.ts";
import { until } from "../fixtures/start-sidecar.ts";
import { requireProgram } from "../fixtures/system-program.ts";
import { exampleRequest, observe } from "../telemetry/examples.ts";

const RECORDS = 50;

let folder: string;
let rsyslogd: ChildProcess;
let ports: readonly number[];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "tollgate-rsyslog-"));
  ports = await freePorts(3);
  const { private: key, cert } = await generate([{ name: "commonName", value: "localhost" }], {
    extensions: [{ name: "subjectAltName", altNames: [{ type: 2, value: "localhost" }] }],
  });
  writeFileSync(join(folder, "key.pem"), key, { mode: 0o600 });
  writeFileSync(join(folder, "cert.pem"), cert);
  const file = join(folder, "rsyslog.conf");
  writeFileSync(file, configuration(ports));
  rsyslogd = spawn(requireProgram("rsyslogd"), ["-n", "-f", file, "-i", join(folder, "pid")], {
    stdio: ["ignore", "ignore", "inherit"],
  });
  await until(() => existsSync(join(folder, "socket")));
});

afterAll(async () => {
  await endProcess(rsyslogd);
  rmSync(folder, { recursive: true, force: true });
});

/** Each input writes the parsed fields and the message to a file of its own. */
function configuration([udp, tcp, tls]: readonly number[]): string {
  const pem = (name: string): string => join(folder, name);
  const inputs = [
    ["udp", `input(type="imudp" address="127.0.0.1" port="${udp}" ruleset="udp")`],
    ["tcp", `input(type="imptcp" address="127.0.0.1" port="${tcp}" ruleset="tcp")`],
    ["unix", `input(type="imptcp" path="${join(folder, "socket")}" ruleset="unix")`],
    ["tls", `input(type="imtcp" address="127.0.0.1" port="${tls}" ruleset="tls")`],
  ];
  const rulesets = inputs.map(
    ([name, input]) =>
      `ruleset(name="${name}") { action(type="omfile" file="${pem(`${name}.log`)}" template="line" asyncWriting="off") }\n${input}`,
  );
  return [
    `global(workDirectory="${folder}" maxMessageSize="64k" defaultNetstreamDriverCAFile="${pem("cert.pem")}" defaultNetstreamDriverCertFile="${pem("cert.pem")}" defaultNetstreamDriverKeyFile="${pem("key.pem")}")`,
    'module(load="imudp")',
    'module(load="imptcp")',
    'module(load="imtcp" streamDriver.name="gtls" streamDriver.mode="1" streamDriver.authMode="anon")',
    'template(name="line" type="string" string="%protocol-version% %pri% %app-name% %msgid% %msg%\\n")',
    ...rulesets,
    "",
  ].join("\n");
}

function targetOf(transport: SyslogTarget["transport"]): SyslogTarget {
  const [udp = 0, tcp = 0, tls = 0] = ports;
  switch (transport) {
    case "unix":
      return { kind: "syslog", transport, path: join(folder, "socket") };
    case "tls":
      return {
        kind: "syslog",
        transport,
        host: "localhost",
        port: tls,
        tls: { ca: join(folder, "cert.pem") },
      };
    default:
      return { kind: "syslog", transport, host: "127.0.0.1", port: transport === "udp" ? udp : tcp };
  }
}

function linesOf(transport: string): readonly string[] {
  const file = join(folder, `${transport}.log`);
  if (!existsSync(file)) return [];
  return readFileSync(file, "utf8").split("\n").slice(0, -1);
}

describe("rsyslogd", () => {
  it.each(["udp", "tcp", "tls", "unix"] as const)("takes every record over %s", async (transport) => {
    const lost: unknown[] = [];
    const audit = openAudit({
      target: targetOf(transport),
      server: "s",
      onDropped: (_records, error) => lost.push(error),
    });
    for (let nth = 0; nth < RECORDS; nth += 1) observe(audit.observer, exampleRequest());
    await until(() => linesOf(transport).length >= RECORDS || lost.length > 0);
    await audit.close();
    expect(lost).toEqual([]);
    for (const line of linesOf(transport)) {
      const [, record = ""] = /^1 110 tollgate audit (\{.*\})$/.exec(line) ?? [];
      expect(JSON.parse(record), line).toMatchObject({ server: "s", effect: "allow" });
    }
  });
});
