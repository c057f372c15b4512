import assert from 'node:assert/strict';

/** How often more CPU time an eight times longer input takes may be three times eight; what is quadratic takes 64. */
export function requireLinear(what: string, run: (size: number) => void, size: number): void {
  const cost = (count: number): number => {
    const times = [1, 2, 3].map(() => {
      const before = process.cpuUsage();
      run(count);
      const { user, system } = process.cpuUsage(before);
      return (user + system) / 1000;
    });
    return Math.min(...times);
  };
  cost(size);
  const [small, large] = [cost(size), cost(size * 8)];
  assert.ok(large < Math.max(small, 5) * 24, `${what}: ${size} take ${small} ms, ${size * 8} take ${large} ms`);
}
