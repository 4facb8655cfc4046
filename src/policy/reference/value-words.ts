/** One explanation for each word of the closed sets of the policy language, for the JSON Schema and docs/policy.md. */

export const OPERATOR_WORDS = {
  eq: "the argument equals the operand",
  neq: "the argument does not equal the operand",
  in: "the argument equals one item of the list",
  not_in: "the argument equals no item of the list",
  lt: "the number is less than the operand",
  lte: "the number is at most the operand",
  gt: "the number is greater than the operand",
  gte: "the number is at least the operand",
  regex: "a part of the text matches the regular expression (RE2 syntax; `^` and `$` bind it to the ends)",
  contains: "the text has this part, or the list has this item",
  exists: "the argument is given (with `false`: is not given)",
  starts_with: "the text begins with the operand",
  ends_with: "the text ends with the operand",
  not_exists: "the argument is missing or null",
  path_within: "the file path stays in the folder, or in one of the folders",
  host_in: "the URL has this host, or one of these hosts",
  cidr: "the IP address is in the range, or in one of the ranges",
  matches: "the whole text matches the pattern, or one of the patterns (`*` any text, `?` one character)",
  before: "the time is earlier than the operand",
  after: "the time is later than the operand",
};

export const SCOPE_WORDS = {
  grant: "each agent (PolicyLayer's word)",
  agent: "each agent",
  user: "each user, whatever agent acts for them",
  "agent+user": "each user of each agent",
  session: "each MCP session",
  server: "all calls together",
  tool: "each tool",
  "agent+tool": "each tool of each agent",
  arguments: "equal calls: the same agent, tool and arguments",
};

export const WINDOW_WORDS = {
  second: "a second",
  minute: "a minute",
  hour: "an hour",
  day: "a day, from midnight UTC",
  week: "a week, from Monday, midnight UTC",
  month: "a calendar month, from the first day, midnight UTC",
  concurrent: 'no time: calls that are in flight. Written `{ "concurrent": N }`',
};

export const MEASURE_WORDS = {
  value: "the argument itself",
  length: "characters of a text, items of a list, or members of an object",
  bytes: "bytes in UTF-8: of a text, or of the shortest JSON of anything else",
};

export const CONDITION_MEASURE_WORDS = {
  ...MEASURE_WORDS,
  scheme: "the scheme of a URL, in lower case",
  host: "the host of a URL, in lower case and punycode",
  port: "the port of a URL, or that of its scheme",
  path: "the decoded path of a URL",
};

export const ARGUMENT_CHECK_WORDS = {
  validate: "denies arguments that do not fit, with the reason `arguments_invalid`",
  observe: "lets them pass, and counts them",
  off: "does not check them",
};
