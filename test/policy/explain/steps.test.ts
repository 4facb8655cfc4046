/** Explanations: every step of a decision in its order, word for word, and the advice for a call that is denied. */

import { expect, it } from "vitest";
import { adviceFor } from "../../../src/policy/explain/advice.ts";
import { explainCall, type Step } from "../../../src/policy/explain/steps.ts";
import type { Category } from "../../../src/policy/category/category.ts";
import { callOf, objectOf, policyOf } from "../policies.ts";

const UNHIDDEN = "hidden passes, enforce: nothing hides it";
const NAMED = "action passes, enforce: /tools/pay speaks of it and forbids nothing outright";
const LISTED = "default passes, enforce: it is listed under `tools`";
const UNKNOWN_SCHEMA =
  "/arguments passes, enforce: only counted: the tool's input schema is not known: send tools/list, then make the same call again";

interface Explained {
  readonly policy: object;
  /** `pay` without it. */
  readonly tool?: string;
  readonly args?: string;
  readonly category?: Category;
  readonly inputSchema?: string;
  readonly isToolChanged?: boolean;
  /** The steps, a condition below its rule. */
  readonly steps: readonly string[];
  /** None for a call that passes. */
  readonly advice?: readonly string[];
}

function linesOf(steps: readonly Step[]): string[] {
  return steps.flatMap(({ step, verdict, mode, why, conditions = [] }) => [
    `${step} ${verdict}, ${mode}: ${why}`,
    ...conditions.map(
      ({ condition, outcome, found }) =>
        `  ${condition}: ${outcome}${found === undefined ? "" : `, found ${found}`}`,
    ),
  ]);
}

it.each<[string, Explained]>([
  [
    "a limit that no call fits into",
    {
      policy: { tools: { pay: { limits: [{ counter: "c", window: "day", max: 0 }] } } },
      steps: [
        UNHIDDEN,
        NAMED,
        LISTED,
        UNKNOWN_SCHEMA,
        "/tools/pay/limits/c-per-day denies, enforce: adds 1 of 0 for each agent, which never fits",
      ],
      advice: ['raise "max" of /tools/pay/limits/c-per-day: one call does not fit into 0'],
    },
  ],
  [
    "a tool that has changed",
    {
      policy: { pin: "deny", tools: { pay: {} } },
      isToolChanged: true,
      steps: [UNHIDDEN, NAMED, LISTED, UNKNOWN_SCHEMA],
    },
  ],
  [
    "a hidden tool",
    {
      policy: { tools: { pay: {} }, hide: ["pay", "p*"] },
      steps: ["hidden denies, enforce: it is hidden, and answered as unknown", NAMED, LISTED, UNKNOWN_SCHEMA],
      advice: ['take "pay" and "p*" out of `hide`'],
    },
  ],
  [
    "a policy that hides everything",
    {
      policy: { tools: { pay: {} }, hide: ["*"] },
      steps: ["hidden denies, enforce: it is hidden, and answered as unknown", NAMED, LISTED, UNKNOWN_SCHEMA],
      advice: ['take "*" out of `hide`, and name there what shall stay hidden'],
    },
  ],
  [
    "a category that is hidden, with an entry of the tool",
    {
      policy: { tools: { pay: {} }, categories: { execute: { action: "hide" } } },
      category: "execute",
      steps: [
        "hidden denies, enforce: it is hidden, and answered as unknown",
        NAMED,
        "/categories/execute/action passes, enforce: hides it, see above",
        LISTED,
        UNKNOWN_SCHEMA,
      ],
      advice: ['say "inherit": false in the entry "pay": its category is hidden'],
    },
  ],
  [
    "a category that is hidden, without an entry",
    {
      policy: { categories: { execute: { action: "hide" } } },
      category: "execute",
      steps: [
        "hidden denies, enforce: it is hidden, and answered as unknown",
        "/categories/execute/action passes, enforce: hides it, see above",
        "default denies, enforce: it is not listed, and the default denies",
        UNKNOWN_SCHEMA,
      ],
      advice: [
        'list the tool under `tools` with "inherit": false: its category is hidden',
        "and then: default denies it too",
      ],
    },
  ],
  [
    "two patterns that are equally specific",
    {
      policy: { default: "allow", tools: { "pa*": {}, "*ay": {} } },
      steps: [
        UNHIDDEN,
        'ambiguous denies, enforce: "*ay" and "pa*" match it and are equally specific, so that none of them decides',
        "action passes, enforce: neither the tool nor its category has an entry",
        "default passes, enforce: it is not listed, and the default allows",
        UNKNOWN_SCHEMA,
      ],
      advice: ['make one of "*ay" and "pa*" more specific, or list "pay" itself'],
    },
  ],
  [
    "a tool that is not listed",
    {
      policy: { tools: { pay: {} } },
      tool: "refund",
      steps: [
        UNHIDDEN,
        "action passes, enforce: neither the tool nor its category has an entry",
        "default denies, enforce: it is not listed, and the default denies",
        UNKNOWN_SCHEMA,
      ],
      advice: ['list the tool: "tools": { "refund": {} } allows it without a check'],
    },
  ],
  [
    "a tool that only looks like another",
    {
      policy: { default: "allow", tools: { pay: {} } },
      tool: "PAY",
      steps: [
        UNHIDDEN,
        "action passes, enforce: neither the tool nor its category has an entry",
        "default passes, enforce: it is not listed, and the default allows",
        "look-alike denies, enforce: the server does not list it, and it looks like a tool that the policy or the server names",
        UNKNOWN_SCHEMA,
      ],
      advice: ["call the tool by the name that the server lists, letter for letter"],
    },
  ],
  [
    "an action with a reason",
    {
      policy: { tools: { pay: { action: "deny", reason: "not on a Friday" } } },
      steps: [UNHIDDEN, "/tools/pay/action denies, enforce: not on a Friday", LISTED, UNKNOWN_SCHEMA],
      advice: ["change the action at /tools/pay/action"],
    },
  ],
  [
    "an action without a reason",
    {
      policy: { tools: { pay: { action: "deny" } } },
      steps: [
        UNHIDDEN,
        "/tools/pay/action denies, enforce: the entry denies every call",
        LISTED,
        UNKNOWN_SCHEMA,
      ],
      advice: ["change the action at /tools/pay/action"],
    },
  ],
  [
    "a category that is denied, without an entry",
    {
      policy: { default: "allow", categories: { execute: { action: "deny" } } },
      category: "execute",
      steps: [
        UNHIDDEN,
        "/categories/execute/action denies, enforce: the entry denies every call",
        "default passes, enforce: it is not listed, and the default allows",
        UNKNOWN_SCHEMA,
      ],
      advice: [
        'change the action at /categories/execute/action, or say "inherit": false in an entry of the tool',
      ],
    },
  ],
  [
    "a category that is denied, with an entry",
    {
      policy: { tools: { pay: {} }, categories: { execute: { action: "deny" } } },
      category: "execute",
      steps: [
        UNHIDDEN,
        NAMED,
        "/categories/execute/action denies, enforce: the entry denies every call",
        LISTED,
        UNKNOWN_SCHEMA,
      ],
      advice: ['change the action at /categories/execute/action, or say "inherit": false in the entry "pay"'],
    },
  ],
  [
    "a category that forbids nothing",
    {
      policy: { tools: { pay: {} }, categories: { execute: {} } },
      category: "execute",
      steps: [
        UNHIDDEN,
        NAMED,
        "action passes, enforce: /categories/execute speaks of its category and forbids nothing outright",
        LISTED,
        UNKNOWN_SCHEMA,
      ],
    },
  ],
  [
    "an action that asks",
    {
      policy: { tools: { pay: { action: "approve" } } },
      steps: [
        UNHIDDEN,
        "/tools/pay/action asks, enforce: a person must approve each call",
        LISTED,
        UNKNOWN_SCHEMA,
      ],
      advice: [
        "have a person approve this very call, arguments and all",
        "or change the rule /tools/pay/action",
      ],
    },
  ],
  [
    "conditions that are required",
    {
      policy: {
        tools: {
          pay: {
            require: [
              {
                conditions: [
                  { path: "args.a", op: "eq", value: 1 },
                  { path: "args.b", op: "eq", value: 2 },
                  { path: "args.c", op: "eq", value: 3 },
                ],
              },
            ],
          },
        },
      },
      args: '{"a":1,"b":5}',
      steps: [
        UNHIDDEN,
        NAMED,
        LISTED,
        UNKNOWN_SCHEMA,
        "/tools/pay/require/args.a-eq+args.b-eq+args.c-eq denies, enforce: something that it requires does not hold",
        "  args.a eq 1: holds, found 1",
        "  args.b eq 2: does not hold, found 5",
        "  args.c eq 3: missing",
      ],
      advice: [
        "make the call meet: `args.b eq 2`, `args.c eq 3`",
        "or change the rule /tools/pay/require/args.a-eq+args.b-eq+args.c-eq",
      ],
    },
  ],
  [
    "conditions that deny",
    {
      policy: {
        tools: {
          pay: {
            deny_if: [
              {
                conditions: [
                  { path: "args.a", op: "eq", value: 1 },
                  { path: "args.b", op: "eq", value: 2 },
                ],
              },
            ],
          },
        },
      },
      args: '{"a":1,"b":2}',
      steps: [
        UNHIDDEN,
        NAMED,
        LISTED,
        UNKNOWN_SCHEMA,
        "/tools/pay/deny_if/args.a-eq+args.b-eq denies, enforce: everything that it denies holds",
        "  args.a eq 1: holds, found 1",
        "  args.b eq 2: holds, found 2",
      ],
      advice: [
        "make the call not meet one of `args.a eq 1`, `args.b eq 2`",
        "or change the rule /tools/pay/deny_if/args.a-eq+args.b-eq",
      ],
    },
  ],
  [
    "one condition that denies",
    {
      policy: { tools: { pay: { deny_if: [{ conditions: [{ path: "args.a", op: "eq", value: 1 }] }] } } },
      args: '{"a":1}',
      steps: [
        UNHIDDEN,
        NAMED,
        LISTED,
        UNKNOWN_SCHEMA,
        "/tools/pay/deny_if/args.a-eq denies, enforce: everything that it denies holds",
        "  args.a eq 1: holds, found 1",
      ],
      advice: ["make the call not meet `args.a eq 1`", "or change the rule /tools/pay/deny_if/args.a-eq"],
    },
  ],
  [
    "conditions that cannot be evaluated",
    {
      policy: {
        strict: true,
        tools: {
          pay: {
            deny_if: [
              {
                conditions: [
                  { path: "args.a", op: "eq", value: 1 },
                  { path: "args.b", op: "eq", value: 2 },
                  { path: "args.c", op: "eq", value: 3 },
                  { path: "args.d.e", op: "eq", value: 3 },
                ],
              },
            ],
          },
        },
      },
      args: '{"a":1,"b":"2","d":4}',
      steps: [
        UNHIDDEN,
        NAMED,
        LISTED,
        UNKNOWN_SCHEMA,
        "/tools/pay/deny_if/args.a-eq+args.b-eq+args.c-eq+1-more denies, enforce: a condition cannot be evaluated, which denies",
        "  args.a eq 1: holds, found 1",
        '  args.b eq 2: cannot be evaluated, found "2"',
        "  args.c eq 3: missing",
        "  args.d.e eq 3: cannot be evaluated",
      ],
      advice: [
        "give an argument of the type that can be tested: `args.b eq 2`, `args.c eq 3`, `args.d.e eq 3`",
        "or change the rule /tools/pay/deny_if/args.a-eq+args.b-eq+args.c-eq+1-more",
      ],
    },
  ],
  [
    "a name that could be taken for another",
    {
      policy: { tools: { pay: { deny_if: [{ conditions: [{ path: "args.a", op: "eq", value: 1 }] }] } } },
      args: '{"A":1}',
      steps: [
        UNHIDDEN,
        NAMED,
        LISTED,
        UNKNOWN_SCHEMA,
        "/tools/pay/deny_if/args.a-eq denies, enforce: a condition cannot be evaluated, which denies",
        "  args.a eq 1: cannot be evaluated",
      ],
      advice: [
        "give an argument of the type that can be tested: `args.a eq 1`",
        "or change the rule /tools/pay/deny_if/args.a-eq",
      ],
    },
  ],
  [
    "an amount that is missing",
    {
      policy: {
        tools: { pay: { limits: [{ counter: "c", window: "day", max: 9, increment_from: "args.n" }] } },
      },
      steps: [
        UNHIDDEN,
        NAMED,
        LISTED,
        UNKNOWN_SCHEMA,
        "/tools/pay/limits/c-per-day denies, enforce: the amount is missing",
      ],
      advice: ["give the amount as a number of 0 or more", "or change the rule /tools/pay/limits/c-per-day"],
    },
  ],
  [
    "an amount that never fits",
    {
      policy: {
        tools: {
          pay: {
            limits: [{ counter: "c", window: "day", max: 9, increment_from: "args.n", scope: "server" }],
          },
        },
      },
      args: '{"n":10}',
      steps: [
        UNHIDDEN,
        NAMED,
        LISTED,
        UNKNOWN_SCHEMA,
        "/tools/pay/limits/c-per-day denies, enforce: adds 10 of 9 for all agents together, which never fits",
      ],
      advice: ['raise "max" of /tools/pay/limits/c-per-day: one call does not fit into 9'],
    },
  ],
  [
    "limits of every kind",
    {
      policy: {
        tools: {
          pay: {
            concurrent: 2,
            cooldown: { failures: 3, seconds: 60 },
            limits: [
              { counter: "a", window: "day", max: 9, scope: "arguments" },
              { counter: "b", window: "hour", max: 5, scope: "server", increment_from: "result.bytes" },
            ],
          },
        },
      },
      steps: [
        UNHIDDEN,
        NAMED,
        LISTED,
        UNKNOWN_SCHEMA,
        "/tools/pay/limits/in_flight passes, enforce: is one call in flight of 2 for each tool",
        "/tools/pay/limits/cooldown passes, enforce: 3 failures begin a pause for each agent and tool",
        "/tools/pay/limits/a-per-day passes, enforce: adds 1 of 9 for the same arguments of an agent",
        "/tools/pay/limits/b-per-hour passes, enforce: counts the bytes of the answer for all agents together, when the call has ended: at 5 the next one is denied",
      ],
    },
  ],
  [
    "arguments that fit",
    {
      policy: { arguments: "validate", tools: { pay: {} } },
      args: '{"n":1}',
      inputSchema: '{"required":["n"]}',
      steps: [UNHIDDEN, NAMED, LISTED, "/arguments passes, enforce: they fit the tool's input schema"],
    },
  ],
  [
    "arguments that do not fit",
    {
      policy: { arguments: "validate", tools: { pay: {} } },
      inputSchema: '{"required":["n"]}',
      steps: [UNHIDDEN, NAMED, LISTED, "/arguments denies, enforce: args.n is required"],
      advice: [
        "correct the arguments: args.n is required",
        'or set "arguments": "observe" in place of /arguments',
      ],
    },
  ],
  [
    "arguments that do not fit, and are only counted",
    {
      policy: { arguments: "observe", tools: { pay: {} } },
      inputSchema: '{"required":["n"]}',
      steps: [UNHIDDEN, NAMED, LISTED, "/arguments passes, enforce: only counted: args.n is required"],
    },
  ],
  [
    "arguments that are not checked",
    {
      policy: { arguments: "off", tools: { pay: {} } },
      inputSchema: '{"required":["n"]}',
      steps: [UNHIDDEN, NAMED, LISTED],
    },
  ],
  [
    "denials in shadow mode beside one that is enforced",
    {
      policy: {
        tools: {
          pay: {
            action: "deny",
            deny_if: [
              { conditions: [{ path: "args.a", op: "eq", value: 1 }], mode: "shadow" },
              { conditions: [{ path: "args.a", op: "gte", value: 1 }] },
            ],
          },
        },
      },
      args: '{"a":1}',
      steps: [
        UNHIDDEN,
        "/tools/pay/action denies, enforce: the entry denies every call",
        LISTED,
        UNKNOWN_SCHEMA,
        "/tools/pay/deny_if/args.a-eq denies, shadow: everything that it denies holds",
        "  args.a eq 1: holds, found 1",
        "/tools/pay/deny_if/args.a-gte denies, enforce: everything that it denies holds",
        "  args.a gte 1: holds, found 1",
      ],
      advice: [
        "change the action at /tools/pay/action",
        "and then: /tools/pay/deny_if/args.a-gte denies it too",
      ],
    },
  ],
  [
    "a category by an argument that is missing",
    {
      policy: { tools: { pay: { category_by: { arg: "action", "get*": "read", "*": "write" } } } },
      steps: [
        UNHIDDEN,
        NAMED,
        LISTED,
        UNKNOWN_SCHEMA,
        "/tools/pay/category_by denies, enforce: which category it is cannot be evaluated: args.action is missing",
      ],
      advice: [
        "give the argument that says the category, as a text in the spelling of the policy",
        "or change the rule /tools/pay/category_by",
      ],
    },
  ],
  [
    "a rule without conditions",
    {
      policy: { tools: { pay: { deny_if: [{ conditions: [] }] } } },
      steps: [
        UNHIDDEN,
        NAMED,
        LISTED,
        UNKNOWN_SCHEMA,
        "/tools/pay/deny_if/always denies, enforce: everything that it denies holds",
      ],
      advice: ["or change the rule /tools/pay/deny_if/always"],
    },
  ],
])(
  "explains %s",
  (
    _name,
    { policy, tool = "pay", args = "{}", category, inputSchema, isToolChanged = false, steps, advice = [] },
  ) => {
    const compiled = policyOf({ version: "1", default: "deny", ...policy });
    const call = {
      ...callOf(tool, category && { category }),
      isToolChanged,
      args: objectOf(args),
      ...(inputSchema !== undefined && { inputSchema: objectOf(inputSchema) }),
    };
    const explanation = explainCall(compiled, call);
    expect(linesOf(explanation.steps)).toEqual(steps);
    expect(adviceFor(compiled, call, explanation)).toEqual(advice);
  },
);
