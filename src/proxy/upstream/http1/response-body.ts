/** The answer of a server whose body is still coming: read no faster than its reader reads. */

import { Readable } from "node:stream";
import type { ResponseHead } from "./response-head.ts";
import type { HeaderFields } from "../../http/header-fields.ts";

/** Where the bytes come from. */
export interface BodySource {
  readonly resume: () => void;
  /** The reader wants no more. */
  readonly abort: () => void;
}

export class ResponseStream extends Readable {
  readonly statusCode: number;
  readonly headers: HeaderFields;
  readonly bufferedBody = undefined;
  /** Whether the body came to its end. */
  complete = false;
  readonly #source: BodySource;

  constructor({ statusCode, headers }: ResponseHead, source: BodySource) {
    super();
    this.statusCode = statusCode;
    this.headers = headers;
    this.#source = source;
  }

  /** The last of it has come. */
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
