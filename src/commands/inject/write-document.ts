/** Writes a changed document in the style of its source: indentation, and the spaces within brackets. */

import { type Document, isCollection, visit } from "yaml";

/** `source` is the text that the document was read from. */
export function writeDocument({
  document,
  source,
}: {
  readonly document: Document;
  readonly source: string;
}): string {
  const indent = /^[\w"'-]+:[^\n]*\n( +)\S/m.exec(source)?.[1]?.length ?? 2;
  const indentSeq = !/^( *)[\w"'-]+:[ \t]*\n\1- /m.test(source);
  const written = document.toString({ lineWidth: 0, indent, indentSeq });
  return tightCollections(document, source).reduce(
    (text, { padded, tight }) => text.replaceAll(padded, () => tight),
    written,
  );
}

/** Flow collections that the source writes without spaces within their brackets, the inner ones first; the library always pads. */
function tightCollections(document: Document, source: string) {
  const found: { readonly padded: string; readonly tight: string }[] = [];
  visit(document, {
    Collection: (_key, node) => {
      const [start, end] = (isCollection(node) && node.flow === true && node.range) || [0, 0];
      const tight = source.slice(start, end);
      if (!/^(?:\[[^\s\]].*\]|\{[^\s}].*\})$/.test(tight)) return;
      const padded = `${tight.slice(0, 1)} ${tight.slice(1, -1)} ${tight.slice(-1)}`;
      // A text that has the padded form already is no collection of ours to change.
      if (!source.includes(padded)) found.push({ padded, tight });
    },
  });
  return found.toReversed();
}
