import type { PlanDependence } from '../planDependence.ts';

/**
 * What Optuna's JournalRedisBackend does a line at a time (`INCR log_number`, `SET log:<number>`), for several lines and on a
 * condition: the log goes on where it was read to, and of what came in between nothing changes the new lines. A
 * writer that sends the same lines again after a lost acknowledgement writes them once.
 *
 * `KEYS[1]` is `<prefix>:log_number`. Arguments: the prefix, the number of the last line that was read (-1: none), that line,
 * the writer's name, operations that must not have come in between whatever they are about, with a blank before and behind
 * each, as have the ids of studies that must have got no trial and those of trials that must be as they were; then the lines
 * to append.
 *
 * Answers whether they were appended (1, else 0), the number of the log's last line before (-2: what was read is not there
 * any more), and the lines that came in between: all of them where it appended, and else the first ones.
 */
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
local function has(list, id)
  return id and string.find(list, ' ' .. id .. ' ', 1, true)
end
local function counts(line)
  local op = line and string.match(line, '^{"op_code": ?(%d+)')
  if not op or has(ARGV[5], op) or string.find(line, ARGV[4], 1, true) then
    return true
  end
  if op == '4' then
    return has(ARGV[6], string.match(line, '"study_id": ?(%d+)'))
  end
  return has(ARGV[7], string.match(line, '"trial_id": ?(%d+)'))
end
local reply = {0, last}
if last < known or (known >= 0 and redis.call('GET', key(known)) ~= ARGV[3]) then
  return {0, -2}
end
local isFree = last - known <= 200
for number = known + 1, math.min(last, known + 200) do
  local line = redis.call('GET', key(number))
  reply[#reply + 1] = line
  isFree = isFree and not counts(line)
end
if not isFree then
  return reply
end
for index = 8, #ARGV do
  last = last + 1
  redis.call('SET', key(last), ARGV[index])
end
redis.call('SET', KEYS[1], string.format('%d', last))
reply[1] = 1
return reply
`;

/** The script's words for what a plan depends on. A study that is deleted always counts (Optuna's operation 1). */
export function conditionOf({
  onStudies,
  onParameters,
  onStates,
  newTrialsOf,
  trials,
}: PlanDependence): [string, string, string] {
  const ops = [1, ...(onStudies ? [0] : []), ...(onParameters ? [5] : []), ...(onStates ? [6] : [])];
  return [listed(ops), listed(newTrialsOf), listed(trials)];
}

function listed(ids: Iterable<number>): string {
  return ` ${[...ids].join(' ')} `;
}
