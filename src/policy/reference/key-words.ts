/** One explanation for each key of a policy document: editors show it from the JSON Schema, and docs/policy.md has it in its tables. */

const DESCRIPTION = "Free text for people. It changes no decision.";
const MODE =
  "`shadow` counts what would be denied, and lets it pass. The innermost mode applies. Default: that of the entry around it, else `enforce`.";
const REASON = "The text that a denied agent reads. Default: a text that names the rule.";

export const DOCUMENT_KEYS = {
  $schema: "Where an editor finds the JSON Schema of policies. It changes no decision.",
  version: 'The version of the language, "1".',
  default: "What happens to tools that have no entry under `tools`.",
  description: DESCRIPTION,
  hide: "Names and patterns of tools that agents neither see nor call. A call gets the response for a tool that does not exist.",
  all_tools: "Rules and limits for every call that passes the rules of its own tool and category.",
  tools: "One entry for each tool: a name, or a pattern with `*` and `?`. An entry `{}` allows the tool.",
  strict:
    "Whether a condition on a missing argument denies, in place of not holding. Also denies methods that no MCP revision has. Default `false`.",
  mode: "`shadow` lets every call pass and counts what would be denied. Default `enforce`.",
  pin: "What happens when the definition of a tool changes after the reviewed one. Default: nothing is compared.",
  arguments: "What happens to arguments that do not fit the `inputSchema` of their tool. Default `observe`.",
  timezone:
    "The zone of the hours, days, weeks and months of limits, and of conditions on the time, such as `Europe/Berlin`. Default UTC.",
  categories: "One entry for each category of tools. Its rules apply to the listed tools of the category.",
  methods: "One entry for each MCP method but `tools/call`. `*` stands for methods that no MCP revision has.",
};

/** The entries of `tools`, `categories`, `all_tools` and `methods` share these. */
export const ENTRY_KEYS = {
  description: DESCRIPTION,
  action:
    "`allow` goes on to the rules. `deny` denies. `hide` denies, and removes the tool from the list. `approve` asks a person. Default `allow`.",
  reason: REASON,
  hide: "`true` is the same as the action `hide`.",
  require: "Rules that a call must meet: a call is denied when one condition of a rule does not hold.",
  deny_if: "Rules that a call must not meet: a call is denied when all conditions of a rule hold.",
  limits: "How many calls, or how much of an amount, may pass in a time.",
  concurrent: "How many calls of one tool may be in flight at once. Short for a limit of the scope `tool`.",
  cooldown: "How many failures pause a tool for an agent, and for how long.",
  category_by: "The category of each call, by the value of one of its arguments.",
  category: "The category of the tool, in place of the one that Tollgate guesses.",
  inherit: "`false`: the rules of the category do not apply to this tool. Default `true`.",
  pin: "What happens when the definition of the tool changes, or the digests of the reviewed definition.",
  arguments:
    "What happens to arguments that do not fit the `inputSchema` of the tool. Default: as the category says, else the document.",
  mode: MODE,
};

export const RULE_KEYS = {
  name: "A name for people. It is not part of the rule's pointer, which is made of the conditions.",
  description: DESCRIPTION,
  conditions: "The tests of the rule. A rule without conditions always holds.",
  on_deny: REASON,
  effect: "`approve` asks a person in place of denying. Default `deny`.",
  mode: MODE,
  strict: "Whether a missing argument makes the rule deny. Default: as the document says.",
};

export const CONDITION_KEYS = {
  path: "The argument to test, such as `args.amount`, a part of the caller, such as `caller.groups`, or of the time, such as `now.hour`.",
  op: "The operator.",
  value: "The operand of the operator. May be left out with `not_exists`.",
  of: "What is compared: the `value` itself, its `length`, or its `bytes`; of a URL, its `scheme`, `host`, `port` or `path`. Default `value`.",
  items:
    "Whether `every` item that a path with `[*]` finds must pass the test, or `some`. Required with `[*]`.",
  if_present: "`true`: the condition holds when the argument is missing. Default `false`.",
  timezone: "The zone of a condition on the time. Default: that of the document.",
  description: DESCRIPTION,
};

/** A condition on the time of the call. */
export const OFFICE_HOURS_WORDS = {
  hours:
    "The hours of the day, such as `08:00-18:00`; the end is not within. `22:00-06:00` goes over midnight.",
  days: "The days of the week, such as `monday-friday`, or a list of them.",
  timezone: CONDITION_KEYS.timezone,
  description: DESCRIPTION,
};

export const COOLDOWN_KEYS = {
  failures: "How many failed calls begin the pause.",
  seconds: "How long the pause lasts.",
  within: "The seconds in which the failures come. Default: those of the pause.",
  scope: "Which calls share failures and pause. Default `agent+tool`.",
  on_deny: REASON,
  mode: MODE,
  description: DESCRIPTION,
};

export const CATEGORY_BY_KEYS = {
  arg: "The name of the argument, or a path such as `args.job.kind`. Each other key is a value of it, or a pattern.",
};

export const LIMIT_KEYS = {
  name: "A name for people. It is not part of the limit's pointer, which is made of counter and window.",
  description: DESCRIPTION,
  counter: "The name of the counter. The pointer of the limit, metrics and messages have it.",
  window: "The time that the limit counts in: a name, or a number of seconds up to 31,622,400.",
  max: "The most that may be counted in one window.",
  scope: "Which calls share a counter. Default `grant`, which is each agent.",
  increment: "How much one call counts. Default 1.",
  increment_from:
    "The path of a number in the arguments, such as `args.amount`, which is how much the call counts; or what counts of the answer, such as `result.bytes`.",
  of: "What is counted of the argument at `increment_from`: its `value`, `length` or `bytes`. Default `value`.",
  on_deny: REASON,
  algorithm:
    "`aligned` starts a new count at the beginning of each window. `sliding` holds `max` in any stretch of that length. Default `aligned`.",
  shared:
    "`true`: limits of this counter, window and scope in other entries count together with this one. Default `false`.",
  timezone: "The zone of the hours, days, weeks or months of the window. Default: that of the document.",
  on_error: "`refund`: a call that fails counts nothing.",
  mode: MODE,
};

export const IN_FLIGHT_KEYS = {
  name: LIMIT_KEYS.name,
  description: DESCRIPTION,
  concurrent: "How many calls may be in flight at once.",
  counter: "The name of the counter. Default `in_flight`.",
  scope: LIMIT_KEYS.scope,
  on_deny: REASON,
  shared: LIMIT_KEYS.shared,
  mode: MODE,
};

export const PIN_KEYS = {
  on_change: "`deny` denies calls of a changed tool, `warn` only warns. Default `deny`.",
  digest: "The digest of the whole reviewed definition. `tollgate policy init --pin` writes it.",
  name: "The digest of the tool's name.",
  description: "The digest of its description.",
  schema: "The digest of its `inputSchema`.",
  annotations: "The digest of its annotations.",
};
