/** Bodies that are not plain UTF-8: other encodings, overlong forms, compressed bodies. */

import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from "node:zlib";

import { callOf, DANGER, type Family, harmless, httpOnly, SAFE, vector } from "../vector.ts";

function utf16(text: string, isBigEndian: boolean): Buffer {
  const bytes = Buffer.from(text, "utf16le");
  return isBigEndian ? bytes.swap16() : bytes;
}

function utf32(text: string, isBigEndian: boolean): Buffer {
  const points = Array.from(text, (character) => character.codePointAt(0) ?? 0);
  const bytes = Buffer.alloc(points.length * 4);
  for (const [at, point] of points.entries()) {
    if (isBigEndian) bytes.writeUInt32BE(point, at * 4);
    else bytes.writeUInt32LE(point, at * 4);
  }
  return bytes;
}

/** The text with each character of `what` as these bytes. */
function withBytes(text: string, what: string, bytes: readonly number[]): Buffer {
  const parts = text.split(what).map((part) => Buffer.from(part));
  return Buffer.concat(parts.flatMap((part, at) => (at === 0 ? [part] : [Buffer.from(bytes), part])));
}

const ENCODED: readonly [string, Buffer, string][] = [
  ["UTF-16LE", utf16(DANGER, false), "utf-16le"],
  ["UTF-16BE", utf16(DANGER, true), "utf-16be"],
  ["UTF-16LE with a mark", Buffer.concat([Buffer.from([0xff, 0xfe]), utf16(DANGER, false)]), "utf-16"],
  ["UTF-16BE with a mark", Buffer.concat([Buffer.from([0xfe, 0xff]), utf16(DANGER, true)]), "utf-16"],
  ["UTF-32LE", utf32(DANGER, false), "utf-32le"],
  ["UTF-32BE", utf32(DANGER, true), "utf-32be"],
  ["UTF-32LE with a mark", Buffer.concat([Buffer.from([0xff, 0xfe, 0, 0]), utf32(DANGER, false)]), "utf-32"],
  ["UTF-8 with a mark", Buffer.from(`\ufeff${DANGER}`), "utf-8"],
  ["UTF-7", Buffer.from(DANGER.replace("danger", "+AGQ-anger")), "utf-7"],
  ["Latin-1", Buffer.from(callOf("danger", '{"x":"é"}'), "latin1"), "iso-8859-1"],
  [
    "bytes of another code page",
    Buffer.from(Buffer.from(DANGER).map((byte) => (byte + 0x80) % 256)),
    "ibm037",
  ],
  ["Shift_JIS", withBytes(DANGER, "danger", [0x83, 0x5c]), "shift_jis"],
];

const OVERLONG: readonly [string, string, readonly number[]][] = [
  ["a quote in two bytes", '"', [0xc0, 0xa2]],
  ["a slash in two bytes", "/", [0xc0, 0xaf]],
  ["a slash in three bytes", "/", [0xe0, 0x80, 0xaf]],
  ["a d in two bytes", "d", [0xc1, 0xa4]],
  ["a d in four bytes", "d", [0xf0, 0x80, 0x81, 0xa4]],
  ["a NUL in two bytes", "danger", [0x64, 0xc0, 0x80]],
  ["a lone continuation", "danger", [0x80]],
  ["a cut sequence", "danger", [0xe2, 0x82]],
  ["an impossible byte", "danger", [0xff]],
  ["a surrogate in UTF-8", "danger", [0xed, 0xa0, 0x80]],
  ["a pair of surrogates in UTF-8", "danger", [0xed, 0xa0, 0xbd, 0xed, 0xb8, 0x80]],
  ["a point beyond Unicode", "danger", [0xf4, 0x90, 0x80, 0x80]],
];

const COMPRESSED: readonly [string, Buffer][] = [
  ["gzip", gzipSync(DANGER)],
  ["deflate", deflateSync(DANGER)],
  ["deflate", deflateRawSync(DANGER)],
  ["br", brotliCompressSync(DANGER)],
  ["identity", Buffer.from(DANGER)],
  ["gzip, gzip", gzipSync(gzipSync(DANGER))],
  ["gzip, identity", gzipSync(DANGER)],
  ["GZIP", gzipSync(DANGER)],
  ["x-gzip", gzipSync(DANGER)],
  ["zstd", Buffer.from(DANGER)],
  ["", Buffer.from(DANGER)],
];

export const ENCODINGS: Family = [
  ...ENCODED.map(([name, body]) =>
    // JSON is UTF-8: read so, this names a tool that does not exist.
    name === "UTF-7" ? harmless(name, body) : vector(name, body),
  ),
  ...ENCODED.map(([name, body, charset]) =>
    httpOnly(`${name}, announced`, body, { "content-type": `application/json; charset=${charset}` }),
  ),
  ...OVERLONG.map(([name, what, bytes]) =>
    vector(`overlong or broken: ${name}`, withBytes(DANGER, what, bytes)),
  ),
  ...OVERLONG.map(([name, what, bytes]) =>
    vector(
      `overlong or broken, in a call of safe: ${name}`,
      Buffer.concat([Buffer.from(SAFE), withBytes(DANGER, what, bytes)]),
    ),
  ),
  ...COMPRESSED.map(([coding, body], at) =>
    httpOnly(`Content-Encoding ${coding} (${at})`, body, {
      "content-type": "application/json",
      "content-encoding": coding,
    }),
  ),
  ...COMPRESSED.slice(0, 4).map(([coding, body], at) =>
    vector(`${coding} that nobody announces (${at})`, body),
  ),
];
