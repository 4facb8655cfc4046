/** Where in a document something stands, and what is wrong there: problems are gathered, never thrown. */

import type { Json } from "../../json/json.ts";

/** One fault, in the words of `path: message`; the path is empty for the document itself. */
export interface Problem {
  readonly path: string;
  readonly message: string;
}

interface ProblemLog {
  readonly problems: Problem[];
  /** Where the author wrote what a translation has made or moved. */
  readonly origins: Map<Json, DocumentPath>;
}

/** A place in a document. Paths are written only when a problem needs one. */
export class DocumentPath {
  readonly #log: ProblemLog;
  readonly #parent: DocumentPath | undefined;
  readonly #key: string | number;

  private constructor(ledger: ProblemLog, parent: DocumentPath | undefined, key: string | number) {
    this.#log = ledger;
    this.#parent = parent;
    this.#key = key;
  }

  /** The document itself; every problem found below it ends in `problems`. */
  static root(problems: Problem[]): DocumentPath {
    return new DocumentPath({ problems, origins: new Map() }, undefined, "");
  }

  at(key: string | number): DocumentPath {
    return new DocumentPath(this.#log, this, key);
  }

  /** `json`, which a translation made, and which stands here in the author's own form. */
  markOrigin<Value extends Json>(json: Value): Value {
    this.#log.origins.set(json, this);
    return json;
  }

  /** Where the author wrote `json`, which was found here. */
  originOf(json: Json): DocumentPath {
    return this.#log.origins.get(json) ?? this;
  }

  /** Adds a problem; the message starts lower case, says what must be, and has no final period. */
  report(message: string): undefined {
    this.#log.problems.push({ path: this.path(), message });
    return undefined;
  }

  /** As a person would write it: `tools.create_charge.limits[0].window`, `tools["a.b"]`. */
  path(): string {
    if (this.#parent === undefined) return "";
    const before = this.#parent.path();
    if (typeof this.#key === "number") return `${before}[${this.#key}]`;
    if (!/^[\p{L}\p{N}_$*/-]+$/u.test(this.#key)) return `${before}[${JSON.stringify(this.#key)}]`;
    return before === "" ? this.#key : `${before}.${this.#key}`;
  }
}
