/** Two builds of Tollgate in turns: cost of a call, callers' p99 while scraped, cost of a scrape with every series that may exist. */

import { openLoop } from "../load/open-loop.ts";
import { SMALL_CALL } from "../load/request.ts";
import { fillSeries } from "../rows/fill-series.ts";
import { figuresOfSubject, measureInTurns, withSubjects } from "../rows/in-turns.ts";
import { type Measurement, ratioRow, type Row } from "../rows/row.ts";
import { scrape, scrapeUntilStopped } from "../rows/scrape.ts";
import { cpuMsOf } from "../subjects/process.ts";
import { startTollgate, type Tollgate } from "../subjects/tollgate.ts";
import type { Testbed } from "../testbed.ts";

const PER_SECOND = 500;
const SCRAPES = 3;

interface Older {
  readonly main: string;
  readonly name: string;
}

interface Figures {
  readonly callUs: number;
  readonly quietP99Us: number;
  readonly scrapedP99Us: number;
  readonly scrapeCpuUs: number;
}

export function againstOlder(older: Older): Measurement {
  return {
    name: "against",
    measures: `this tree beside ${older.name}`,
    run: (testbed) =>
      withSubjects(
        testbed,
        [(on) => startTollgate(on), (on) => startTollgate(on, older)],
        async (tollgates: readonly Tollgate[]) => {
          for (const tollgate of tollgates) await warmUp(testbed, tollgate);
          const { rounds } = testbed.effort;
          const measure = (tollgate: Tollgate) => oneTurn(testbed, tollgate);
          return rowsOf(await measureInTurns({ subjects: tollgates, rounds, measure }), older.name);
        },
      ),
  };
}

async function warmUp(testbed: Testbed, tollgate: Tollgate): Promise<void> {
  await fillSeries(tollgate);
  await openLoop(testbed, tollgate, {
    message: SMALL_CALL,
    perSecond: 2_000,
    seconds: testbed.effort.warmUpSeconds,
  });
  await scrape(tollgate);
}

async function oneTurn(testbed: Testbed, tollgate: Tollgate): Promise<Figures> {
  const load = { message: SMALL_CALL, perSecond: PER_SECOND, seconds: testbed.effort.seconds };
  const quiet = await openLoop(testbed, tollgate, load);
  const scraping = scrapeUntilStopped(tollgate);
  const scraped = await openLoop(testbed, tollgate, load);
  await scraping.stop();
  return {
    callUs: quiet.cpuUsPerCall,
    quietP99Us: quiet.p99Us,
    scrapedP99Us: scraped.p99Us,
    scrapeCpuUs: await scrapeCpuUs(tollgate),
  };
}

/** Every tool is called before each scrape, since a series without a new call is cheaper. */
async function scrapeCpuUs(tollgate: Tollgate): Promise<number> {
  let usedMs = 0;
  for (let number = 0; number < SCRAPES; number += 1) {
    await fillSeries(tollgate);
    const beforeMs = cpuMsOf(tollgate.pids());
    await scrape(tollgate);
    usedMs += cpuMsOf(tollgate.pids()) - beforeMs;
  }
  return (usedMs * 1_000) / SCRAPES;
}

function rowsOf(figures: ReadonlyMap<string, readonly Figures[]>, older: string): readonly Row[] {
  const row = (figure: string, name: keyof Figures, atMost: number): Row =>
    ratioRow({
      figure,
      bound: { atMost },
      rounds: [
        ["tollgate", figuresOfSubject(figures, "tollgate", name)],
        [older, figuresOfSubject(figures, older, name)],
      ],
      unit: "us",
    });
  return [
    row(`processor time of a call against ${older}`, "callUs", 1.05),
    row(`callers' p99 at ${PER_SECOND} calls/s against ${older}`, "quietP99Us", 1.1),
    row(`callers' p99 while scraped against ${older}`, "scrapedP99Us", 1.1),
    row(`processor time of a scrape at the cap against ${older}`, "scrapeCpuUs", 1.05),
  ];
}
