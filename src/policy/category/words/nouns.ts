/** Nouns that say what a tool without a verb does, or change the meaning of a verb. */

import { words } from "./words.ts";

/** Nouns that mean reading in a name without a verb. */
export const READ_NOUNS: ReadonlySet<string> = new Set(
  words(`status log logs history info information version health help overview stats statistics metrics usage schema tree
    details metadata docs documentation weather forecast directions elevation distance matrix time diagnostics events
    messages requests results contents top api-resources members config
    performance explorer summary insights insight analytics analysis coverage comparison finder viewer inspector reader
    catalog catalogue directory preview timeline leaderboard benchmark benchmarks trends trend quote quotes news sentiment
    reference glossary faq changelog manifest inventory pricing advisor recommendations anomalies costs balance balances
    graph topology ancestors descendants children neighbors neighbours callers callees xrefs references dependencies
    definition definitions symbols hierarchy blame diff diffs availability capabilities permissions quota quotas limits
    uptime latency throughput findings vulnerabilities cves lineage profile suggestions candidates matches hits rankings
    search lookup query profile profiles record records exists transcript statement outline reading readings healthcheck heatmap ttl mapping mappings guide guidance instructions`),
);

/** Last words that name a tool of administration. */
export const ADMINISTRATION_NOUNS: ReadonlySet<string> = new Set(
  words("manager management administration editor writer creator builder generator"),
);

/** Programs that act by themselves: a tool of this name hands them a task. */
export const ACTING_NOUNS: ReadonlySet<string> = new Set(words("agent assistant copilot chatbot"));

/** Nouns of money; a verb that changes one of them is financial. */
export const MONEY_NOUNS: ReadonlySet<string> = new Set(
  words(`payment payments invoice invoices refund refunds charge charges payout payouts checkout subscription subscriptions
    order orders trade trades funds money loan loans escrow payroll purchase purchases withdrawal withdrawals deposit
    deposits bid bids donation donations settlement settlements mandate mandates disbursement disbursements transfer transfers
    installment installments
    token tokens eth sol btc usdc crypto crypto-currency transaction transactions`),
);

/** Nouns of money with other meanings, and the verbs with which they mean money. */
export const AMBIGUOUS_MONEY_NOUNS: ReadonlyMap<string, ReadonlySet<string>> = new Map([
  ...["transaction", "transactions"].map(
    (noun) => [noun, new Set(words("send sign submit broadcast"))] as const,
  ),
  ...["transfer", "transfers"].map(
    (noun) => [noun, new Set(words("create initiate reverse submit approve cancel make schedule"))] as const,
  ),
  ...["token", "tokens", "eth", "sol", "btc", "usdc", "crypto"].map(
    (noun) => [noun, new Set(words("send transfer mint burn swap buy sell approve convert"))] as const,
  ),
]);

/** Nouns of money that an update charges for, or trades. */
export const RECURRING_NOUNS: ReadonlySet<string> = new Set(
  words("subscription subscriptions trade trades bid bids"),
);

/** Verbs that change what is written about money, and move none: the notes of an order, the reminder of an invoice. */
export const CLERICAL_VERBS: ReadonlySet<string> = new Set(
  words(`notify email remind resend share tag untag label comment annotate note rename archive unarchive export download
    import print mark flag format link unlink attach detach assign star describe review subscribe unsubscribe sync message
    index bookmark upload`),
);

/** Last words of a message about money: sending one moves none. */
export const MONEY_MESSAGES: ReadonlySet<string> = new Set(
  words(
    "reminder reminders link links receipt receipts notification notifications email emails message messages otp",
  ),
);

/** Nouns to which one subscribes without paying. */
export const FREE_SUBSCRIPTIONS: ReadonlySet<string> = new Set(
  words(
    "topic topics event events webhook webhooks notification notifications sns pubsub push feed alert alerts graphql",
  ),
);

/** Nouns in a description that tell that only words about money change: `update the notes for an order`. */
export const CLERICAL_OBJECT =
  /\b(?:notes?|metadata|tags?|labels?|descriptions?|comments?|memos?|reminders?|notifications?|receipts? (?:email|number)|custom fields?)\b/i;

/** First words of tools that act on a screen, where writing is acting. */
export const SCREEN_NOUNS: ReadonlySet<string> = new Set(
  words("browser puppeteer playwright page mouse keyboard computer desktop screen selenium ui mobile tab"),
);

/** Nouns with which `resolve` means to look up, and not to settle. */
export const LOOKUP_NOUNS: ReadonlySet<string> = new Set(
  words(
    "library id name names dns url uri path reference address user symbol package host domain handle link",
  ),
);

/** Nouns of which one is in use: switching to another changes what later calls mean. */
export const CONTEXT_NOUNS: ReadonlySet<string> = new Set(
  words(`library site project workspace account context profile organization org database tenant branch environment
    team cluster namespace region model`),
);

/** Last words that make a noun of a verb before them: \`build_status\`, \`test_results\`. */
export const STATE_NOUNS: ReadonlySet<string> = new Set(
  words(`status history stats statistics info information details metadata mapping mappings results summary overview schema
    docs documentation logs metrics help capabilities groups number hierarchy definition definitions pdf book posts profile`),
);

/** Nouns that are typed or pressed: sending them to a machine is acting. */
export const INPUT_NOUNS: ReadonlySet<string> = new Set(
  words("key keys keystroke keystrokes keypress keypresses keyevent input signal command commands"),
);
