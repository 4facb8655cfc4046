/** Servers in front of databases, which stand-ins of their protocols take the place of. */

import type { Stage } from "../stage.ts";
import { startMongodb } from "./mongodb.ts";
import { startPostgres } from "./postgres.ts";
import { startRedis } from "./redis.ts";

export const DATA_STAGES: Readonly<Record<string, Stage>> = {
  mongodb: { standIn: "a stand-in for MongoDB", backend: startMongodb },
  postgres: { standIn: "a stand-in for PostgreSQL", backend: startPostgres },
  redis: { standIn: "a stand-in for Redis", backend: startRedis },
};
