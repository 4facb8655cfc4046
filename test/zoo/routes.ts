/** The ways from a client to a server: directly, and through Tollgate in each of its modes. */

/** How a client reaches something. */
export type Transport = "http" | "sse" | "stdio";

export interface Route {
  readonly name: string;
  /** The transport of the client. */
  readonly downstream: Transport;
  /** The transport of the server. */
  readonly upstream: Transport;
  /** Transports of the run without Tollgate to compare with: the first that both the client and the server speak. */
  readonly comparedWith: readonly Transport[];
  /** Flags of Tollgate besides the listeners and the server. */
  readonly flags: readonly string[];
}

/** The modes of Tollgate, and HTTP+SSE on either side of it (decision 0140). */
export const ROUTES: readonly Route[] = [
  { name: "pass-through", downstream: "http", upstream: "http", comparedWith: ["http"], flags: [] },
  { name: "wrap", downstream: "stdio", upstream: "stdio", comparedWith: ["stdio"], flags: [] },
  { name: "bridge", downstream: "http", upstream: "stdio", comparedWith: ["stdio", "http"], flags: [] },
  {
    name: "sse to http",
    downstream: "http",
    upstream: "sse",
    comparedWith: ["sse", "http"],
    flags: ["--upstream-transport", "sse"],
  },
  {
    name: "http to sse",
    downstream: "sse",
    upstream: "http",
    comparedWith: ["sse", "http"],
    flags: ["--serve-sse"],
  },
];
