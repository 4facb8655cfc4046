/** JSON pointers of RFC 6901, which the validator library names parts by. */

/** Returns the names on the way: `/a~1b/0` is `a/b` and `0`. */
export function segmentsOf(pointer: string): string[] {
  const segments = pointer.split("/");
  segments.shift();
  return pointer.includes("~") ? segments.map(unescaped) : segments;
}

function unescaped(segment: string): string {
  return segment.replaceAll("~1", "/").replaceAll("~0", "~");
}
