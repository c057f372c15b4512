/**
 * What Optuna's JournalRedisBackend does a line at a time (`INCR log_number`, `SET log:<number>`), for several lines and on a
 * condition: the log must end where it was read to. Whoever sends the same lines again, not knowing whether they have
 * arrived, thus writes them once.
 *
 * `KEYS[1]` is `<prefix>:log_number`. Arguments: the prefix, the number of the last line that was read (-1: none), that line,
 * and the lines to append. Answers 1 and the number of the last line; or 0, the number of the log's last line, and as many
 * as `CONFLICT_LINES` of those that follow the known one.
 */
export const CONFLICT_LINES = 200;

export const APPEND_SCRIPT = `
local known = tonumber(ARGV[2])
local last = -1
local text = redis.call('GET', KEYS[1])
if text then
  if not string.find(text, '^%-?%d+$') then
    return redis.error_reply('WRONGTYPE log_number is not an integer')
  end
  last = tonumber(text)
end
local function key(number)
  return string.format('%s:log:%d', ARGV[1], number)
end
local reply = {0, last}
if known >= 0 and redis.call('GET', key(known)) ~= ARGV[3] then
  return reply
end
if last ~= known then
  for number = known + 1, math.min(last, known + ${CONFLICT_LINES}) do
    reply[#reply + 1] = redis.call('GET', key(number))
  end
  return reply
end
for index = 4, #ARGV do
  last = last + 1
  redis.call('SET', key(last), ARGV[index])
end
redis.call('SET', KEYS[1], string.format('%d', last))
return {1, last}
`;
