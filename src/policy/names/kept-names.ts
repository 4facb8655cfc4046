/** Keeps what was found for a name of a tool, so that a name that is called again is not searched for again. */

/** Names whose result is kept, and their longest length. Security: a caller chooses the names, so that both are bounded. */
const MAX_KEPT = 10_000;
const MAX_KEPT_LENGTH = 128;

/** Wraps a function that depends on the name alone. When the kept names are full, all of them are dropped. */
export function keepByName<Value>(find: (name: string) => Value): (name: string) => Value {
  const kept = new Map<string, Value>();
  return (name) => {
    const known = kept.get(name);
    if (known !== undefined) return known;
    const value = find(name);
    if (kept.size >= MAX_KEPT) kept.clear();
    if (name.length <= MAX_KEPT_LENGTH) kept.set(name, value);
    return value;
  };
}
