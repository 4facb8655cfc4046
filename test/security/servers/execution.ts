/** The executions of an upstream: the tools that ran, with the arguments they ran with. */

import { z } from "zod";

export interface Execution {
  readonly tool: string;
  readonly args: Readonly<Record<string, unknown>>;
}

/** The tools of every upstream. `safe` may run; the others only as the policy lets them. */
export const TOOLS = ["safe", "danger", "pay", "write", "order", "typed"] as const;

/** The one policy that all vectors are aimed at. */
export const GUARD = {
  version: "1",
  default: "allow",
  hide: [],
  tools: {
    danger: { action: "deny" },
    pay: { deny_if: [{ conditions: [{ path: "args.amount", op: "gt", value: 100 }] }] },
    write: { require: [{ conditions: [{ path: "args.path", op: "eq", value: "/ok" }] }] },
    order: { deny_if: [{ conditions: [{ path: "args.opts.amount", op: "gt", value: 100 }] }] },
    typed: {
      deny_if: [
        { conditions: [{ path: "args.force", op: "eq", value: true }] },
        { conditions: [{ path: "args.uid", op: "eq", value: 0 }] },
        { conditions: [{ path: "args.nums", op: "contains", value: 7 }] },
        { conditions: [{ path: "args.detail.amount", op: "gt", value: 100 }] },
        { conditions: [{ path: "args.mode", op: "eq", value: "live" }] },
      ],
    },
  },
};

/** Whether the policy forbids the execution, judged only by the arguments that the server ran with. */
export function isForbidden({ tool, args }: Execution): boolean {
  switch (tool) {
    case "danger":
      return true;
    case "pay":
      return Number(args["amount"] ?? 0) > 100;
    case "write":
      return args["path"] !== "/ok";
    case "order":
      // Arguments without an object `opts` order nothing.
      return Number(Order.safeParse(args).data?.opts?.amount ?? 0) > 100;
    case "typed":
      return isForbiddenTyped(args);
    default:
      return false;
  }
}

/** Judges the values that the server made of the arguments of `typed`. */
function isForbiddenTyped(args: Execution["args"]): boolean {
  const { force, uid, nums, detail, mode } = Typed.parse(args);
  return force || uid === 0 || nums.includes(7) || detail.amount > 100 || mode === "live";
}

const Typed = z.object({
  force: z.boolean(),
  uid: z.number(),
  // Jackson keeps null in a list.
  nums: z.array(z.number().nullable()),
  detail: z.object({ amount: z.number() }),
  mode: z.string(),
});

const Order = z.looseObject({ opts: z.looseObject({ amount: z.unknown() }).nullish() });
const Line = z.object({ tool: z.string(), args: z.record(z.string(), z.unknown()) });

/** One line of the record that a server in another process keeps. */
export function parseExecution(line: string): Execution {
  return Line.parse(JSON.parse(line));
}
