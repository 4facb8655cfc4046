-- Sends the request of a file, whole as it stands; the seven digits behind its first "id": are counted up. Prints what came of it as JSON.
local before, after
local id = 1000000

function init(args)
  local file = assert(io.open(args[1], "rb"))
  local text = file:read("*a")
  file:close()
  local _, at = text:find('"id":', 1, true)
  before, after = text:sub(1, at), text:sub(at + 8)
end

function request()
  id = id < 9999999 and id + 1 or 1000000
  return before .. id .. after
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    '{"calls":%d,"microseconds":%d,"bytes":%d,"failed":%d,"p50Us":%d,"p99Us":%d}\n',
    summary.requests, summary.duration, summary.bytes,
    errors.connect + errors.read + errors.write + errors.status + errors.timeout,
    latency:percentile(50), latency:percentile(99)))
end
