/** A syslog message (RFC 5424, section 6) around one audit record, and its frame in a stream (RFC 6587, section 3.4.1). */

import { hostname } from "node:os";

/** Facility 13, log audit, and severity 6, informational: 13 * 8 + 6 (RFC 5424, section 6.2.1). */
const PRIORITY = 110;
/** HOSTNAME is printable ASCII, 255 characters at most. */
const HOST =
  hostname()
    .replaceAll(/[^\x21-\x7e]/g, "-")
    .slice(0, 255) || "-";
const HEADER = `tollgate ${process.pid} audit -`;

/** `record` is a line of JSON without its line break; it is written without a byte order mark, so that parsers of JSON read it. */
export function syslogMessage(record: string, atMs: number): Buffer {
  return Buffer.from(`<${PRIORITY}>1 ${new Date(atMs).toISOString()} ${HOST} ${HEADER} ${record}`);
}

/** Octet counting: the length of the message, a space, the message. Other framing breaks at a line break. */
export function octetCounted(message: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`${message.length} `), message]);
}
