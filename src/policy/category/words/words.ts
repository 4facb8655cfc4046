/** Word lists as texts. */

/** The words of a text, which whitespace separates. */
export function words(text: string): string[] {
  return text.split(/\s+/);
}
