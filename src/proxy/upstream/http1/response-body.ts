/** A response whose body is still arriving: reads the socket no faster than the consumer reads the body. */

import { Readable } from "node:stream";
import type { ResponseHead } from "./response-head.ts";
import type { HeaderFields } from "../../http/header-fields.ts";

/** The connection that the body arrives on. */
export interface BodySource {
  readonly resume: () => void;
  /** Called when the consumer destroys the body before its end. */
  readonly abort: () => void;
  readonly connection: { readonly close: () => void };
}

export class ResponseStream extends Readable {
  readonly statusCode: number;
  readonly headers: HeaderFields;
  readonly bufferedBody = undefined;
  readonly connection: BodySource["connection"];
  /** Whether the whole body has arrived. */
  complete = false;
  readonly #source: BodySource;

  constructor({ statusCode, headers }: ResponseHead, source: BodySource) {
    super();
    this.statusCode = statusCode;
    this.headers = headers;
    this.#source = source;
    this.connection = source.connection;
  }

  /** Ends the body: all of it has arrived. */
  finish(): void {
    this.complete = true;
    this.push(null);
  }

  override _read(): void {
    this.#source.resume();
  }

  override _destroy(error: Error | null, callback: (error: Error | null) => void): void {
    if (!this.complete) this.#source.abort();
    callback(error);
  }
}
