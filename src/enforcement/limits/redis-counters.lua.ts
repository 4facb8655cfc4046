/** The Lua scripts of the counters: one checks and charges all limits of a call, the other refunds charges. */

import { IN_FLIGHT_RETRY_MS } from "../../policy/limit.ts";
import { SERVER_TIME } from "../store/store.ts";

/** How long a key outlives its window, for a clock that is set back a little. */
const GRACE_MS = 60_000;

/**
 * KEYS: one hash for each counter of the call. Its fields: `at`, the latest time it was charged, and one count for each
 * slice of its window, by the slice's start. The rules are those of `memory-counters.ts`; the two are tested against each other.
 *
 * The key of calls in flight is a sorted set of leases by their end; a lease that has ended counts no longer.
 *
 * ARGV: `1` to charge or `0` to check only; number of checks; number of charges; name of the lease; then for each key: slices of
 * its window (1 when aligned, 0 for calls in flight), length of the window or the lease in ms (0: calendar month; -1: local windows), offset in ms, or the
 * bounds of local windows; for each check: key index, amount, max,
 * `enforce` or `shadow`; for each charge: key index, amount, `enforce` or `shadow`.
 *
 * Reply: time, `1` when no enforced limit denies the call, else `0`; for each check: used before, ms until the amount could fit;
 * for each charge: the slice that was charged, empty when it was not.
 *
 * Invariant: charges exactly as the policy core does: nothing when an enforced limit is full; else the enforced
 * charges; the shadowed ones too unless a shadowed limit is full.
 */
export function admitScript(now: string = SERVER_TIME): string {
  return `
local now = ${now}
local DAY = 86400000
local function month_start(ms)
  local z = math.floor(ms / DAY) + 719468
  local doe = z % 146097
  local yoe = math.floor((doe - math.floor(doe / 1460) + math.floor(doe / 36524) - math.floor(doe / 146096)) / 365)
  local doy = doe - (365 * yoe + math.floor(yoe / 4) - math.floor(yoe / 100))
  local first = math.floor((153 * math.floor((5 * doy + 2) / 153) + 2) / 5)
  return (z - 719468 - (doy - first)) * DAY
end
local function slice_at(slices, length, offset, at)
  if length < 0 then
    local start
    for bound in string.gmatch(offset, '%S+') do
      local stop = tonumber(bound)
      if start and start <= at and at < stop then return { start = start, stop = stop, life = 0, keep = start } end
      start = stop
    end
    return nil
  end
  if length == 0 then
    local start = month_start(at)
    return { start = start, stop = month_start(start + 32 * DAY), life = 0, keep = start }
  end
  if slices == 1 then
    local start = math.floor((at - offset) / length) * length + offset
    return { start = start, stop = start + length, life = 0, keep = start }
  end
  local size = math.ceil(length / slices)
  local start = math.floor(at / size) * size
  return { start = start, stop = start + size, life = length, keep = at - length }
end
local function name(ms) return string.format('%.0f', ms) end
local function exact(number) return string.format('%.17g', number) end
local place = 4
local function take()
  place = place + 1
  return ARGV[place]
end
local counters = {}
for i = 1, #KEYS do
  local counter = { live = {}, dead = {}, counts = {}, at = now }
  local slices, length, offset = tonumber(take()), tonumber(take()), take()
  if length >= 0 then offset = tonumber(offset) end
  local stored = {}
  if slices == 0 then
    redis.call('ZREMRANGEBYSCORE', KEYS[i], '-inf', name(now))
    counter.leases = redis.call('ZCARD', KEYS[i])
    counter.lease = length
    length = 1
    slices = 1
  else
    stored = redis.call('HGETALL', KEYS[i])
  end
  for f = 1, #stored, 2 do
    if stored[f] == 'at' then counter.at = math.max(now, tonumber(stored[f + 1])) end
  end
  counter.slice = slice_at(slices, length, offset, counter.at)
  if not counter.slice then return redis.error_reply('the clocks of the store and the sidecar differ by more than two windows') end
  local size = counter.slice.stop - counter.slice.start
  for f = 1, #stored, 2 do
    if stored[f] ~= 'at' then
      local start = tonumber(stored[f])
      local is_live = start == counter.slice.start
      if counter.slice.life > 0 then is_live = start + size > counter.slice.keep end
      if is_live then
        counter.live[#counter.live + 1] = start
        counter.counts[start] = tonumber(stored[f + 1])
      else
        counter.dead[#counter.dead + 1] = stored[f]
      end
    end
  end
  table.sort(counter.live)
  counter.size = size
  counters[i] = counter
end
local function used_of(counter)
  if counter.leases then return counter.leases end
  local used = 0
  for _, start in ipairs(counter.live) do used = used + counter.counts[start] end
  return used
end
local function retry_after(counter, excess)
  if counter.leases then return ${IN_FLIGHT_RETRY_MS} end
  for _, start in ipairs(counter.live) do
    excess = excess - counter.counts[start]
    if excess <= 0 then return math.max(0, start + counter.size + counter.slice.life - counter.at) end
  end
  return math.max(0, counter.slice.stop + counter.slice.life - counter.at)
end
local is_denied, is_shadowed = false, false
local reply = { name(now), '1' }
for _ = 1, tonumber(ARGV[2]) do
  local counter, amount, max, mode = counters[tonumber(take())], tonumber(take()), tonumber(take()), take()
  local used = used_of(counter)
  if not (used + amount <= max) then
    if mode == 'enforce' then is_denied = true else is_shadowed = true end
  end
  reply[#reply + 1] = exact(used)
  reply[#reply + 1] = name(retry_after(counter, used + amount - max))
end
if is_denied then reply[2] = '0' end
for _ = 1, tonumber(ARGV[3]) do
  local index, amount, mode = tonumber(take()), tonumber(take()), take()
  local counter, key = counters[index], KEYS[index]
  local start = counter.slice.start
  if ARGV[1] == '1' and not is_denied and (mode == 'enforce' or not is_shadowed) and counter.leases then
    redis.call('ZADD', key, name(now + counter.lease), ARGV[4])
    redis.call('PEXPIRE', key, name(counter.lease + ${GRACE_MS}))
    reply[#reply + 1] = ARGV[4]
  elseif ARGV[1] == '1' and not is_denied and (mode == 'enforce' or not is_shadowed) then
    local field = name(start)
    redis.call('HSET', key, field, exact((counter.counts[start] or 0) + amount), 'at', name(counter.at))
    if #counter.dead > 0 then redis.call('HDEL', key, unpack(counter.dead)) end
    redis.call('PEXPIRE', key, name(counter.slice.stop + counter.slice.life - now + ${GRACE_MS}))
    reply[#reply + 1] = field
  else
    reply[#reply + 1] = ''
  end
end
return reply
`;
}

/** KEYS as charged; ARGV: for each key the slice or lease that was charged and the amount, 0 for a lease. A slice that is over stays over. */
export const REFUND_SCRIPT = `
for i = 1, #KEYS do
  local slice, amount = ARGV[2 * i - 1], tonumber(ARGV[2 * i])
  if amount == 0 and redis.call('TYPE', KEYS[i]).ok ~= 'hash' then
    redis.call('ZREM', KEYS[i], slice)
  else
    local count = redis.call('HGET', KEYS[i], slice)
    if count then
      redis.call('HSET', KEYS[i], slice, string.format('%.17g', math.max(0, tonumber(count) - amount)))
    end
  end
end
return #KEYS
`;

/**
 * KEYS of calls in flight; ARGV: length of a lease in ms, then for each key its lease. A lease that has ended is made again: its
 * call is still in flight.
 */
export function renewScript(now: string = SERVER_TIME): string {
  return `
local ends = string.format('%.0f', ${now} + tonumber(ARGV[1]))
for i = 1, #KEYS do
  redis.call('ZADD', KEYS[i], ends, ARGV[i + 1])
  redis.call('PEXPIRE', KEYS[i], string.format('%.0f', tonumber(ARGV[1]) + ${GRACE_MS}))
end
return #KEYS
`;
}
