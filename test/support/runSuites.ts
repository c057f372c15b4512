/** Runs the test suites one after another and sums them up. plan.ts says what `npm test` has of them. */
import { existsSync, globSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join, relative } from 'node:path';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';
import { build, buildDocuments } from './build.ts';
import { cacheFolder, repository } from './cache.ts';
import { LEFT_OUT, prepareParts, requiredParts, UNIT_PARTS, wantedParts } from './parts.ts';
import { type Selection, type Share, shareOf } from './plan.ts';

/** What is quick and tells most comes first. A window or a server waits more than it works, so several share two cores well. */
const SUITES = {
  unit: { concurrency: Math.max(2, availableParallelism()), timeout: 300_000 },
  integration: { concurrency: 4, timeout: 600_000 },
  e2e: { concurrency: 3, timeout: 600_000 },
  // Alone: it measures memory and blocks of the extension host.
  security: { concurrency: 1, timeout: 600_000 },
} as const;

/** Started first, so that nothing long is left to run alone at the end. */
const LONGEST = [
  'transformers',
  'digits',
  'optuna.',
  'optunaAnswers',
  'slurmSsh',
  'optunaSteering',
  'sqliteProcesses',
  'hostileContent',
];

/** How many of the slowest files are named at the end. */
const SLOWEST = 12;

/**
 * TUNEBOARD_RETRY=1 (set by CI) runs a failed file once more, alone. That it passed only then is said at the end. Where more
 * files than a few fail, it is no accident, and none is run again.
 */
const MOST_RETRIED = 4;

/** What `npm test` counted, for the run of the rest that CI starts after it. */
const countsPath = join(cacheFolder, 'npm-test.json');

type SuiteName = keyof typeof SUITES;

const suiteNames = Object.keys(SUITES) as SuiteName[];

interface Counts {
  passed: number;
  failed: number;
  skipped: number;
}

interface Totals extends Counts {
  readonly skips: Set<string>;
  readonly seconds: Map<string, number>;
  /** Files that passed only when they were run again. */
  readonly unsteady: string[];
}

interface TestFile {
  readonly path: string;
  readonly share: Share;
}

/** `wanted`: suites, or parts of test files' paths; none means all that the selection has. Returns the exit code. */
export async function runSuites(wanted: readonly string[], selection: Selection): Promise<number> {
  const files = new Map(suiteNames.map((suite) => [suite, filesOf(suite, wanted, selection)]));
  const onlyUnit = suiteNames.every((suite) => suite === 'unit' || files.get(suite)?.length === 0);
  // Modules are compiled once for all test processes.
  process.env['NODE_COMPILE_CACHE'] ??= join(cacheFolder, 'compiled');
  if (selection === 'quick') process.env['TUNEBOARD_QUICK'] = '1';
  // Python keeps what it compiled: the installation compiles nothing.
  delete process.env['PYTHONDONTWRITEBYTECODE'];
  // Unit tests run while the rest is installed. Those of `npm test` need no part.
  const forUnit = selection === 'quick' ? [] : await prepareParts(UNIT_PARTS, say);
  const preparing = onlyUnit ? Promise.resolve(forUnit) : prepareParts(wantedParts(), say);
  if (!build(onlyUnit ? 'build' : 'package')) return 1;

  const totals: Totals = { passed: 0, failed: 0, skipped: 0, skips: new Set(), seconds: new Map(), unsteady: [] };
  for (const suite of suiteNames) {
    const chosen = files.get(suite) ?? [];
    if (suite !== 'unit' && chosen.length > 0 && (await lacksRequired(preparing))) return 1;
    if (chosen.length > 0) await runSuite(suite, chosen, totals);
  }
  const isWhole = selection !== 'quick' && wanted.length === 0;
  if (isWhole && !buildDocuments()) {
    totals.failed++;
    console.error('The documents could not be built.');
  }
  return conclude(totals, selection, wanted);
}

async function lacksRequired(preparing: ReturnType<typeof prepareParts>): Promise<boolean> {
  const missing = await preparing;
  const absent = requiredParts().filter((name) => missing.includes(name));
  if (absent.length > 0) console.error(`TUNEBOARD_REQUIRE names what could not be had: ${absent.join(', ')}.`);
  return absent.length > 0;
}

function conclude(totals: Totals, selection: Selection, wanted: readonly string[]): number {
  sayDurations(totals.seconds);
  for (const skip of totals.skips) say(`skipped: ${skip}`);
  for (const file of totals.unsteady) say(`failed at first, and passed alone: ${file}`);
  const misplaced = [...totals.skips].filter((skip) => skip.includes(LEFT_OUT));
  if (misplaced.length > 0) totals.failed += misplaced.length;
  sayCounts(totals);
  if (totals.passed + totals.failed === 0) {
    const hint = selection === 'quick' ? ` Perhaps it belongs to \`npm run test:all -- ${wanted.join(' ')}\`.` : '';
    return failure(`No test was run.${hint}`);
  }
  if (selection === 'quick' && wanted.length === 0) {
    writeFileSync(
      countsPath,
      JSON.stringify({ passed: totals.passed, failed: totals.failed, skipped: totals.skipped }),
    );
    say(
      'left out: servers, clusters, storage proxies, transformers, libtensorflow, other Optuna versions, the other windows, long tests. `npm run test:all` runs them too, and installs what they need.',
    );
  }
  if (selection === 'rest' && wanted.length === 0) sayWithQuick(totals);
  if (misplaced.length > 0)
    return failure(`Tests need what \`npm test\` does not install; name them in test/support/plan.ts.`);
  if (requiredParts().length > 0 && totals.skipped > 0)
    return failure('Tests were skipped although TUNEBOARD_REQUIRE is set.');
  return totals.failed === 0 ? 0 : 1;
}

/** The closing lines of `npm test` and of the rest together, once. */
function sayWithQuick(rest: Counts): void {
  if (!existsSync(countsPath)) return;
  const quick = JSON.parse(readFileSync(countsPath, 'utf8')) as Counts;
  rmSync(countsPath);
  say('\nwith those of `npm test`:');
  sayCounts({
    passed: quick.passed + rest.passed,
    failed: quick.failed + rest.failed,
    skipped: quick.skipped + rest.skipped,
  });
}

function sayCounts({ passed, failed, skipped }: Counts): void {
  say(`\n${passed} passed, ${failed} failed, ${skipped} skipped`);
}

function filesOf(suite: SuiteName, wanted: readonly string[], selection: Selection): TestFile[] {
  const isLong = (path: string) => LONGEST.some((part) => path.includes(part));
  const found = globSync(`test/${suite}/**/*.test.ts`, { cwd: repository }).map((path) => path.replaceAll('\\', '/'));
  const sorted = found.sort((a, b) => Number(isLong(b)) - Number(isLong(a)) || (a < b ? -1 : 1));
  return sorted.flatMap((path) => {
    const share = shareOf(path, selection);
    const isWanted = wanted.length === 0 || wanted.some((part) => part === suite || path.includes(part));
    return share && isWanted ? [{ path, share }] : [];
  });
}

async function runSuite(suite: SuiteName, files: readonly TestFile[], totals: Totals): Promise<void> {
  say(`\n${suite}: ${files.length} files`);
  const outcomes = await runFiles(suite, files, SUITES[suite].concurrency, totals);
  const failed = files.filter(({ path }) => (outcomes.get(path)?.failed ?? 0) > 0);
  if (process.env['TUNEBOARD_RETRY'] === '1' && failed.length <= MOST_RETRIED) {
    for (const file of failed) {
      say(`\nonce more, alone: ${file.path}`);
      const again = await runFiles(suite, [file], 1, totals);
      if (again.get(file.path)?.failed === 0) totals.unsteady.push(file.path);
      for (const [name, outcome] of again) outcomes.set(name, outcome);
    }
  }
  for (const { passed, failed: left, skipped } of outcomes.values()) {
    totals.passed += passed;
    totals.failed += left;
    totals.skipped += skipped;
  }
}

/** Resolves with what came of each file, by its path in the project. Files that have the same share run side by side. */
async function runFiles(
  suite: SuiteName,
  files: readonly TestFile[],
  concurrency: number,
  totals: Totals,
): Promise<Map<string, Counts>> {
  // A file that ends before its summary, because it does not load or is killed, has failed.
  const outcomes = new Map<string, Counts>(files.map(({ path }) => [path, { passed: 0, failed: 1, skipped: 0 }]));
  const groups = Map.groupBy(files, ({ share }) => `${share.only ?? ''} ${share.skip ?? ''}`);
  for (const group of groups.values()) {
    await runGroup(suite, group, concurrency, totals, outcomes);
  }
  return outcomes;
}

function runGroup(
  suite: SuiteName,
  files: readonly TestFile[],
  concurrency: number,
  totals: Totals,
  outcomes: Map<string, Counts>,
): Promise<void> {
  const { only, skip: without } = files[0]?.share ?? {};
  return new Promise((resolve, reject) => {
    const stream = run({
      files: files.map(({ path }) => join(repository, path)),
      ...SUITES[suite],
      concurrency,
      ...(only ? { testNamePatterns: [only] } : {}),
      ...(without ? { testSkipPatterns: [without] } : {}),
    });
    stream.on('test:pass', ({ name, skip }) => {
      if (skip !== undefined) totals.skips.add(`${name}${typeof skip === 'string' ? `: ${skip}` : ''}`);
    });
    stream.on('test:summary', ({ file, counts, success, duration_ms }) => {
      if (file === undefined) return;
      const name = relative(repository, file).replaceAll('\\', '/');
      const failed = counts.tests - counts.passed - counts.skipped - counts.todo;
      const { passed, skipped } = counts;
      outcomes.set(name, { passed, failed: success ? failed : Math.max(1, failed), skipped });
      totals.seconds.set(name, duration_ms / 1000);
    });
    stream.compose(spec).on('error', reject).on('end', resolve).pipe(process.stdout, { end: false });
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
