/** Nouns and adjectives that name what a tool returns; a name made of nothing else reads. */

import { words } from "./words.ts";

const NOUNS: ReadonlySet<string> = new Set(
  words(`account activity actor air crypto followers following address adjustment advisory age agenda agent airport album alert algorithm allocation amount
    analyst angle animal answer api app appliance application appointment area argument article artifact artist asset
    attachment attendee attribute auction author availability average award backlog badge balance bank banner base basket bed
    bibliography billing block board body bond book bookmark border branch breakdown breed brief browser bucket budget bug
    building burndown busy button byte calendar calculator camera campaign candle capacity caption card care cart case cash
    catalog category cell center certificate chain channel chapter character chart city class client clinic clip cloud club
    cluster code collection collector color column command company competitor compliance component condition conference
    connection contact container content context contract conversation conversion coordinate core cost country county coupon
    course credential criteria currency customer cve cycle dashboard data database dataset date day dbg debug deal default
    definition delivery department detail device diagram dialog difference dimension disease disk dividend dns doc doctor
    document domain driver drug earning ecosystem edge education election element email emission employee employer endpoint
    energy engine enterprise entity entry environment episode equation equity error estimate evaluation exam exception
    exchange expense expert explanation expression extension fact factor family fare feature fee feed field figure file
    finance flag fleet flight floor flow folder food footage form formula frame framework free frequency friend func function
    fund funding game gas gateway gene genre geo goal grade grant grid group guest guideline handle hardware hash hashtag
    headcount header headline hint history holding holiday home host hotel hour house id image impact inbox incident income
    index indicator industry ingredient instance institution instrument insurance integration interaction interest interface
    interval ip isin issue item job journal key keyword kind knowledge lab label lag language layer layout lead leader league
    lesson level library license line lineup listing loan local locale location login loss lyric machine mailbox maintainer
    manager map margin market master match measure measurement media meal medication meeting member memory mention menu
    message meta method metric mission model module month morning mortgage movement movie music name namespace nation
    neighborhood network node note notebook notice number nutrition object objective occurrence offer office offset opinion
    opportunity option order orderbook organization origin outage outline outlier output overlap owner package page paper
    paragraph parameter park parser part participant partner pattern payer payload payslip pdf peak peer penalty people
    percentile period person phase phone photo phrase picture pipeline pivot place plan planet platform player playlist
    plugin pod podcast point policy poll pool population port portfolio position post power practice prediction premium
    presence price priority problem procedure process product profession profile profit program project promotion property
    proposal protein provider publication publisher purpose quality query question queue quote race random range rate ratio
    reaction readiness reading reason receipt recipe record recording reg region register registry regulation relation
    relationship release reminder rental repo report repository reputation request requirement reservation resolution
    resource restaurant result return revenue review revision ride right risk role room route routine row rss rule runtime
    salary sample satellite scenario scene schedule school science score screen script season seat sector section segment
    sensor sentence sequence series server service session setting severity shard sheet shift shipment shop show sibling
    signal similarity site size skill slide slo slot snapshot snippet society software solution song source space speaker
    specification speed sport spread sprint stack staff stage standing standard start state statement station status step
    stock storage store story stream street string structure student study style subdomain subject subreddit subscriber
    subscription suburb suite summary supplier support surface survey symbol symptom synonym system tab table tag target
    task tax taxonomy team technique technology temperature template tenant term test text theme theory thread threat ticker
    ticket tide tile timeline timesheet timezone title token tool topic tournament track trade train transcript transaction
    transit transport treasury treatment trend trial trigger trip trust type unit universe university update url usage user
    utilization uuid value variable variant vector vehicle vendor venue version vessel video view violation visitor vital vm
    volatility volume vote vulnerability wallet watchlist wave web website week whois wiki wind window winner word work worker
    workflow workload worksheet workspace world year zip zone zoo`),
);

const ADJECTIVES: ReadonlySet<string> = new Set(
  words(`active actual additional advanced all annual any archived assigned available basic best big by chat clinical common
    complete completed configured connected corporate critical current custom daily deleted dependent direct due economic
    enabled existing expired external failed featured federal financial first foreign full fundamental future gainers
    geographic german global graph green hidden high historical hot hourly human inactive installed insider intel internal
    intraday known largest last latest legal live local long losers low major maximum me medical minimum missing monthly most
    movers my national native nearby nearest new next nft now official old online open organic overall past pending personal
    physical playing political popular previous primary private protected public quarterly random raw real recent
    recommended registered related remote required rich running saved scheduled sector secure selected shared short similar
    simple single slow small social special specific spot static strong supported technical terrestrial tiny today tomorrow
    top total trending unread unused upcoming valid verified visible weekly yearly yesterday your
    abi adx atr cci ema etf fx gdp ip macd ohlcv rsi sma ssl sql tls tx api db cpu gpu ram dbg ri sp pr prs aws gcp azure`),
);

/** Nouns that are verbs too when they begin a name: \`track_expense\`, \`text_user\`. */
const ACTIONS: ReadonlySet<string> = new Set(
  words(`caution ration station vision next previous award bed bill bond book budget bug button care caption case cast chain channel color command condition contract
    core credential cycle deal difference drive exam exchange experience face factor fare feature fee feed field figure file
    film finance flag fleet floor flow folder force form fork frame free friend fund game gas grade grant group guard
    guest handle hash head hint host house image impact interest issue issues job journal kind label lab landscape lead level
    light line link list loan lock log machine map mark market master match matter measure mention mirror model move name
    network note notice number object offer option order outline output overlap own page paper park part partner pattern peer
    phase phone photo picture place plan platform point pool position post power practice premium present price private
    prize process profile program project promote protest purpose question race range rate reason record region release
    report request resource return ride right route row rule sample saved schedule school score screen script season secure
    segment sequence shape shift shop short signal silence size skill slide slot sound source space speed sprint stack stage
    start state station step stock store stream structure study style surface survey table tag target task tax team test
    text theme thread ticket tile time title token tool track trade train transit trial trip trust type update use value
    video view visit vote wave web wiki wind wire work zip zone`),
);

/** Whether every word of a name is a noun or an adjective, and the first one cannot be a verb. */
export function isNounPhrase(tokens: readonly string[]): boolean {
  const [first = ""] = tokens;
  return (tokens.length === 1 || !ACTIONS.has(first)) && tokens.every((token) => isPlainNoun(token));
}

/** Endings that only nouns have; verbs with such an ending are in the lists of verbs. */
const NOMINAL =
  /^(?!operation|execution|automation|integration)[a-z]{3,}(?:ction|ation|sion|ity|ness|logy|ics)s?$/;

/** Whether the word is a listed noun, in the singular or the plural, or an adjective that stands before one. */
export function isPlainNoun(word: string): boolean {
  const singular = word.replace(/ies$/, "y").replace(/(?<=ss|sh|ch|x)es$/, "");
  if (NOMINAL.test(word)) return true;
  return ADJECTIVES.has(word) || NOUNS.has(word) || NOUNS.has(singular) || NOUNS.has(word.replace(/s$/, ""));
}
