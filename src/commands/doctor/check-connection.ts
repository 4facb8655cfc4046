/** Connects to the server, by TCP or TLS, without sending a request. */

import { once } from "node:events";
import { readFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { errorCode, readProblem } from "../../config/file-fault.ts";
import { isLoopbackHostname } from "../../config/settings/loopback.ts";
import type { UpstreamSettings } from "../../config/settings/settings.ts";
import type { TlsOptions } from "../control/admin-http.ts";
import { finding, type Finding } from "./findings.ts";

type HttpServer = Extract<UpstreamSettings, { kind: "http" }>;

const TIMEOUT_MS = 5_000;
const SOON_MS = 14 * 86_400_000;
const NO_CONNECTION = /^(?:E(?:CONN|HOST|NET|AI_)|ENOTFOUND|ETIMEDOUT|ABORT)/;

export function checkConnection(server: HttpServer): Promise<Finding[]> {
  return server.url.protocol === "https:" ? checkTls(server) : checkTcp(server.url);
}

async function checkTcp(url: URL): Promise<Finding[]> {
  const socket = connect(portOf(url), hostOf(url));
  try {
    await settled(socket, "connect");
  } catch (error) {
    return [unreachable(url, error)];
  } finally {
    socket.destroy();
  }
  const isNear = isLoopbackHostname(url.hostname);
  return [
    reachable(url),
    ...(isNear
      ? []
      : [finding("upstream-unencrypted", `${url.host} is not loopback, and is reached without TLS`)]),
  ];
}

async function checkTls(server: HttpServer): Promise<Finding[]> {
  const { url, tls } = server;
  const files = readTlsFiles(server);
  if (typeof files === "string") return [finding("upstream-tls-bad", files)];
  const servername = tls.serverName ?? (isAddress(hostOf(url)) ? undefined : hostOf(url));
  const name = servername === undefined ? {} : { servername };
  const socket = connectTls({ ...files, ...name, host: hostOf(url), port: portOf(url) });
  try {
    await settled(socket, "secureConnect");
    const untilMs = Date.parse(socket.getPeerCertificate().valid_to);
    return [reachable(url), checkExpiry(url, untilMs, Date.now())];
  } catch (error) {
    const code = codeOf(error);
    if (NO_CONNECTION.test(code)) return [unreachable(url, error)];
    return [finding("upstream-tls-bad", `the certificate of ${url.host} is not accepted (${code})`)];
  } finally {
    socket.destroy();
  }
}

/** `untilMs` is the end of the certificate of the server. */
export function checkExpiry({ host }: URL, untilMs: number, nowMs: number): Finding {
  const id = untilMs - nowMs < SOON_MS ? "upstream-tls-expires" : "upstream-tls-good";
  return finding(id, `the certificate of ${host} is valid until ${new Date(untilMs).toISOString()}`);
}

/** The certificates of the settings; empty when a file cannot be read, which `checkConnection` reports. */
export function tlsFiles(server: HttpServer): TlsOptions {
  const files = readTlsFiles(server);
  return typeof files === "string" ? {} : files;
}

/** A string is the problem with one of the files. */
function readTlsFiles({ tls: { ca, client } }: HttpServer): TlsOptions | string {
  const files: Record<string, Buffer> = {};
  for (const [name, path] of Object.entries({ ca, ...client })) {
    if (path === undefined) continue;
    try {
      files[name] = readFileSync(path);
    } catch (error) {
      return readProblem(path, error);
    }
  }
  return files;
}

function reachable({ host }: URL): Finding {
  return finding("upstream-reachable", `${host} accepts connections`);
}

function unreachable({ host }: URL, error: unknown): Finding {
  return finding("upstream-unreachable", `${host} does not accept connections (${codeOf(error)})`);
}

async function settled(socket: Socket, event: string): Promise<void> {
  await once(socket, event, { signal: AbortSignal.timeout(TIMEOUT_MS) });
}

function codeOf(error: unknown): string {
  const isAggregate = error instanceof AggregateError;
  return errorCode(isAggregate ? error.errors[0] : error) ?? String(error);
}

function hostOf({ hostname }: URL): string {
  return hostname.replace(/^\[|\]$/g, "");
}

function isAddress(host: string): boolean {
  return /^[\d.]+$|:/.test(host);
}

function portOf({ port, protocol }: URL): number {
  return port === "" ? (protocol === "https:" ? 443 : 80) : Number(port);
}
