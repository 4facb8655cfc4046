/** English verbs by the category that they give to a tool. */

import type { Category } from "../category.ts";
import { FOREIGN_VERBS } from "./foreign-verbs.ts";
import { words } from "./words.ts";

const READ = `get list read fetch search find query describe show view lookup look retrieve check inspect count explain
  analyze analyse compare diff validate verify preview summarize summarise whoami peek head tail cat ls tree stat grep glob
  detect calculate convert parse estimate poll geocode screenshot scrape extract discover identify determine examine
  enumerate recall lint rank recommend suggest translate browse resolve obtain observe think ping traceroute transcribe decode
  enrich autocomplete match filter classify categorize categorise assess audit decompile disassemble demangle predict
  aggregate sum tally locate pinpoint correlate decrypt hash answer research investigate interpret dump dig nslookup cite ps
  hget hgetall hmget mget lrange llen zrange zscore zcard smembers scard xrange strlen disambiguate visualize visualise introspect discern consult crosscheck dereference explore quantify`;

/** Verbs that mean reading at the start of a description, but not in a name: `return_item`, `print_page`. */
const READ_IN_TEXT = `return display print capture access measure monitor review track report present give surface gather
  collect compute see tell provide learn reveal expose traverse walk reconstruct`;

const WRITE = `create add update write edit set put post patch insert upsert append save upload modify change rename move
  copy assign unassign tag untag label comment reply send publish share invite register configure enable disable import
  merge fork commit push stage unstage star unstar link unlink attach detach pin unpin mark close reopen submit approve
  reject request schedule reschedule restore apply replace store remember record complete archive unarchive lock unlock
  follow unfollow grant rotate init initialize generate draw make duplicate clone sync synchronize draft bookmark subscribe
  unsubscribe join leave transition provision associate disassociate annotate react vote like dislike promote demote
  allocate release reserve book notify email message tweet broadcast forward format redact compress encrypt sign mutate
  adjust toggle increment decrement customize define respond pull ack acknowledge escalate snooze mute unmute alter migrate
  backup suspend deactivate reactivate taint untaint mint block unblock flag unflag quarantine renew extend reassign refresh
  revert mkdir mv cp chmod chown vacuum review setup seed embed index ingest load transform download finalize finalise void
  dismiss remediate relate reorder rebase stash checkout cherry amend crop resize render compose design put undo redo
  manage administer maintain unpublish resend remind declare protect unprotect hide unhide unset relabel initialise customise
  synchronise organize organise optimize optimise normalize normalise reindex sort arrange ungroup split combine concatenate
  concat trim underline align flip watermark renumber indent outdent enroll enrol onboard offboard announce propose
  contribute raise increase decrease boost throttle tune accept decline deny authorize authorise permit forbid whitelist
  blacklist touch ln symlink zip unzip persist memorize memorise prefetch populate backfill remap bind unbind mount unmount
  reroute redirect claim unclaim adopt upgrade downgrade override enforce encode transcode stitch regenerate reprocess refactor
  rewrite rephrase reformat prettify fix repair heal scaffold bootstrap instantiate craft upvote downvote favorite favourite
  unfavorite endorse quote retweet repost reblog restrict postpone defer prioritize prioritise triage collapse substitute
  anonymize anonymise mask sanitize sanitise relocate reposition redistribute dispute nominate admit undelete recover
  reinstate pair unpair silence unsilence suppress unsuppress isolate contain lift dedupe deduplicate unban unsuspend pop incr decr incrby decrby hset hmset mset setex setnx zadd sadd lpush rpush xadd
  lset linsert personalize personalise enlist invalidate supply`;

const EXECUTE = `execute exec run start stop restart invoke call trigger launch deploy redeploy rollback build test
  evaluate eval install reboot shutdown pause resume click type press hover drag navigate goto fill process simulate perform
  dispatch train rerun retry scale rollout drain cordon uncordon login logout authenticate switch emulate control play activate
  crawl compile script shell command terminal bash ssh spawn fire cancel abort interrupt open scroll swipe tap forward
  handle wake benchmark fuzz debug step continue interact solve delegate orchestrate automate transfer boot connect disconnect
  attack exploit inject queue enqueue wait select diagnose kick export turn
  sh repl curl scan chat prompt shut skip seek nmap sqlmap interpreter speak assume impersonate hibernate sleep reload failover probe print capture monitor profile trace
  recompile rebuild relaunch reinstall reconnect reexecute initiate halt unpause kickoff poweroff poweron bounce dial
  hangup actuate steer powershell pwsh zsh sudo infer finetune backtest replay hijack keypress dblclick doubleclick
  mouseover failback evacuate operate undeploy preempt`;

const DESTRUCTIVE = `delete remove destroy drop purge erase wipe truncate clear uninstall revoke terminate kill reset prune
  discard empty trash flush deregister ban expire rm rmdir del deprovision decommission overwrite nuke evict unregister
  obliterate shred forget abandon cleanup clean undefine delist unprovision dissolve disband expunge cull zap eradicate
  deallocate hdel srem zrem lrem lpop rpop spop xdel xtrim ltrim flushall flushdb retire sunset eliminate dispose teardown dismantle demolish nullify unload`;

const FINANCIAL = `pay charge refund purchase buy sell trade withdraw deposit payout invoice swap stake unstake donate tip
  bid borrow repay lend bridge liquidate wire remit settle reimburse prepay topup disburse hedge escrow airdrop chargeback`;

/** Words that are verbs only as the first of several words: `snapshot_droplet`, but not `get_droplet_snapshot`. */
const INITIAL_VERBS: ReadonlyMap<string, Category> = new Map([
  ...words(
    "new snapshot forward map place position version cache limit rate price plan log group theme brand convene checkpoint",
  ).map((word) => [word, "write"] as const),
  ...words("power signal cycle stress roll mine").map((word) => [word, "execute"] as const),
  ...words("bill debit credit invest").map((word) => [word, "financial"] as const),
  ...words("sample measure forecast survey score chart plot compute").map((word) => [word, "read"] as const),
]);

/** Verbs by category; a verb in two lists has the later, riskier category. */
const VERBS: ReadonlyMap<string, Category> = new Map([
  ...FOREIGN_VERBS,
  ...words(READ).map((word) => [word, "read"] as const),
  ...words(WRITE).map((word) => [word, "write"] as const),
  ...words(EXECUTE).map((word) => [word, "execute"] as const),
  ...words(FINANCIAL).map((word) => [word, "financial"] as const),
  ...words(DESTRUCTIVE).map((word) => [word, "destructive"] as const),
]);

/** Verbs by category at the start of a description. */
const TEXT_VERBS: ReadonlyMap<string, Category> = new Map([
  ...INITIAL_VERBS,
  ...VERBS,
  ...words(READ_IN_TEXT).map((word) => [word, "read"] as const),
]);

/** Returns the category of a verb at the start of a description; undefined for an unlisted word. */
export function textVerbCategory(word: string): Category | undefined {
  return TEXT_VERBS.get(word) ?? derivedCategory(word);
}

/** Returns the category of a verb that begins a name of several words; undefined for an unlisted word. */
export function initialVerbCategory(word: string): Category | undefined {
  return INITIAL_VERBS.get(word) ?? verbCategory(word);
}

/** Returns the category of a verb; undefined for an unlisted word. */
export function verbCategory(word: string): Category | undefined {
  return VERBS.get(word) ?? derivedCategory(word);
}

const PREFIX = /^(?:re|auto|pre|bulk|batch|multi|arr|un|dis|de)(?=[a-z]{3})/;
const UNDOING = /^(?:un|dis|de)/;
/** Words that begin like a prefixed verb, and are none. */
const NOT_DERIVED: ReadonlySet<string> = new Set(words("return display depress"));

/** The category of a verb behind a prefix: `republish` as `publish`. A verb that undoes another one writes. */
function derivedCategory(word: string): Category | undefined {
  if (NOT_DERIVED.has(word) || !PREFIX.test(word)) return undefined;
  const category = VERBS.get(word.replace(PREFIX, ""));
  if (category === undefined || category === "read") return undefined;
  return UNDOING.test(word) ? "write" : category;
}
