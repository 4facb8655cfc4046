/** Reads Markdown pages: headings with their anchors, links, and code blocks. */

export interface Section {
  readonly heading: string;
  /** The anchor that GitHub and the site give the heading; empty for text before the first heading. */
  readonly anchor: string;
  readonly level: number;
  /** The text below the heading, without its subsections. */
  readonly text: string;
}

export interface CodeBlock {
  readonly language: string;
  readonly text: string;
  /** The line of its first line of text, from 1. */
  readonly line: number;
}

const FENCE = /^ {0,6}(`{3,}|~{3,})\s*(\S*)/;

interface MarkdownLine {
  readonly text: string;
  readonly number: number;
  /** The language of the block that the line is in; absent outside code blocks. */
  readonly language?: string;
  readonly isFence: boolean;
}

/** Gives each line with the code block that it is in. */
function linesOf(markdown: string): MarkdownLine[] {
  let open: { readonly fence: string; readonly language: string } | undefined;
  return markdown.split("\n").map((text, index) => {
    const number = index + 1;
    const [, fence = "", language = ""] = FENCE.exec(text) ?? [];
    if (open === undefined && fence !== "") {
      open = { fence, language };
      return { text, number, language, isFence: true };
    }
    if (open !== undefined && fence.startsWith(open.fence) && language === "") {
      const line = { text, number, language: open.language, isFence: true };
      open = undefined;
      return line;
    }
    return { text, number, isFence: false, ...(open && { language: open.language }) };
  });
}

/** Gives the code blocks of a page, without their fences and the indentation of the fence. */
export function codeBlocks(markdown: string): CodeBlock[] {
  const blocks: { language: string; lines: string[]; line: number }[] = [];
  let isInside = false;
  for (const { text, number, language, isFence } of linesOf(markdown)) {
    if (isFence && !isInside) blocks.push({ language: language ?? "", lines: [], line: number + 1 });
    else if (!isFence && language !== undefined) blocks.at(-1)?.lines.push(text);
    if (isFence) isInside = !isInside;
  }
  return blocks.map(({ language, lines, line }) => ({ language, text: lines.join("\n"), line }));
}

/** The anchor of a heading, by GitHub's rule: lower case, without punctuation, spaces as hyphens. */
export function slugOf(heading: string): string {
  return heading
    .trim()
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\p{M}\s_-]/gu, "")
    .replaceAll(/\s/g, "-");
}

/** Returns a function that gives each heading of one page its anchor; a repeated one gets a number. */
export function anchorsOfPage(): (heading: string) => string {
  const seen = new Map<string, number>();
  return (heading) => {
    const slug = slugOf(heading);
    const count = seen.get(slug) ?? 0;
    seen.set(slug, count + 1);
    return count === 0 ? slug : `${slug}-${count}`;
  };
}

/** Text without the marks of Markdown: links as their text, code without backticks. */
export function plainText(markdown: string): string {
  return markdown
    .replaceAll(/<!--[\s\S]*?-->/g, " ")
    .replaceAll(/!?\[([^\]]*)\]\([^)]*\)/g, "$1")
    .replaceAll(/[`*|]|\\(?=[|*_])/g, " ")
    .replaceAll(/^(?:\s*[-#>]+\s|[\s:-]+$)/gm, " ")
    .replaceAll(/[ \t]+/g, " ")
    .trim();
}

/** Divides a page at its headings; code blocks belong to the text. */
export function sectionsOf(markdown: string): Section[] {
  const anchorOf = anchorsOfPage();
  const sections: { heading: string; anchor: string; level: number; lines: string[] }[] = [
    { heading: "", anchor: "", level: 0, lines: [] },
  ];
  for (const { text, language, isFence } of linesOf(markdown)) {
    const [, marks, title = ""] = (language === undefined && /^(#{1,6}) (.+?)(?: #+)?$/.exec(text)) || [];
    if (marks !== undefined) {
      const heading = plainText(title);
      sections.push({ heading, anchor: anchorOf(plainHeading(title)), level: marks.length, lines: [] });
    } else if (!isFence) sections.at(-1)?.lines.push(text);
  }
  return sections.map(({ lines, ...rest }) => ({ ...rest, text: plainText(lines.join("\n")) }));
}

/** A heading as it is shown; its anchor is made of this text. */
export function plainHeading(title: string): string {
  return title.replaceAll(/!?\[([^\]]*)\]\([^)]*\)/g, "$1").replaceAll(/[`*]/g, "");
}

export function titleOf(markdown: string): string {
  return sectionsOf(markdown).find(({ level }) => level === 1)?.heading ?? "";
}

/** The targets of links and pictures outside code, as they are written, without those that name a host. */
export function linksOf(markdown: string): string[] {
  const text = linesOf(markdown)
    .filter(({ language, isFence }) => language === undefined && !isFence)
    .map((line) => line.text)
    .join("\n")
    .replaceAll(/`[^`\n]*`/g, "``");
  const links = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = ""]) => target);
  return links.filter((target) => !/^\w+:/.test(target));
}
