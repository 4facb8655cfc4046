/** The files that `npm run test:mutation` changes: the pure core. A pattern that begins with `!` excludes files. */
export const MUTATED: readonly string[] = [
  "src/json/**/*.ts",
  "!src/json/edit-json.ts",
  "src/mcp/{input-schema,methods,tool-definition}.ts",
  "src/policy/**/*.ts",
  // Sentences for people, which test/docs/policy-page.test.ts holds.
  "!src/policy/reference/*.ts",
];
