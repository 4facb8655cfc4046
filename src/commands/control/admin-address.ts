/** Where the admin listener of a sidecar is, and how its certificate is checked: the same flags for every command. */

import { readFileSync } from "node:fs";
import { readProblem } from "../../config/file-fault.ts";
import { unknownVariables } from "../../config/known-variables.ts";
import type { TlsOptions } from "./admin-http.ts";

/** Flags that name the admin listener. */
export const ADMIN_ADDRESS_FLAGS = {
  admin: { type: "string" },
  "admin-ca": { type: "string" },
  "admin-cert": { type: "string" },
  "admin-key": { type: "string" },
} as const;

export type AdminAddressFlags = Readonly<
  Partial<Record<keyof typeof ADMIN_ADDRESS_FLAGS, string | undefined>>
>;

export interface AdminAddress {
  /** http or https, without a path. */
  readonly url: URL;
  /** PEM texts. */
  readonly tls: TlsOptions;
}

type Environment = Readonly<Record<string, string | undefined>>;

const DEFAULT_ADDRESS = "127.0.0.1:9464";
const ANY_HOST = /^(https?:\/\/)?(?:0\.0\.0\.0|\[::\])(?=:)/;

/** The listener that `--admin` or TOLLGATE_ADMIN names, as HOST:PORT or as a URL; a string is the problem with it. */
export function adminAddress(flags: AdminAddressFlags, environment: Environment): AdminAddress | string {
  const [unknown] = unknownVariables(environment);
  if (unknown !== undefined) return unknown;
  const given = (name: string, variable: string): string | undefined =>
    flags[name as keyof AdminAddressFlags] ?? (environment[variable] || undefined);
  const files = {
    ca: given("admin-ca", "TOLLGATE_ADMIN_CA"),
    cert: given("admin-cert", "TOLLGATE_ADMIN_CERT"),
    key: given("admin-key", "TOLLGATE_ADMIN_KEY"),
  };
  const isTls = Object.values(files).some((file) => file !== undefined);
  const text = given("admin", "TOLLGATE_ADMIN") ?? DEFAULT_ADDRESS;
  const url = adminUrl(text, isTls ? "https" : "http");
  if (url === undefined) return `--admin: must be HOST:PORT, or an http or https URL, got "${text}"`;
  const tls: Record<string, Buffer> = {};
  for (const [name, file] of Object.entries(files)) {
    try {
      if (file !== undefined) tls[name] = readFileSync(file);
    } catch (error) {
      return `--admin-${name}: ${readProblem(`${file}`, error)}`;
    }
  }
  return { url, tls };
}

/** A wildcard address, which the listener may be bound to, becomes loopback. */
function adminUrl(text: string, scheme: string): URL | undefined {
  const written = text.replace(ANY_HOST, (_all, given = "") => `${given}127.0.0.1`);
  const full = /^https?:\/\//.test(written) ? written : `${scheme}://${written}`;
  const isOther = written !== full && !/^(?:\[[^\]]+\]|[^:/]+):\d{1,5}$/.test(written);
  return isOther || !URL.canParse(full) ? undefined : new URL(full);
}
