/** The options that Eleventy reads from a file alone: pages are plain Markdown, without a template language. */

export const config = {
  templateFormats: ["md", "html"],
  markdownTemplateEngine: false,
  htmlTemplateEngine: false,
};
