/** The latest decisions as rows outside the heap, bounded in number and in bytes; each is found by its id at once. */

import type { Ending } from "../../../enforcement/observer.ts";
import { ByteRing } from "./byte-ring.ts";
import { ByteReader } from "./byte-reader.ts";
import { ByteWriter } from "./byte-writer.ts";
import { readId } from "./read-row.ts";
import { codeOf, type Decided, isExplainable, LISTS, OFFSETS, type RowReferences } from "./row.ts";
import { RecentProofs } from "./recent-proofs.ts";
import { Words } from "./words.ts";
import { writeRow } from "./write-row.ts";

/** Bytes for each decision, on average: 100,000 decisions take 63 MB with their index. */
const ROW_BYTES = 500;
const ARGUMENTS_BYTES = 100;
/** Bytes for the rows, and for the texts of arguments, however few decisions are wanted. */
const MIN_ROW_BYTES = 4_194_304;
const MIN_ARGUMENTS_BYTES = 8_388_608;

/** A row's number: 1 for the first one; no number is used twice. */
type RowNumber = number;

export class DecisionRing {
  readonly words = new Words();
  readonly proofs = new RecentProofs();
  readonly #capacity: number;
  readonly #rows: ByteRing;
  readonly #arguments: ByteRing;
  readonly #writer = new ByteWriter();
  /** By the number's place: where the row begins, and the row before it whose id has the same hash. */
  readonly #addresses: Float64Array;
  readonly #previous: Float64Array;
  /** By hash: the newest row. */
  readonly #buckets: Float64Array;
  #newest: RowNumber = 0;
  #oldest: RowNumber = 1;

  constructor(capacity: number) {
    this.#capacity = capacity;
    this.#rows = new ByteRing(Math.max(MIN_ROW_BYTES, capacity * ROW_BYTES));
    this.#arguments = new ByteRing(Math.max(MIN_ARGUMENTS_BYTES, capacity * ARGUMENTS_BYTES));
    this.#addresses = new Float64Array(capacity);
    this.#previous = new Float64Array(capacity);
    this.#buckets = new Float64Array(2 ** Math.ceil(Math.log2(capacity)));
  }

  get newest(): RowNumber {
    return this.#newest;
  }

  /** One more than `newest` when there are none. */
  get oldest(): RowNumber {
    return this.#oldest;
  }

  add(decided: Decided): void {
    const { request } = decided;
    const args = isExplainable(request) ? this.#keepArguments(request.args?.text) : undefined;
    const address = this.#rows.append(this.#written(decided, args));
    if (address === undefined) return;
    this.#newest += 1;
    this.#addresses[this.#newest % this.#capacity] = address;
    const bucket = this.#bucketOf(request.id);
    this.#previous[this.#newest % this.#capacity] = this.#buckets[bucket] ?? 0;
    this.#buckets[bucket] = this.#newest;
    this.#dropOverwritten();
  }

  /** The row of a decision that is not in the ring, until the next one is added. */
  rowOf(decided: Decided): Buffer {
    return this.#written(decided, undefined);
  }

  /** The row of a number from `oldest` to `newest`. */
  read(number: RowNumber): Buffer {
    const address = this.#addressOf(number);
    const end = number === this.#newest ? this.#rows.end : this.#addressOf(number + 1);
    return this.#rows.read(address, end - address);
  }

  /** The number of the newest row with this id; undefined when none is held. */
  find(id: string): RowNumber | undefined {
    let number = this.#buckets[this.#bucketOf(id)] ?? 0;
    for (; number >= this.#oldest; number = this.#previous[number % this.#capacity] ?? 0) {
      if (readId(this.read(number)) === id) return number;
    }
    return undefined;
  }

  end(number: RowNumber, { outcome, totalMs }: Ending): void {
    this.#writer.begin();
    this.#writer.number(totalMs);
    this.#writer.byte(codeOf(LISTS.outcome, outcome));
    this.#rows.overwrite(this.#addressOf(number) + OFFSETS.durationMs, this.#writer.written());
  }

  /** The text of arguments at this place; undefined when newer ones took it. */
  argumentsAt(address: number, length: number): string | undefined {
    if (address < this.#arguments.start) return undefined;
    return new ByteReader(this.#arguments.read(address, length)).text();
  }

  #addressOf(number: RowNumber): number {
    return this.#addresses[number % this.#capacity] ?? 0;
  }

  #written(decided: Decided, args: RowReferences["args"]): Buffer {
    const generation = this.words.generation(() => this.#oldestGeneration());
    const proof = this.proofs.codeOf(decided.request.agent);
    this.#writer.begin();
    writeRow(this.#writer, this.words, decided, { generation, proof, args });
    return this.#writer.written();
  }

  #keepArguments(text: string | undefined): RowReferences["args"] {
    if (text === undefined) return undefined;
    this.#writer.begin();
    this.#writer.text(text);
    const bytes = this.#writer.written();
    const address = this.#arguments.append(bytes);
    return address === undefined ? undefined : { address, length: bytes.length };
  }

  #oldestGeneration(): number | undefined {
    return this.#oldest > this.#newest ? undefined : this.read(this.#oldest).readUInt32LE(OFFSETS.generation);
  }

  #dropOverwritten(): void {
    this.#oldest = Math.max(this.#oldest, this.#newest - this.#capacity + 1);
    while (this.#oldest < this.#newest && this.#addressOf(this.#oldest) < this.#rows.start) this.#oldest += 1;
  }

  #bucketOf(id: string): number {
    let hash = 0;
    for (let index = 0; index < id.length; index += 1)
      hash = (Math.imul(hash, 31) + id.charCodeAt(index)) | 0;
    return hash & (this.#buckets.length - 1);
  }
}
