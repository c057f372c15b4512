/** Runs the test suites of `npm test` one after another and sums them up. */
import { spawnSync } from 'node:child_process';
import { globSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join, relative } from 'node:path';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';
import { repository } from './cache.ts';
import { allParts, prepareParts, requiredParts } from './parts.ts';

/** What is quick and tells most comes first. A window waits more than it works, so two share two cores well. */
const SUITES = {
  unit: { concurrency: Math.max(2, availableParallelism()), timeout: 300_000 },
  integration: { concurrency: 2, timeout: 600_000 },
  e2e: { concurrency: 2, timeout: 600_000 },
  // Alone: it measures memory and blocks of the extension host.
  security: { concurrency: 1, timeout: 600_000 },
} as const;

/** Started first, so that nothing long is left to run alone at the end. */
const LONGEST = ['transformers', 'digits', 'optuna.'];

/** How many of the slowest files are named at the end. */
const SLOWEST = 12;

/**
 * TUNEBOARD_RETRY=1 (set by CI) runs a failed file once more, alone. That it passed only then is said at the end. Where more
 * files than a few fail, it is no accident, and none is run again.
 */
const MOST_RETRIED = 4;

type SuiteName = keyof typeof SUITES;

const suiteNames = Object.keys(SUITES) as SuiteName[];

interface Totals {
  passed: number;
  failed: number;
  skipped: number;
  readonly skips: Set<string>;
  readonly seconds: Map<string, number>;
  /** Files that passed only when they were run again. */
  readonly unsteady: string[];
}

/** What came of one test file, or of all together. */
interface Outcome {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** `wanted`: suites, or parts of test files' paths; none means all. Returns the exit code. */
export async function runSuites(wanted: readonly string[]): Promise<number> {
  const files = new Map(suiteNames.map((suite) => [suite, filesOf(suite, wanted)]));
  const onlyUnit = suiteNames.every((suite) => suite === 'unit' || files.get(suite)?.length === 0);
  const required = requiredParts();
  const missing = await prepareParts(onlyUnit ? [] : allParts, say);
  const absent = required.filter((name) => missing.includes(name));
  if (absent.length > 0) return failure(`TUNEBOARD_REQUIRE names what could not be had: ${absent.join(', ')}.`);
  if (!build(onlyUnit ? 'build' : 'package')) return 1;

  const totals: Totals = { passed: 0, failed: 0, skipped: 0, skips: new Set(), seconds: new Map(), unsteady: [] };
  for (const suite of suiteNames) {
    const chosen = files.get(suite) ?? [];
    if (chosen.length > 0) await runSuite(suite, chosen, totals);
  }
  sayDurations(totals.seconds);
  for (const skip of totals.skips) say(`skipped: ${skip}`);
  for (const file of totals.unsteady) say(`failed at first, and passed alone: ${file}`);
  say(`\n${totals.passed} passed, ${totals.failed} failed, ${totals.skipped} skipped`);
  if (totals.passed + totals.failed === 0) return failure('No test was run.');
  if (required.length > 0 && totals.skipped > 0)
    return failure('Tests were skipped although TUNEBOARD_REQUIRE is set.');
  return totals.failed === 0 ? 0 : 1;
}

function filesOf(suite: SuiteName, wanted: readonly string[]): string[] {
  const isLong = (file: string) => LONGEST.some((part) => file.includes(part));
  const found = globSync(`test/${suite}/**/*.test.ts`, { cwd: repository }).sort();
  const all = found.sort((a, b) => Number(isLong(b)) - Number(isLong(a)));
  return all.filter((file) => wanted.length === 0 || wanted.some((part) => part === suite || file.includes(part)));
}

function build(script: 'build' | 'package'): boolean {
  const windows = process.platform === 'win32';
  return spawnSync('npm', ['run', '-s', script], { cwd: repository, stdio: 'inherit', shell: windows }).status === 0;
}

async function runSuite(suite: SuiteName, files: readonly string[], totals: Totals): Promise<void> {
  say(`\n${suite}: ${files.length} files`);
  const outcomes = await runFiles(suite, files, SUITES[suite].concurrency, totals);
  const failed = files.filter((file) => (outcomes.get(file)?.failed ?? 0) > 0);
  if (process.env['TUNEBOARD_RETRY'] === '1' && failed.length <= MOST_RETRIED) {
    for (const file of failed) {
      say(`\nonce more, alone: ${file}`);
      const again = await runFiles(suite, [file], 1, totals);
      if (again.get(file)?.failed === 0) totals.unsteady.push(file);
      for (const [name, outcome] of again) outcomes.set(name, outcome);
    }
  }
  for (const { passed, failed: left, skipped } of outcomes.values()) {
    totals.passed += passed;
    totals.failed += left;
    totals.skipped += skipped;
  }
}

/** Resolves with what came of each file, by its path in the project. */
function runFiles(
  suite: SuiteName,
  files: readonly string[],
  concurrency: number,
  totals: Totals,
): Promise<Map<string, Outcome>> {
  // A file that ends before its summary, because it does not load or is killed, has failed.
  const outcomes = new Map<string, Outcome>(files.map((file) => [file, { passed: 0, failed: 1, skipped: 0 }]));
  return new Promise((resolve, reject) => {
    const stream = run({ files: files.map((file) => join(repository, file)), ...SUITES[suite], concurrency });
    stream.on('test:pass', ({ name, skip }) => {
      if (skip !== undefined) totals.skips.add(`${name}${typeof skip === 'string' ? `: ${skip}` : ''}`);
    });
    stream.on('test:summary', ({ file, counts, success, duration_ms }) => {
      if (file === undefined) return;
      const name = relative(repository, file);
      const failed = counts.tests - counts.passed - counts.skipped - counts.todo;
      const { passed, skipped } = counts;
      outcomes.set(name, { passed, failed: success ? failed : Math.max(1, failed), skipped });
      totals.seconds.set(name, duration_ms / 1000);
    });
    const finished = () => resolve(outcomes);
    stream.compose(spec).on('error', reject).on('end', finished).pipe(process.stdout, { end: false });
  });
}

function sayDurations(seconds: ReadonlyMap<string, number>): void {
  const slowest = [...seconds].sort(([, a], [, b]) => b - a).slice(0, SLOWEST);
  say('\nslowest files:');
  for (const [file, taken] of slowest) say(`${taken.toFixed(1).padStart(8)} s  ${file}`);
}

function say(line: string): void {
  console.log(line);
}

function failure(message: string): number {
  console.error(message);
  return 1;
}
