/** The ways from a client to a server: directly, and through Tollgate in each of its modes. */

/** How a client reaches something. */
export type Transport = "http" | "sse" | "stdio";

export interface Route {
  readonly name: string;
  /** The transport of the client. */
  readonly downstream: Transport;
  /** The transport of the server. */
  readonly upstream: Transport;
  /** Flags of Tollgate besides the listeners and the server. */
  readonly flags: readonly string[];
}

/**
 * The modes of Tollgate. Each is compared with a client that speaks the server's own transport, or, where the client
 * does not speak that, with the client's transport.
 */
export const ROUTES: readonly Route[] = [
  { name: "pass-through", downstream: "http", upstream: "http", flags: [] },
  { name: "wrap", downstream: "stdio", upstream: "stdio", flags: [] },
  { name: "bridge", downstream: "http", upstream: "stdio", flags: [] },
  { name: "sse to http", downstream: "http", upstream: "sse", flags: ["--upstream-transport", "sse"] },
];
