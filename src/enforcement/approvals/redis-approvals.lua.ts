/** The Lua scripts that keep approvals in the store: each is atomic, and uses the clock of the store. */

import { SERVER_TIME } from "../store/store.ts";

/** How long the keys outlive the last approval in them, for a clock that is set back a little. */
const GRACE_MS = 60_000;

export interface ApprovalScripts {
  /** ARGV: binding, digest of the agent, id of a new approval, request as JSON, lifetime in ms, maximum in all, maximum for one agent, values as JSON or an empty string. */
  readonly claim: string;
  /** ARGV: id, choice, decision as JSON, lifetime in ms, number of approvers, name of the person. */
  readonly settle: string;
  /** ARGV: binding, the record that was held. */
  readonly release: string;
  /** The reply ends with every record. */
  readonly list: string;
}

/**
 * KEYS: `approvals`, a hash of records by binding; `approval-ids`, a hash of those bindings by id; `approval-ends`, a
 * sorted set of bindings by their expiry; `approval-agents`, a hash of counts by agent.
 *
 * A record is JSON: `id`, `state`, `asked`, `values` and `decided` (texts that no script reads), `agent` (digest), `at`, `ends` and
 * `decidedAt` in ms since the epoch, `calls`. Of approvals before the last one: `givenBy`, `given` (texts as `decided`) and `givenAt`.
 *
 * Reply: outcome, the record in question or an empty string, the number of expired records, those records, and further values.
 *
 * Invariant: a record that was approved is removed by the script that answers `granted`, so that no second one can.
 */
export function approvalScripts(now: string = SERVER_TIME): ApprovalScripts {
  const prelude = `local now = ${now}\n${LIBRARY}`;
  return {
    claim: prelude + CLAIM,
    settle: prelude + SETTLE,
    release: prelude + RELEASE,
    list: `${prelude}return reply('list', '', redis.call('HVALS', BOOK))`,
  };
}

const LIBRARY = `
local BOOK, IDS, ENDS, AGENTS = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local ended = {}
local function name(ms) return string.format('%.0f', ms) end
local function forget(binding, record)
  redis.call('HDEL', BOOK, binding)
  redis.call('HDEL', IDS, record.id)
  redis.call('ZREM', ENDS, binding)
  if redis.call('HINCRBY', AGENTS, record.agent, -1) <= 0 then redis.call('HDEL', AGENTS, record.agent) end
end
local function store(binding, record)
  local text = cjson.encode(record)
  redis.call('HSET', BOOK, binding, text)
  redis.call('ZADD', ENDS, name(record.ends), binding)
  local last = tonumber(redis.call('ZREVRANGE', ENDS, 0, 0, 'WITHSCORES')[2])
  for i = 1, 4 do redis.call('PEXPIRE', KEYS[i], name(last - now + ${GRACE_MS})) end
  return text
end
local function add(binding, record)
  redis.call('HSET', IDS, record.id, binding)
  redis.call('HINCRBY', AGENTS, record.agent, 1)
  return store(binding, record)
end
local function reply(what, text, rest)
  local parts = { what, text, tostring(#ended) }
  for _, one in ipairs(ended) do parts[#parts + 1] = one end
  for _, one in ipairs(rest or {}) do parts[#parts + 1] = one end
  return parts
end
for _, binding in ipairs(redis.call('ZRANGEBYSCORE', ENDS, '-inf', name(now))) do
  local text = redis.call('HGET', BOOK, binding)
  local record = text and cjson.decode(text)
  if record then forget(binding, record) else redis.call('ZREM', ENDS, binding) end
  if record and record.state ~= 'rejected' then ended[#ended + 1] = text end
end
`;

const CLAIM = `
local binding, agent = ARGV[1], ARGV[2]
local text = redis.call('HGET', BOOK, binding)
if text then
  local record = cjson.decode(text)
  if record.state == 'approved' then
    forget(binding, record)
    return reply('granted', text)
  end
  if record.state == 'rejected' then return reply('rejected', text) end
  record.calls = record.calls + 1
  text = cjson.encode(record)
  redis.call('HSET', BOOK, binding, text)
  return reply('waiting', text)
end
local own = tonumber(redis.call('HGET', AGENTS, agent) or '0')
if redis.call('HLEN', BOOK) >= tonumber(ARGV[6]) or own >= tonumber(ARGV[7]) then return reply('full', '') end
local record = { id = ARGV[3], state = 'requested', asked = ARGV[4], agent = agent, at = now, calls = 1 }
record.ends = now + tonumber(ARGV[5])
if ARGV[8] ~= '' then record.values = ARGV[8] end
return reply('requested', add(binding, record))
`;

const SETTLE = `
local binding = redis.call('HGET', IDS, ARGV[1])
local text = binding and redis.call('HGET', BOOK, binding)
if not text then return reply('gone', '') end
local record = cjson.decode(text)
if record.state ~= 'requested' then return reply('decided', '') end
if ARGV[2] == 'approved' then
  local by = record.givenBy or {}
  for _, name in ipairs(by) do if name == ARGV[6] then return reply('same_approver', '') end end
  if #by + 1 < tonumber(ARGV[5]) then
    record.givenBy, record.given, record.givenAt = by, record.given or {}, record.givenAt or {}
    table.insert(record.givenBy, ARGV[6])
    table.insert(record.given, ARGV[3])
    table.insert(record.givenAt, now)
    text = cjson.encode(record)
    redis.call('HSET', BOOK, binding, text)
    return reply('counted', text)
  end
end
record.values = nil
record.state, record.decided, record.decidedAt = ARGV[2], ARGV[3], now
record.ends = now + tonumber(ARGV[4])
return reply('settled', store(binding, record))
`;

const RELEASE = `
local binding, text = ARGV[1], ARGV[2]
local record = cjson.decode(text)
if record.ends <= now then
  ended[#ended + 1] = text
  return reply('over', '')
end
local young = redis.call('HGET', BOOK, binding)
if young then
  local other = cjson.decode(young)
  if other.state ~= 'requested' then return reply('decided', '') end
  forget(binding, other)
  ended[#ended + 1] = young
end
return reply('kept', add(binding, record))
`;
