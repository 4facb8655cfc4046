/** Plugins and constants of esbuild for packages that a bundler cannot handle unaided. */

import type { Plugin } from "esbuild";

/** An `import` of node:http reads all its exports, which loads Node's fetch and WebSocket: 15 ms and 6 MB without use. */
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

/** The ES modules load gRPC by a `require` they create themselves, which a bundler cannot follow; the CommonJS modules do not. */
export const GRPC_INSIDE: Plugin = {
  name: "grpc-inside",
  setup: ({ onResolve, resolve }) => {
    onResolve({ filter: /^@opentelemetry\/otlp-grpc-exporter-base$/ }, ({ kind, path, ...from }) =>
      kind === "import-statement" ? resolve(path, { ...from, kind: "require-call" }) : undefined,
    );
  },
};

/** The CommonJS modules pass `require` as a value, which a bundler cannot follow; the ES modules import one another. */
export const JSONC_AS_MODULE: Plugin = {
  name: "jsonc-as-module",
  setup: ({ onResolve, resolve }) => {
    onResolve({ filter: /^jsonc-parser$/ }, ({ path, ...from }) =>
      resolve(`${path}/lib/esm/main.js`, { ...from }),
    );
  },
};

/** The package `ws` would otherwise load native add-ons from any folder of modules around the program. */
export const WITHOUT_ADDONS: Readonly<Record<string, string>> = {
  "process.env.WS_NO_BUFFER_UTIL": "true",
  "process.env.WS_NO_UTF_8_VALIDATE": "true",
};
