/** Watches the turns of the event loop, and tells what the longest cost when it is asked to end. */
export function turns(): () => number {
  let [longest, last, isOver] = [0, process.threadCpuUsage(), false];
  const turn = () => {
    const { user, system } = process.threadCpuUsage(last);
    longest = Math.max(longest, (user + system) / 1000);
    last = process.threadCpuUsage();
    if (!isOver) setTimeout(turn, 1);
  };
  turn();
  return () => {
    isOver = true;
    return longest;
  };
}
