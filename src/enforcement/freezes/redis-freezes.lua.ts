/** The Lua script that keeps freezes in the store: it makes changes, and replies with every freeze. */

import { SERVER_TIME } from "../store/store.ts";

const DAY_MS = 86_400_000;

/** How long the store remembers a lifted freeze: the longest time that a sidecar may lose the store and still learn of it. */
const LIFTED_MS = 7 * DAY_MS;

/** Lifetime of the key, renewed at each run: a bound for freezes that no sidecar reads any more. */
const KEY_MS = 400 * DAY_MS;

/**
 * KEYS: a hash of JSON by frozen target: a freeze, or `{"liftedAtMs":...}`. ARGV: for each change the target; `set`, `keep` (only
 * when the store has no entry for the target) or `lift`; and the freeze, empty for `lift`.
 *
 * Reply: for each change `1` when the target was frozen before it, else `0`; then target and JSON of every entry.
 */
export function freezesScript(now: string = SERVER_TIME): string {
  return `
local now = ${now}
local function name(ms) return string.format('%.0f', ms) end
local function is_frozen(text)
  if not text then return false end
  local entry = cjson.decode(text)
  return not entry.liftedAtMs and (not entry.untilMs or entry.untilMs > now)
end
local reply = {}
for i = 1, #ARGV, 3 do
  local part, what, freeze = ARGV[i], ARGV[i + 1], ARGV[i + 2]
  local known = redis.call('HGET', KEYS[1], part)
  reply[#reply + 1] = is_frozen(known) and '1' or '0'
  if what == 'lift' then
    redis.call('HSET', KEYS[1], part, '{"liftedAtMs":' .. name(now) .. '}')
  elseif what == 'set' or not known then
    redis.call('HSET', KEYS[1], part, freeze)
  end
end
local all = redis.call('HGETALL', KEYS[1])
for i = 1, #all, 2 do
  local entry = cjson.decode(all[i + 1])
  if entry.liftedAtMs and entry.liftedAtMs + ${LIFTED_MS} <= now or entry.untilMs and entry.untilMs <= now then
    redis.call('HDEL', KEYS[1], all[i])
  else
    reply[#reply + 1] = all[i]
    reply[#reply + 1] = all[i + 1]
  end
end
redis.call('PEXPIRE', KEYS[1], ${KEY_MS})
return reply
`;
}
