/** Word lists for guessing a tool's category: verbs by category, and nouns that change the meaning of a verb. */

import type { Category } from "./category.ts";

const READ = `get list read fetch search find query describe show view lookup look retrieve check inspect count explain
  analyze analyse compare diff validate verify preview summarize summarise whoami peek head tail cat ls tree stat grep glob
  detect calculate convert parse estimate poll geocode screenshot snapshot scrape extract discover identify determine examine
  enumerate recall lint rank recommend suggest translate browse resolve obtain observe think ping traceroute transcribe decode`;

/** Verbs that mean reading at the start of a description, but not in a name: `return_item`, `print_page`. */
const READ_IN_TEXT = `return display print capture access measure monitor review track report`;

const WRITE = `create add update write edit set put post patch insert upsert append save upload modify change rename move
  copy assign unassign tag untag label comment reply send publish share invite register configure enable disable import
  merge fork commit push stage unstage star unstar link unlink attach detach pin unpin mark close reopen submit approve
  reject request schedule reschedule restore apply replace store remember record complete archive unarchive lock unlock
  follow unfollow grant rotate init initialize generate draw make duplicate clone sync synchronize draft bookmark subscribe
  unsubscribe join leave transition provision associate disassociate annotate react vote like dislike promote demote
  allocate release reserve book notify email message tweet broadcast forward format redact compress encrypt sign mutate
  adjust toggle increment decrement customize define respond pull ack acknowledge escalate snooze mute unmute alter migrate backup suspend
  deactivate reactivate taint untaint mint block unblock flag unflag quarantine renew extend reassign refresh revert mkdir mv cp
  chmod chown vacuum review setup seed embed index ingest load transform download finalize
  finalise void dismiss record remediate relate reorder rebase stash checkout cherry amend crop resize render compose design put undo redo`;

const EXECUTE = `execute exec run start stop restart invoke call trigger launch deploy redeploy rollback build test
  evaluate eval install reboot shutdown pause resume click type press hover drag navigate goto fill process simulate perform
  dispatch train rerun retry scale rollout drain cordon uncordon login logout authenticate switch emulate control play activate
  crawl compile script shell command terminal bash ssh spawn fire cancel abort interrupt open scroll swipe tap forward
  handle wake benchmark fuzz debug step continue interact solve delegate orchestrate automate transfer boot connect disconnect
  attack exploit inject queue enqueue wait select diagnose kick export turn
  sh repl curl scan chat prompt assume impersonate hibernate sleep reload failover probe print capture monitor profile trace`;

const DESTRUCTIVE = `delete remove destroy drop purge erase wipe truncate clear uninstall revoke terminate kill reset prune
  discard empty trash flush deregister ban expire rm rmdir del deprovision decommission overwrite nuke evict unregister
  obliterate shred forget abandon cleanup`;

const FINANCIAL = `pay charge refund purchase buy sell trade withdraw deposit payout invoice swap stake unstake donate tip
  bid borrow repay lend bridge liquidate wire remit settle reimburse`;

function words(text: string): string[] {
  return text.split(/\s+/);
}

/** Verbs by category; a verb in two lists has the later, riskier category. */
const VERBS: ReadonlyMap<string, Category> = new Map([
  ...words(READ).map((word) => [word, "read"] as const),
  ...words(WRITE).map((word) => [word, "write"] as const),
  ...words(EXECUTE).map((word) => [word, "execute"] as const),
  ...words(FINANCIAL).map((word) => [word, "financial"] as const),
  ...words(DESTRUCTIVE).map((word) => [word, "destructive"] as const),
]);

/** Verbs by category at the start of a description. */
const TEXT_VERBS: ReadonlyMap<string, Category> = new Map([
  ...VERBS,
  ...words(READ_IN_TEXT).map((word) => [word, "read"] as const),
]);

/** Returns the category of a verb at the start of a description; undefined for an unlisted word. */
export function textVerbCategory(word: string): Category | undefined {
  return TEXT_VERBS.get(word);
}

/** Returns the category of a verb; `unknown` for an unlisted word. */
export function verbCategory(word: string): Category {
  return VERBS.get(word) ?? "unknown";
}

export function isVerb(word: string): boolean {
  return verbCategory(word) !== "unknown";
}

/** Verbs that are also nouns: `git_log`, `build_status`, `label_list`. */
export const NOUN_VERBS: ReadonlySet<string> = new Set(
  words(`log record label order test build report schedule comment form star book message email index post tag process
    release command script design trace draft like transition profile share group request queue train follow vote step
    play seed link pin book fork commit format watch list view document run monitor trade bid invoice charge swap stake
    archive review forward register notify copy cancel launch call store import compose fire render snapshot query search head tail
    tree stat cat check poll block backup export scan chat prompt print capture flag access`),
);

/** Lookup verbs; the words after them name the object: `get_next_run`, `list_delete_events`. */
export const LOOKUP_VERBS: ReadonlySet<string> = new Set(
  words("get list read fetch describe show retrieve count view find lookup check whoami enumerate"),
);

/** Verbs that decide when a name ends in them: `issue_write`, `log_search`. */
export const FINAL_VERBS: ReadonlySet<string> = new Set(
  words(`get list read search find query describe show create update delete write add remove set send run start stop
    trigger execute exec edit upload count cancel restart deploy apply patch insert upsert`),
);

/** Verbs in a description that outweigh a harmless name. */
export const EXPLICIT_VERBS: ReadonlySet<string> = new Set(
  words(`create update delete write add edit modify set insert save send post publish upload remove destroy drop purge erase
    execute run start stop restart invoke trigger launch deploy overwrite move rename pay charge refund transfer buy sell
    install terminate kill revoke assign append import replace register enable disable`),
);

/** Nouns that mean reading in a name without a verb. */
export const READ_NOUNS: ReadonlySet<string> = new Set(
  words(`status log logs history info information version health help overview stats statistics metrics usage schema tree
    details metadata docs documentation weather forecast directions elevation distance matrix time diagnostics events
    messages requests results contents top api-resources members config`),
);

/** Nouns of money; a verb that changes one of them is financial. */
export const MONEY_NOUNS: ReadonlySet<string> = new Set(
  words(`payment payments invoice invoices refund refunds charge charges payout payouts checkout subscription subscriptions
    order orders trade trades funds money loan loans escrow payroll purchase purchases withdrawal deposit bid bids donation
    token tokens eth sol btc usdc crypto crypto-currency transaction transactions`),
);

/** Nouns of money with other meanings, and the verbs with which they mean money. */
export const AMBIGUOUS_MONEY_NOUNS: ReadonlyMap<string, ReadonlySet<string>> = new Map([
  ...["transaction", "transactions"].map(
    (noun) => [noun, new Set(words("send sign submit broadcast"))] as const,
  ),
  ...["token", "tokens", "eth", "sol", "btc", "usdc", "crypto"].map(
    (noun) => [noun, new Set(words("send transfer mint burn swap buy sell approve convert"))] as const,
  ),
]);

/** First words of tools that act on a screen, where writing is acting. */
export const SCREEN_NOUNS: ReadonlySet<string> = new Set(
  words("browser puppeteer playwright page mouse keyboard computer desktop screen selenium ui mobile tab"),
);
