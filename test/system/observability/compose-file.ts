/** docker-compose.yml as a value, and the flags with which it starts its programs. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import * as z from "zod";

export const ROOT = join(import.meta.dirname, "../../..");
export const COMPOSE_FILE = join(ROOT, "docker-compose.yml");

const service = z.looseObject({
  image: z.string(),
  user: z.string().optional(),
  read_only: z.boolean().optional(),
  command: z.array(z.string()).optional(),
  environment: z.record(z.string(), z.string()).optional(),
  volumes: z.array(z.string()).optional(),
  tmpfs: z.array(z.string()).optional(),
  ports: z.array(z.string()).optional(),
  healthcheck: z.looseObject({ test: z.array(z.string()) }).optional(),
});
const composeFile = z.looseObject({
  services: z.record(z.string(), service),
  volumes: z.record(z.string(), z.unknown()),
});

export type Service = z.infer<typeof service>;

export const COMPOSE_TEXT = readFileSync(COMPOSE_FILE, "utf8");
export const COMPOSE = composeFile.parse(parse(COMPOSE_TEXT, { merge: true }));

/** @throws when there is no such service. */
export function serviceOf(name: string): Service {
  const found = COMPOSE.services[name];
  if (found === undefined) throw new Error(`docker-compose.yml has no service ${name}`);
  return found;
}

/** The flags of a service with the container's folders replaced, longest first. */
export function flagsOf(name: string, folders: Readonly<Record<string, string>>): readonly string[] {
  return (serviceOf(name).command ?? []).map((flag) => {
    const [inContainer, here] = Object.entries(folders).find(([folder]) => flag.includes(`=${folder}`)) ?? [];
    return inContainer === undefined ? flag : flag.replace(`=${inContainer}`, `=${here}`);
  });
}
