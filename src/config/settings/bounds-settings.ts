/** Settings of bounds: how much of each resource clients may use, and how long each step may take. */

import * as z from "zod";
import {
  DEFAULT_MESSAGE_BOUNDS,
  HIGHEST_MESSAGE_BOUNDS,
  type MessageBounds,
} from "../../json/message-bounds.ts";

export interface Bounds {
  /** Longest message from downstream, in bytes. */
  readonly messageBytes: number;
  /** Levels, values and names of one message from downstream. */
  readonly message: MessageBounds;
  /** Longest head of a request, in bytes. */
  readonly headerBytes: number;
  /** Longest response that is buffered to be filtered, in bytes. */
  readonly listBytes: number;
  /** Open connections; further ones are closed at once. */
  readonly connections: number;
  /** Requests in flight, each until its response or stream has ended. */
  readonly requests: number;
  readonly requestsPerAgent: number;
  /** Streams that clients hold open by GET. */
  readonly streams: number;
  readonly streamsPerAgent: number;
  /** Legacy sessions that are remembered. */
  readonly sessions: number;
  readonly sessionsPerAgent: number;
  /** Calls that wait for an approval, or have one that is not used yet. */
  readonly approvals: number;
  readonly approvalsPerAgent: number;
  /** The latest decisions that are remembered for the console. */
  readonly decisions: number;
  /** Bytes of messages that are still arriving, over all connections. */
  readonly receivedBytes: number;
  /** How long a client may leave a response unread. */
  readonly unreadMs: number;
  /** How long a request may take to arrive. */
  readonly requestMs: number;
  readonly upstreamConnectMs: number;
  /** How long an upstream may be silent within a response that is not a stream. */
  readonly upstreamIdleMs: number;
  /** How long a connection to the upstream may take new requests. */
  readonly upstreamAgeMs: number;
  /** How long an event stream to a client may be quiet before a comment is sent; 0 turns this off. */
  readonly streamQuietMs: number;
  /** Median delay of the event loop over a second above which new requests are refused; 0 turns this off. */
  readonly loopDelayMs: number;
  /** How long to keep serving after SIGTERM while not ready. */
  readonly lameDuckMs: number;
  /** How long calls and streams may take to end after that. */
  readonly drainMs: number;
}

const KIB = 1024;
const MIB = 1024 * KIB;
const GIB = 1024 * MIB;

const between = (min: number, max: number) => z.number().int().min(min).max(max);
const count = z.number().int().positive().max(1_000_000);
const milliseconds = z.number().int().positive().max(3_600_000);

/** The section as an operator writes it. */
export const BOUNDS_SECTION = z.strictObject({
  "message-bytes": between(KIB, 64 * MIB).default(4 * MIB),
  "message-depth": between(8, HIGHEST_MESSAGE_BOUNDS.maxDepth).default(DEFAULT_MESSAGE_BOUNDS.maxDepth),
  "message-nodes": between(100, HIGHEST_MESSAGE_BOUNDS.maxNodes).default(DEFAULT_MESSAGE_BOUNDS.maxNodes),
  "message-keys": between(100, HIGHEST_MESSAGE_BOUNDS.maxKeys).default(DEFAULT_MESSAGE_BOUNDS.maxKeys),
  "header-bytes": between(KIB, MIB).default(16 * KIB),
  "list-bytes": between(KIB, 256 * MIB).default(32 * MIB),
  connections: count.default(10_000),
  requests: count.default(4_000),
  "requests-per-agent": count.default(2_000),
  streams: count.default(5_000),
  "streams-per-agent": count.default(2_500),
  sessions: count.default(10_000),
  "sessions-per-agent": count.default(5_000),
  "received-bytes": between(MIB, 16 * GIB).default(256 * MIB),
  "unread-ms": milliseconds.default(8_000),
  approvals: count.default(1_000),
  "approvals-per-agent": count.default(100),
  decisions: between(1, 100_000).default(10_000),
  "request-ms": milliseconds.default(15_000),
  "upstream-connect-ms": milliseconds.default(5_000),
  "upstream-idle-ms": milliseconds.default(300_000),
  "upstream-age-ms": milliseconds.default(300_000),
  "stream-quiet-ms": between(0, 3_600_000).default(15_000),
  "loop-delay-ms": between(0, 60_000).default(500),
  "lame-duck-ms": between(0, 600_000).default(5_000),
  "drain-ms": between(0, 600_000).default(25_000),
});

export const BOUNDS_SHAPE = BOUNDS_SECTION.transform((raw): Bounds => ({
  messageBytes: raw["message-bytes"],
  message: {
    maxDepth: raw["message-depth"],
    maxNodes: raw["message-nodes"],
    maxKeys: raw["message-keys"],
  },
  headerBytes: raw["header-bytes"],
  listBytes: raw["list-bytes"],
  connections: raw.connections,
  requests: raw.requests,
  requestsPerAgent: raw["requests-per-agent"],
  streams: raw.streams,
  streamsPerAgent: raw["streams-per-agent"],
  sessions: raw.sessions,
  sessionsPerAgent: raw["sessions-per-agent"],
  approvals: raw.approvals,
  approvalsPerAgent: raw["approvals-per-agent"],
  decisions: raw.decisions,
  receivedBytes: raw["received-bytes"],
  unreadMs: raw["unread-ms"],
  requestMs: raw["request-ms"],
  upstreamConnectMs: raw["upstream-connect-ms"],
  upstreamIdleMs: raw["upstream-idle-ms"],
  upstreamAgeMs: raw["upstream-age-ms"],
  streamQuietMs: raw["stream-quiet-ms"],
  loopDelayMs: raw["loop-delay-ms"],
  lameDuckMs: raw["lame-duck-ms"],
  drainMs: raw["drain-ms"],
})).prefault({});
