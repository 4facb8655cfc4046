/** How verbs are used in names and descriptions: as nouns, at the end of a name, and with an object to look up. */

import { words } from "./words.ts";

/** Verbs that are also nouns: `git_log`, `build_status`, `label_list`. */
export const NOUN_VERBS: ReadonlySet<string> = new Set(
  words(`log record label order test build report schedule comment form star book message email index post tag process
    release command script design trace draft like transition profile group request queue train vote step
    play seed link book fork commit format watch list view document run monitor trade bid invoice charge swap stake
    review forward store snapshot query search head tail claim quote match filter hash answer research dump audit
    tree stat cat check poll block backup export scan chat prompt print capture flag access call share modifier
    map place position version cache limit rate price plan theme brand group power signal cycle roll mine sample measure
    forecast survey type leave login hover score chart plot replay`),
);

/** Lookup verbs; the words after them name the object: `get_next_run`, `list_delete_events`. */
export const LOOKUP_VERBS: ReadonlySet<string> = new Set(
  words(`get list read fetch describe show retrieve count view find lookup check whoami enumerate obtener obter
    lister obtenir listar abrufen anzeigen`),
);

/** Verbs that decide when a name ends in them: `issue_write`, `log_search`. */
export const FINAL_VERBS: ReadonlySet<string> = new Set(
  words(`get list read search find query describe show create update delete write add remove set send run start stop
    trigger execute exec edit upload count research cancel restart deploy apply patch insert upsert notify`),
);

/** Verbs in a description that outweigh a harmless name. */
export const EXPLICIT_VERBS: ReadonlySet<string> = new Set(
  words(`create update delete write add edit modify set insert save send post publish upload remove destroy drop purge erase
    execute run start stop restart invoke trigger launch deploy overwrite move rename pay charge refund transfer buy sell
    install terminate kill revoke assign append import replace register enable disable`),
);

/** Verbs of action that often only look: an explicit claim to read, or the server's hint, makes them `read`. */
export const SOFT_VERBS: ReadonlySet<string> = new Set(
  words(`scan monitor profile evaluate simulate diagnose trace benchmark test probe select process crawl print capture
    wait compile switch`),
);
