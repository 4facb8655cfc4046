/** What a bundle of the program needs to be told of its packages. */

import type { Plugin } from "esbuild";

/** An `import` of node:http reads all that it exports, and with it loads Node's fetch and WebSocket: 15 ms and 6 MB for nothing. */
export const HTTP_WITHOUT_FETCH: Plugin = {
  name: "http-without-fetch",
  setup: ({ onResolve, onLoad }) => {
    onResolve({ filter: /^(?:node:)?http$/ }, ({ kind }) =>
      kind === "import-statement" ? { path: "node:http", namespace: "builtin" } : undefined,
    );
    onLoad({ filter: /./, namespace: "builtin" }, ({ path }) => ({
      contents: `module.exports = process.getBuiltinModule(${JSON.stringify(path)});`,
    }));
  },
};

/** Its ES modules ask for gRPC by a `require` of their own making, which a bundler cannot see; its CommonJS ones do not. */
export const GRPC_INSIDE: Plugin = {
  name: "grpc-inside",
  setup: ({ onResolve, resolve }) => {
    onResolve({ filter: /^@opentelemetry\/otlp-grpc-exporter-base$/ }, ({ kind, path, ...from }) =>
      kind === "import-statement" ? resolve(path, { ...from, kind: "require-call" }) : undefined,
    );
  },
};
