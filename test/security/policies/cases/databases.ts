/** Allowed arguments of tools, and values of theirs that the ready policies forbid. */

import type { Cases } from "./cases.ts";

const STATEMENTS = [
  "drop table a",
  "delete from a",
  "select 1; delete from a",
  "select pg_sleep(1)",
  "select pg_read_file('/etc/passwd')",
  "insert into a values (1)",
  "select * into b from a",
  "vacuum",
];

export const DATABASES: Readonly<Record<string, Cases>> = {
  mongodb: {
    args: {
      "collection-indexes": onOrders({}),
      "collection-storage-size": onOrders({}),
      "db-stats": { connectionId: "preconfigured", database: "shop" },
      "list-collections": { connectionId: "preconfigured", database: "shop" },
      "collection-schema": onOrders({ sampleSize: 10 }),
      count: onOrders({ query: { a: 1 } }),
      explain: onOrders({
        method: [{ name: "find", arguments: { filter: { a: 1 } } }],
        verbosity: "queryPlanner",
      }),
      find: onOrders({ filter: { a: 1 }, limit: 10 }),
      aggregate: onOrders({ pipeline: [{ $match: {} }, { $count: "n" }] }),
      "insert-many": onOrders({ documents: [{ a: 1 }] }),
      "update-many": onOrders({ filter: { a: 1 }, update: { $set: { b: 1 } } }),
      "create-index": onOrders({ definition: [{ type: "classic", keys: { a: 1 } }] }),
      "create-collection": onOrders({}),
    },
    forbidden: {
      "*.database": ["admin", "config", "local"],
      "count.query": [{ $where: "1" }, { $expr: { $gt: ["$a", 1] } }],
      "find.filter": [{ $where: "1" }, { $expr: { $gt: ["$a", 1] } }],
      "update-many.filter": [{ $where: "1" }, { $expr: { $gt: ["$a", 1] } }, {}],
      "explain.verbosity": ["executionStats", "allPlansExecution"],
      "aggregate.pipeline": [
        [{ $out: "x" }],
        [{ $match: {} }, { $merge: "x" }],
        [{ $match: {} }, { $match: {} }, { $out: "x" }],
        [{ $match: {} }, { $match: {} }, { $match: {} }, { $merge: { into: "x" } }],
        [{ $match: {} }, { $match: {} }, { $match: {} }, { $match: {} }, { $match: {} }],
      ],
      "insert-many.documents": [Array.from({ length: 101 }, () => ({ a: 1 })), [{ a: "a".repeat(1048576) }]],
      "update-many.upsert": [true],
    },
  },
  postgres: {
    args: {
      get_top_queries: {},
      execute_sql: { sql: "select id from orders" },
      explain_query: { sql: "select 1" },
      analyze_query_indexes: { queries: ["select id from orders"], method: "dta" },
      analyze_workload_indexes: { method: "dta" },
    },
    forbidden: {
      "*.sql": [...STATEMENTS, "select " + "1,".repeat(2500) + "1"],
      "explain_query.analyze": [true],
      "explain_query.hypothetical_indexes": [
        Array.from({ length: 6 }, () => ({ table: "orders", columns: ["id"] })),
      ],
      "analyze_query_indexes.queries": [
        Array.from({ length: 11 }, () => "select id from orders"),
        ["select '" + "a".repeat(20480) + "'"],
      ],
      "*.method": ["llm"],
    },
  },
  redis: {
    args: {
      scan_keys: { count: 10 },
      vector_search_hash: { query_vector: [1], k: 5 },
      hybrid_search: { query_vector: [1], k: 5 },
      set: { key: "agent:a", value: "1", expiration: 60 },
      json_set: { name: "agent:a", path: "$", value: "a", expire_seconds: 60 },
      hset: { name: "agent:a", key: "k", value: "v", expire_seconds: 60 },
      lpush: { name: "agent:a", value: "a", expire: 60 },
      rpush: { name: "agent:a", value: "a", expire: 60 },
      sadd: { name: "agent:a", value: "a", expire_seconds: 60 },
      zadd: { key: "agent:a", score: 1, member: "a", expiration: 60 },
      xadd: { key: "agent:a", fields: { a: "b" }, expiration: 60 },
      lpop: { name: "agent:a" },
      rpop: { name: "agent:a" },
      lrem: { name: "agent:a", count: 1, element: "a" },
      srem: { name: "agent:a", value: "a" },
      zrem: { key: "agent:a", member: "a" },
      hdel: { name: "agent:a", key: "k" },
      json_del: { name: "agent:a" },
      xdel: { key: "agent:a", entry_id: "1-1" },
      delete: { key: "agent:a" },
      expire: { name: "agent:a", expire_seconds: 60 },
      rename: { old_key: "agent:a", new_key: "agent:b" },
      publish: { channel: "agent:a", message: "a" },
    },
    forbidden: {
      "*.key": ["other", "AGENT:a", "agentx"],
      "*.name": ["other", "Agent:a"],
      "*.old_key": ["other"],
      "*.new_key": ["other"],
      "*.channel": ["other"],
      "xadd.fields": [{ a: "b".repeat(65536) }],
    },
  },
  prometheus: {
    args: {
      ExecuteQuery: { query: "up" },
      ExecuteRangeQuery: {
        query: "up",
        start: "2026-01-01T00:00:00Z",
        end: "2026-01-01T01:00:00Z",
        step: "1m",
      },
      ListMetrics: {},
      GetServerInfo: {},
      GetAvailableWorkspaces: {},
    },
    forbidden: {
      "*.profile": ["other"],
      "*.region": ["eu-west-1"],
      "ExecuteRangeQuery.step": ["9s", "1ms", "1", "0.5", "1y"],
    },
  },
};

function onOrders(more: object): object {
  return { connectionId: "preconfigured", database: "shop", collection: "orders", ...more };
}
