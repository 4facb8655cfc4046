/**
 * The check of a JSON text, in AssemblyScript: `npm run scanner` makes `check-json-module.ts` of it, which runs as WebAssembly.
 * The text stands in memory with zeros behind it, which no token has, so that no function needs to know where it ends.
 */

const QUOTE: u8 = 0x22;
const COMMA: u8 = 0x2c;
const COLON: u8 = 0x3a;
const OPEN_BRACKET: u8 = 0x5b;
const BACKSLASH: u8 = 0x5c;
const CLOSE_BRACKET: u8 = 0x5d;
const OPEN_BRACE: u8 = 0x7b;
const CLOSE_BRACE: u8 = 0x7d;
const MINUS: u8 = 0x2d;
const PLUS: u8 = 0x2b;
const POINT: u8 = 0x2e;
const ZERO: u8 = 0x30;
const LETTER_U: u8 = 0x75;
/** Four letters as one number, in the order of memory. */
const WORD_TRUE: u32 = 0x65757274;
const WORD_NULL: u32 = 0x6c6c756e;
const WORD_ALSE: u32 = 0x65736c61;

/** No token ends at the beginning of memory. */
const FAULT: usize = 0;
/** Levels of objects from the text down to the one that is looked for. */
const FOUND_DEPTH: u32 = 3;
/** The host compares the names of an object with more. */
const MAX_COMPARED: u32 = 24;
/** Bytes of a name: where it begins and ends. */
const NAME_BYTES: usize = 8;
/** A shorter number without a long exponent is finite. */
const MAX_PLAIN_LENGTH: usize = 200;
const MAX_PLAIN_EXPONENT: usize = 2;

/** Whether `count` names, each by its beginning and its end, all differ. */
@external("host", "areDistinct")
declare function areDistinct(names: usize, count: u32): bool;
/** Whether the number between two offsets is finite as a double. */
@external("host", "isFinite")
declare function isFiniteNumber(start: usize, end: usize): bool;

/** The object that was looked for, when the text is accepted, and what the text has. */
export let objectStart: usize = 0;
export let objectEnd: usize = 0;
export let membersEnd: usize = 0;
export let hasBlanks: bool = false;
export let hasSurrogates: bool = false;

let keysLeft: u32 = 0;
let maxNumberLength: usize = 0;
/** Where the names of the innermost object begin, and where those of all open objects end. */
let nameBase: usize = 0;
let nameTop: usize = 0;
let depth: u32 = 0;
/** Levels of the path that the open containers follow, and whether the last name is the next one. */
let followed: u32 = 0;
let isNext: bool = true;
/** The two names of the path, one behind the other. */
let outerStart: usize = 0;
let outerEnd: usize = 0;
let innerEnd: usize = 0;

/** Sets the bounds of the next check. */
export function setBounds(maxKeys: u32, maxNumber: u32): void {
  keysLeft = maxKeys;
  maxNumberLength = maxNumber;
}

/** Sets the path to the object that the next check looks for. */
export function setPath(start: usize, middle: usize, end: usize): void {
  outerStart = start;
  outerEnd = middle;
  innerEnd = end;
}

/**
 * Whether the text from `start` to `end` is JSON within the bounds, has no escape in a name, and an object at the path.
 * `frames` has room for 8 bytes for each level, `names` for 8 and `members` for 16 bytes for each member.
 */
export function check(start: usize, end: usize, frames: usize, names: usize, members: usize, maxDepth: u32, maxNodes: u32): bool {
  objectStart = 0;
  objectEnd = 0;
  membersEnd = members;
  hasBlanks = false;
  hasSurrogates = false;
  nameBase = names;
  nameTop = names;
  depth = 0;
  followed = 0;
  isNext = true;
  let nodesLeft = maxNodes;
  let isObject = false;
  let at = skipBlanks(start);
  while (true) {
    // A value is next.
    if (nodesLeft == 0) return false;
    nodesLeft -= 1;
    const code = load<u8>(at);
    if (code == QUOTE) {
      at = stringEnd(at + 1);
      if (at == FAULT) return false;
    } else if (code == OPEN_BRACE || code == OPEN_BRACKET) {
      if (depth == maxDepth) return false;
      store<u32>(frames + (<usize>depth << 3), <u32>nameBase);
      store<u32>(frames + (<usize>depth << 3), <u32>isObject, 4);
      depth += 1;
      nameBase = nameTop;
      isObject = code == OPEN_BRACE;
      if (isObject) follow(at);
      at = skipBlanks(at + 1);
      if (load<u8>(at) != (isObject ? CLOSE_BRACE : CLOSE_BRACKET)) {
        if (isObject) {
          at = nameEnd(at);
          if (at == FAULT) return false;
        }
        continue;
      }
      at += 1;
      if (isObject) leave(at);
      depth -= 1;
      nameBase = load<u32>(frames + (<usize>depth << 3));
      isObject = <bool>load<u32>(frames + (<usize>depth << 3), 4);
    } else {
      at = scalarEnd(at, code);
      if (at == FAULT) return false;
    }
    // A value has ended.
    while (true) {
      if (depth == 0) return skipBlanks(at) == end && objectEnd != 0;
      if (depth == FOUND_DEPTH && followed == FOUND_DEPTH) noteOffset(at);
      at = skipBlanks(at);
      const next = load<u8>(at);
      if (next == COMMA) {
        at = skipBlanks(at + 1);
        if (!isObject) break;
        at = nameEnd(at);
        if (at == FAULT) return false;
        break;
      }
      if (next != (isObject ? CLOSE_BRACE : CLOSE_BRACKET)) return false;
      at += 1;
      if (isObject) {
        const count = <u32>((nameTop - nameBase) / NAME_BYTES);
        if (count > MAX_COMPARED && !areDistinct(nameBase, count)) return false;
        nameTop = nameBase;
        leave(at);
      }
      depth -= 1;
      nameBase = load<u32>(frames + (<usize>depth << 3));
      isObject = <bool>load<u32>(frames + (<usize>depth << 3), 4);
    }
  }
}

/** Removes whitespace between the tokens of a text that has been checked, in its place, and returns where it ends then. */
export function minify(start: usize, end: usize): usize {
  let to = start;
  let at = start;
  while (at < end) {
    const code = load<u8>(at);
    if (code == QUOTE) {
      const length = stringEnd(at + 1) - at;
      memory.copy(to, at, length);
      to += length;
      at += length;
      continue;
    }
    // Between strings nothing but whitespace is so low.
    if (code > 0x20) {
      store<u8>(to, code);
      to += 1;
    }
    at += 1;
  }
  return to;
}

/** Notes that the object just opened is on the path. */
function follow(at: usize): void {
  if (!isNext || followed != depth - 1) return;
  followed = depth;
  isNext = false;
  if (depth == FOUND_DEPTH) objectStart = at;
}

/** Notes that an object ends before `at`. */
function leave(at: usize): void {
  if (followed != depth) return;
  if (depth == FOUND_DEPTH) objectEnd = at;
  followed -= 1;
}

function noteOffset(at: usize): void {
  store<u32>(membersEnd, <u32>at);
  membersEnd += 4;
}

/** Where the value of the member begins whose name is next; FAULT for an escape in the name, or a name that the object has. */
function nameEnd(at: usize): usize {
  if (keysLeft == 0 || load<u8>(at) != QUOTE) return FAULT;
  keysLeft -= 1;
  const start = at + 1;
  const end = plainEnd(start);
  if (load<u8>(end) != QUOTE || isKnown(start, end)) return FAULT;
  store<u32>(nameTop, <u32>start);
  store<u32>(nameTop, <u32>end, 4);
  nameTop += NAME_BYTES;
  const isOnPath = followed == depth;
  if (isOnPath && depth < FOUND_DEPTH) isNext = isNextOfPath(start, end);
  at = skipBlanks(end + 1);
  if (load<u8>(at) != COLON) return FAULT;
  at = skipBlanks(at + 1);
  if (!isOnPath || depth < FOUND_DEPTH) return at;
  noteOffset(start);
  noteOffset(end);
  noteOffset(at);
  return at;
}

function isNextOfPath(start: usize, end: usize): bool {
  const from = depth == 1 ? outerStart : outerEnd;
  const length = (depth == 1 ? outerEnd : innerEnd) - from;
  return end - start == length && areSame(start, from, length);
}

/** Whether one of the first names of the innermost object is this one. */
function isKnown(start: usize, end: usize): bool {
  const length = end - start;
  const top = min(nameTop, nameBase + <usize>MAX_COMPARED * NAME_BYTES);
  for (let name = nameBase; name < top; name += NAME_BYTES) {
    const other = <usize>load<u32>(name);
    if (<usize>load<u32>(name, 4) - other == length && areSame(other, start, length)) return true;
  }
  return false;
}

/** Compares eight bytes at a time; of the last ones, those that count. */
function areSame(one: usize, other: usize, length: usize): bool {
  while (length >= 8) {
    if (load<u64>(one) != load<u64>(other)) return false;
    one += 8;
    other += 8;
    length -= 8;
  }
  if (length == 0) return true;
  return (load<u64>(one) ^ load<u64>(other)) << (64 - (<u64>length << 3)) == 0;
}

/** Where the first byte is that ends a string, begins an escape, or may not stand in one. */
// @ts-ignore: decorator
@inline
function plainEnd(at: usize): usize {
  while (true) {
    const bytes = v128.load(at);
    const found = v128.or(
      v128.or(i8x16.eq(bytes, i8x16.splat(QUOTE)), i8x16.eq(bytes, i8x16.splat(BACKSLASH))),
      i8x16.lt_u(bytes, i8x16.splat(0x20)),
    );
    const mask = i8x16.bitmask(found);
    if (mask != 0) return at + ctz(mask);
    at += 16;
  }
}

/** Index after the string whose opening quote stands before `at`. */
function stringEnd(at: usize): usize {
  while (true) {
    at = plainEnd(at);
    const code = load<u8>(at);
    if (code == QUOTE) return at + 1;
    if (code != BACKSLASH) return FAULT;
    at = escapeEnd(at);
    if (at == FAULT) return FAULT;
  }
}

/** Index after the escape that begins at a backslash; FAULT when RFC 8259 does not define it. */
function escapeEnd(at: usize): usize {
  const code = load<u8>(at, 1);
  if (code == LETTER_U) {
    for (let digit = at + 2; digit < at + 6; digit += 1) if (!isHexDigit(load<u8>(digit))) return FAULT;
    if ((load<u8>(at, 2) | 0x20) == 0x64 && load<u8>(at, 3) > 0x37) hasSurrogates = true;
    return at + 6;
  }
  switch (code) {
    case QUOTE:
    case BACKSLASH:
    case 0x2f: // /
    case 0x62: // b
    case 0x66: // f
    case 0x6e: // n
    case 0x72: // r
    case 0x74: // t
      return at + 2;
    default:
      return FAULT;
  }
}

function scalarEnd(at: usize, code: u8): usize {
  if (isDigit(code) || code == MINUS) return numberEnd(at);
  if (code == 0x74) return load<u32>(at) == WORD_TRUE ? at + 4 : FAULT;
  if (code == 0x6e) return load<u32>(at) == WORD_NULL ? at + 4 : FAULT;
  return code == 0x66 && load<u32>(at, 1) == WORD_ALSE ? at + 5 : FAULT;
}

function numberEnd(start: usize): usize {
  let at = load<u8>(start) == MINUS ? start + 1 : start;
  at = load<u8>(at) == ZERO ? at + 1 : digitsEnd(at);
  if (at != FAULT && load<u8>(at) == POINT) at = digitsEnd(at + 1);
  if (at == FAULT) return FAULT;
  let exponent: usize = 0;
  if ((load<u8>(at) | 0x20) == 0x65) {
    const sign = load<u8>(at, 1);
    const digits = sign == MINUS || sign == PLUS ? at + 2 : at + 1;
    at = digitsEnd(digits);
    if (at == FAULT) return FAULT;
    exponent = at - digits;
  }
  if (at - start > maxNumberLength) return FAULT;
  if (exponent <= MAX_PLAIN_EXPONENT && at - start <= MAX_PLAIN_LENGTH) return at;
  return isFiniteNumber(start, at) ? at : FAULT;
}

/** Index after one or more digits. */
function digitsEnd(from: usize): usize {
  let at = from;
  while (isDigit(load<u8>(at))) at += 1;
  return at == from ? FAULT : at;
}

// @ts-ignore: decorator
@inline
function isDigit(code: u8): bool {
  return <u8>(code - ZERO) < 10;
}

function isHexDigit(code: u8): bool {
  return isDigit(code) || <u8>((code | 0x20) - 0x61) < 6;
}

// @ts-ignore: decorator
@inline
function skipBlanks(at: usize): usize {
  return load<u8>(at) > 0x20 ? at : blanksEnd(at);
}

function blanksEnd(at: usize): usize {
  const from = at;
  while (true) {
    const code = load<u8>(at);
    if (code != 0x20 && code != 0x0a && code != 0x0d && code != 0x09) break;
    at += 1;
  }
  if (at > from) hasBlanks = true;
  return at;
}
