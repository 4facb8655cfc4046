/** Finds the entries of a policy for the name of a tool: exact names in a Map, patterns by their literal beginning. */

import { keepByName } from "./kept-names.ts";
import { literalPrefix, type NamePattern, parseNamePattern } from "./pattern.ts";

export interface NameIndex<Value> {
  /**
   * The value of the entry that is written for this name, else of the most specific patterns that match it: more than one
   * when they are equally specific, none when nothing matches.
   */
  readonly find: (name: string) => Value;
}

export interface NamedEntry<Entry> {
  /** As the author wrote it. */
  readonly key: string;
  readonly entry: Entry;
}

type Resolve<Entry, Value> = (found: readonly NamedEntry<Entry>[]) => Value;

interface PatternEntry<Entry, Value> extends NamedEntry<Entry> {
  readonly pattern: NamePattern;
  /** The value when it decides alone. */
  readonly value: () => Value;
}

/** Indexes entries by their names and patterns. `resolve` makes the value of what was found; it is called at most once for each entry. */
export function indexNames<Entry, Value>(
  entries: ReadonlyMap<string, Entry>,
  resolve: Resolve<Entry, Value>,
): NameIndex<Value> {
  const exact = new Map<string, () => Value>();
  const patterns: PatternEntry<Entry, Value>[] = [];
  for (const [key, entry] of entries) {
    const pattern = parseNamePattern(key);
    const value = onDemand(() => resolve([{ key, entry }]));
    if (pattern.name === undefined) patterns.push({ key, entry, pattern, value });
    else exact.set(pattern.name, value);
  }
  const findByPattern = patternFinder(patterns, resolve);
  return { find: (name) => exact.get(name)?.() ?? findByPattern(name) };
}

function onDemand<Value>(make: () => Value): () => Value {
  let made: { readonly value: Value } | undefined;
  return () => (made ??= { value: make() }).value;
}

function patternFinder<Entry, Value>(
  patterns: readonly PatternEntry<Entry, Value>[],
  resolve: Resolve<Entry, Value>,
): (name: string) => Value {
  const none = onDemand(() => resolve([]));
  if (patterns.length === 0) return none;
  const root = prefixTree(patterns);
  return keepByName((name) => {
    const found = mostSpecific(root, name);
    const [first, tied] = found;
    const single = first === undefined ? none : first.value;
    return tied === undefined ? single() : resolve(found);
  });
}

/** Patterns whose literal beginning ends here, most specific first, and the longer beginnings. */
interface PrefixNode<Entry, Value> {
  readonly patterns: PatternEntry<Entry, Value>[];
  readonly next: Map<string, PrefixNode<Entry, Value>>;
}

function prefixTree<Entry, Value>(patterns: readonly PatternEntry<Entry, Value>[]): PrefixNode<Entry, Value> {
  const root: PrefixNode<Entry, Value> = { patterns: [], next: new Map() };
  const sorted = patterns.toSorted((one, other) => other.pattern.literalLength - one.pattern.literalLength);
  for (const each of sorted) {
    let node = root;
    for (const unit of literalPrefix(each.pattern).split("")) {
      const following = node.next.get(unit) ?? { patterns: [], next: new Map() };
      node.next.set(unit, following);
      node = following;
    }
    node.patterns.push(each);
  }
  return root;
}

function mostSpecific<Entry, Value>(
  root: PrefixNode<Entry, Value>,
  name: string,
): readonly PatternEntry<Entry, Value>[] {
  let found: PatternEntry<Entry, Value>[] = [];
  let best = -1;
  let node: PrefixNode<Entry, Value> | undefined = root;
  for (let position = 0; node !== undefined; position += 1) {
    for (const each of node.patterns) {
      const { literalLength } = each.pattern;
      if (literalLength < best) break;
      if (!each.pattern.matches(name)) continue;
      if (literalLength > best) found = [];
      best = literalLength;
      found.push(each);
    }
    node = node.next.get(name.charAt(position));
  }
  return found;
}
