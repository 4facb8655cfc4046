/** Times as RFC 3339 writes them, with their offset. */

const TIME =
  /^(\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01]))[Tt ]((?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,3})?)(Z|z|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/;

/** Milliseconds since 1970; undefined without an offset, with more than three digits of a fraction, and for other forms. */
export function instantOf(text: string): number | undefined {
  const [, date, time, offset] = TIME.exec(text) ?? [];
  if (date === undefined || time === undefined || offset === undefined) return undefined;
  // The parser turns 30 February into 2 March.
  if (!new Date(`${date}T00:00:00Z`).toISOString().startsWith(date)) return undefined;
  return Date.parse(`${date}T${time}${offset.toUpperCase()}`);
}
