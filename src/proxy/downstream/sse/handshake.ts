/**
 * The revisions of one handshake. A client of HTTP+SSE may know none that has Streamable HTTP, and a server of Streamable HTTP need not know an
 * older one, so the server is asked for the first that has it, and the client is shown the revision that it asked for (decision 0141).
 */

import { isUtf8 } from "node:buffer";
import { memberText, setMember } from "../../../json/edit-json.ts";
import { readJson } from "../../../json/read-json.ts";
import { FIRST_OVER_HTTP, isOlderThanHttp } from "../../../mcp/message.ts";

const ASKED = ["params", "protocolVersion"];
const AGREED = ["result", "protocolVersion"];
const FIRST_TOKEN = JSON.stringify(FIRST_OVER_HTTP);

export class Handshake {
  /** The token of the client's revision; undefined while it has Streamable HTTP. */
  #asked: string | undefined;
  /** Whether the server knows, or is being asked for, another revision than the client. */
  #isReplaced = false;

  /** The revision that the client knows, where the server knows another. */
  get clientVersion(): string | undefined {
    return this.#isReplaced ? this.#asked?.slice(1, -1) : undefined;
  }

  /** The client's `initialize` as the server gets it. */
  toServer(body: Buffer): Buffer {
    // A body that cannot be read is refused on its way, so it stays as it is.
    const read = isUtf8(body) ? readJson(body.toString("utf8")) : undefined;
    if (read?.ok !== true) return body;
    const asked = memberText(read.minified, ASKED);
    this.#asked = asked !== undefined && isOlderThanHttp(asked) ? asked : undefined;
    this.#isReplaced = this.#asked !== undefined;
    return this.#asked === undefined ? body : Buffer.from(setMember(read.minified, ASKED, FIRST_TOKEN));
  }

  /** The server's answer as the client gets it. */
  toClient(text: string): string {
    const read = readJson(text);
    this.#isReplaced =
      read.ok && memberText(read.minified, AGREED) === FIRST_TOKEN && this.#asked !== undefined;
    return read.ok && this.#isReplaced && this.#asked !== undefined
      ? setMember(read.minified, AGREED, this.#asked)
      : text;
  }
}
