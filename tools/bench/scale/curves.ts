/** All curves, in the order of the page. */

import { AGENTS } from "./agents.ts";
import type { Curve } from "./curve.ts";
import { MESSAGES } from "./messages.ts";
import { RULES } from "./rules.ts";
import { SCRAPE } from "./scrape.ts";
import { STREAMS } from "./streams.ts";
import { TOOLS } from "./tools.ts";

export const CURVES: readonly Curve[] = [RULES, AGENTS, STREAMS, MESSAGES, TOOLS, SCRAPE];
