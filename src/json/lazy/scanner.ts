/** The check of JSON texts as WebAssembly: a copy of one text at a time, and the verdict of the module. */

import { overflowsDouble } from "../json-token.ts";
import { CHECK_JSON_MODULE } from "./check-json-module.ts";

/** The functions of check-json.as, by its names. Addresses are offsets in the memory. */
interface Exports {
  readonly memory: { readonly buffer: ArrayBuffer; readonly grow: (pages: number) => number };
  readonly setBounds: (maxKeys: number, maxNumberLength: number) => void;
  readonly setPath: (start: number, middle: number, end: number) => void;
  readonly check: (...places: readonly number[]) => number;
  readonly minify: (start: number, end: number) => number;
  readonly objectStart: Global;
  readonly objectEnd: Global;
  readonly membersEnd: Global;
  readonly hasBlanks: Global;
  readonly hasSurrogates: Global;
}

interface Global {
  readonly value: number;
}

/** The part of the JavaScript API of WebAssembly that is used; the library of types has it for browsers alone. */
interface WebAssemblyApi {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object, imports: object) => { readonly exports: unknown };
}

export interface ScanBounds {
  readonly maxDepth: number;
  readonly maxNodes: number;
  readonly maxKeys: number;
  readonly maxNumberLength: number;
}

/** Offsets in the text, as `CheckedObject` has them. */
export interface Scanned {
  readonly start: number;
  readonly end: number;
  readonly members: readonly number[];
  readonly hasBlanks: boolean;
  readonly hasSurrogates: boolean;
}

const PAGE = 65_536;
/** The module keeps data of its own below. */
const FIRST_ADDRESS = PAGE;
/** Zeros behind the text and between the names of the path: the module reads at most 32 bytes beyond what it asks about. */
const ZEROS = 64;
/** Bytes of the shortest member, with its comma. */
const MIN_MEMBER = 5;
const [FRAME_BYTES, NAME_BYTES, MEMBER_BYTES] = [8, 8, 16] as const;

export class Scanner {
  readonly #exports: Exports;

  /** @throws when the machine has no WebAssembly, or none with vectors */
  constructor() {
    const { WebAssembly } = globalThis as unknown as { readonly WebAssembly: WebAssemblyApi };
    const module = new WebAssembly.Module(Buffer.from(CHECK_JSON_MODULE, "base64"));
    const host = {
      areDistinct: (names: number, count: number) => (this.#areDistinct(names, count) ? 1 : 0),
      isFinite: (start: number, end: number) => (overflowsDouble(this.#text(start, end)) ? 0 : 1),
    };
    this.#exports = new WebAssembly.Instance(module, { host }).exports as Exports;
  }

  /** Bytes of memory, which never become fewer. */
  get size(): number {
    return this.#exports.memory.buffer.byteLength;
  }

  // Security: the zeros behind the text end every token, so that nothing of an earlier text is read.
  /** Undefined when the text is not accepted. */
  scan(
    bytes: Uint8Array,
    bounds: ScanBounds,
    [outer, inner]: readonly [string, string],
  ): Scanned | undefined {
    const { setBounds, setPath, check } = this.#exports;
    const path = Buffer.from(outer + inner);
    const text = FIRST_ADDRESS + path.length + ZEROS;
    const frames = aligned(text + bytes.length + ZEROS);
    const names = frames + bounds.maxDepth * FRAME_BYTES;
    const mostNames = Math.floor(bytes.length / MIN_MEMBER) + 1;
    const members = names + mostNames * NAME_BYTES;
    this.#makeRoom(members + mostNames * MEMBER_BYTES);
    const memory = new Uint8Array(this.#exports.memory.buffer);
    memory.set(path, FIRST_ADDRESS);
    memory.set(bytes, text);
    memory.fill(0, text + bytes.length, frames);
    setPath(FIRST_ADDRESS, FIRST_ADDRESS + Buffer.byteLength(outer), FIRST_ADDRESS + path.length);
    setBounds(bounds.maxKeys, bounds.maxNumberLength);
    const end = text + bytes.length;
    if (check(text, end, frames, names, members, bounds.maxDepth, bounds.maxNodes) === 0) return undefined;
    return this.#found(text, members);
  }

  /** A copy of a text that has been accepted, without whitespace between its tokens. */
  minify(bytes: Uint8Array): Uint8Array {
    this.#makeRoom(FIRST_ADDRESS + bytes.length + ZEROS);
    const memory = new Uint8Array(this.#exports.memory.buffer);
    memory.set(bytes, FIRST_ADDRESS);
    return memory.slice(FIRST_ADDRESS, this.#exports.minify(FIRST_ADDRESS, FIRST_ADDRESS + bytes.length));
  }

  #found(text: number, members: number): Scanned {
    const { objectStart, objectEnd, membersEnd, hasBlanks, hasSurrogates } = this.#exports;
    const offsets = new Uint32Array(this.#exports.memory.buffer, members, (membersEnd.value - members) / 4);
    return {
      start: objectStart.value - text,
      end: objectEnd.value - text,
      members: Array.from(offsets, (address) => address - text),
      hasBlanks: hasBlanks.value !== 0,
      hasSurrogates: hasSurrogates.value !== 0,
    };
  }

  #makeRoom(bytes: number): void {
    const missing = Math.ceil((bytes - this.size) / PAGE);
    if (missing > 0) this.#exports.memory.grow(missing);
  }

  #areDistinct(names: number, count: number): boolean {
    const offsets = new Uint32Array(this.#exports.memory.buffer, names, count * 2);
    const seen = new Set<string>();
    for (let index = 0; index < offsets.length; index += 2)
      seen.add(this.#text(Number(offsets[index]), Number(offsets[index + 1])));
    return seen.size === count;
  }

  /** One character for each byte, so that other bytes make another text. */
  #text(start: number, end: number): string {
    return Buffer.from(this.#exports.memory.buffer, start, end - start).toString("latin1");
  }
}

/** The next address that is a multiple of 16. */
function aligned(address: number): number {
  return (address + 15) & ~15;
}
