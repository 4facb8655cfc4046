/** The part of Eleventy that the site uses; the package brings no types of it. */

declare module "@11ty/eleventy" {
  export interface EleventyPage {
    readonly inputPath: string;
    readonly outputPath: string;
  }
  export interface EleventyData {
    readonly page: EleventyPage;
    /** From the root of the site; absent for a page of the input folder. */
    readonly address?: string;
  }
  export interface MarkdownToken {
    readonly type: string;
    /** The name of the element. */
    tag: string;
    readonly content: string;
    readonly children: readonly MarkdownToken[] | null;
    attrGet(name: string): string | null;
    attrSet(name: string, value: string): void;
  }
  export interface MarkdownState {
    readonly tokens: readonly MarkdownToken[];
    readonly env: EleventyData;
  }
  export interface MarkdownIt {
    readonly core: { readonly ruler: { push(name: string, rule: (state: MarkdownState) => void): void } };
    readonly renderer: {
      readonly rules: Record<string, (tokens: readonly MarkdownToken[], index: number) => string>;
    };
    readonly utils: { escapeHtml(text: string): string };
  }
  export interface EleventyConfig {
    addGlobalData(name: string, value: unknown): void;
    addTemplate(path: string, content: string, data: object): void;
    amendLibrary(name: "md", change: (markdown: MarkdownIt) => void): void;
    addTransform(
      name: string,
      transform: (this: { readonly page: EleventyPage }, html: string) => string,
    ): void;
    on(event: "eleventy.after", listener: () => Promise<void>): void;
  }
  interface Options {
    readonly quietMode: boolean;
    readonly configPath: string;
    readonly config: (config: EleventyConfig) => void;
  }
  export class Eleventy {
    constructor(input: string, output: string, options: Options);
    init(): Promise<void>;
    write(): Promise<void>;
    watch(): Promise<void>;
    serve(port: number): void;
  }
}
