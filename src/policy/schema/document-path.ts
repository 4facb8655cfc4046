/** Paths into a document, and the problems found there. Problems are collected, never thrown. */

import type { Json } from "../../json/json.ts";

/** One problem, printed as `path: message`; the path is empty for the document itself. */
export interface Problem {
  readonly path: string;
  readonly message: string;
}

interface ProblemLog {
  readonly problems: Problem[];
  /** The author's path of each value that a translation made or moved. */
  readonly origins: Map<Json, DocumentPath>;
}

/** A place in a document. Its text is built only for a problem. */
export class DocumentPath {
  readonly #log: ProblemLog;
  readonly #parent: DocumentPath | undefined;
  readonly #key: string | number;

  private constructor(ledger: ProblemLog, parent: DocumentPath | undefined, key: string | number) {
    this.#log = ledger;
    this.#parent = parent;
    this.#key = key;
  }

  /** Makes the path of the document itself; every problem below it is added to `problems`. */
  static root(problems: Problem[]): DocumentPath {
    return new DocumentPath({ problems, origins: new Map() }, undefined, "");
  }

  /** Returns the path of a member or an element. */
  at(key: string | number): DocumentPath {
    return new DocumentPath(this.#log, this, key);
  }

  /** Records that a translation made `json` from the author's value at this path, and returns `json`. */
  markOrigin<Value extends Json>(json: Value): Value {
    this.#log.origins.set(json, this);
    return json;
  }

  /** Returns the path of the author's value that became `json`; this path when it was not translated. */
  originOf(json: Json): DocumentPath {
    return this.#log.origins.get(json) ?? this;
  }

  /** Adds a problem. The message starts in lower case, says what is expected, and has no final period. */
  report(message: string): undefined {
    this.#log.problems.push({ path: this.path(), message });
    return undefined;
  }

  /** Prints the path: `tools.create_charge.limits[0].window`, `tools["a.b"]`. */
  path(): string {
    if (this.#parent === undefined) return "";
    const before = this.#parent.path();
    if (typeof this.#key === "number") return `${before}[${this.#key}]`;
    if (!/^[\p{L}\p{N}_$*/-]+$/u.test(this.#key)) return `${before}[${JSON.stringify(this.#key)}]`;
    return before === "" ? this.#key : `${before}.${this.#key}`;
  }
}
