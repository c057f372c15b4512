/**
 * kill -9 of the tuner at random moments. TUNEBOARD_KILLS sets how often (8 by default, 200 for the full claim). Every
 * trial that the tuner had announced as finished is in the journal, nothing counts as running for ever, an interrupted
 * trial runs again with its own parameters, and the study goes on as if it had never been interrupted.
 */
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { createSampler } from '../../src/core/samplers/createSampler.ts';
import { CUT_OFF } from '../../src/core/study/attributes.ts';
import { History } from '../../src/core/study/history.ts';
import { isFinished, TrialState } from '../../src/core/study/states.ts';
import type { StudyRecord } from '../../src/core/study/studyStore.ts';
import { loadStudyFile } from '../../src/tuner/run/openStudy.ts';
import { processesWith, TunerFolder, until } from './tunerHarness.ts';

const KILLS = Number(process.env['TUNEBOARD_KILLS'] ?? 8);
const PROGRAM = `
const value = (name) => Number(process.argv[process.argv.indexOf('--' + name) + 1]);
for (let step = 1; step <= value('steps'); step++) {
  await new Promise((resolve) => setTimeout(resolve, 15));
  console.log(\`step=\${step} score=\${-Math.abs(Math.log10(value('lr')) + 3) - 1 / step}\`);
}
`;
const HEAD = `budget: { trials: 100000 }
sampler: { type: tpe, seed: 11 }
parallel: 2`;

interface Announced {
  readonly number: number;
  readonly state: string;
}

function announced(stdout: string): Announced[] {
  return [...stdout.matchAll(/^trial (\d+) (complete|pruned|failed)/gm)].map((match) => ({
    number: Number(match[1]),
    state: match[2] as string,
  }));
}

test(`${KILLS} random kills of the tuner lose nothing`, { timeout: 300_000 + KILLS * 10_000 }, async () => {
  const folder = new TunerFolder();
  try {
    const source = folder.study(PROGRAM, { head: HEAD });
    const seen: Announced[] = [];
    for (let kill = 0; kill < KILLS; kill++) {
      const tuner = folder.start(['run', source]);
      // Every fourth while it starts, the others while trials run.
      if (kill % 4 === 0) await sleep(Math.random() * 800);
      else await opened(folder, tuner).then(() => sleep(Math.random() * 600));
      tuner.child.kill('SIGKILL');
      const { stdout, stderr, signal } = await tuner.ended;
      assert.equal(signal, 'SIGKILL', `the tuner ended by itself: ${stderr}`);
      seen.push(...announced(stdout));
    }
    const before = await lengthOf(folder);
    const last = await folder.run('run', source, '--trials', String(before + 10), '--parallel', '1');
    assert.equal(last.code, 0, last.stderr);
    seen.push(...announced(last.stdout));
    const study = await folder.load();
    checkNothingLost(study.history, seen);
    checkSuggestions(study, source, before);
    assert.deepEqual(processesWith(folder.path), [], 'no objective is left behind');
    console.log(`# ${KILLS} kills, ${study.history.length} trials, ${cutOff(study.history)} cut off`);
  } finally {
    folder.remove();
  }
});

/** Waits until the tuner shows the study; tells what it was at when that takes too long. */
async function opened(folder: TunerFolder, tuner: ReturnType<TunerFolder['start']>): Promise<void> {
  const started = Date.now();
  try {
    await until(() => tuner.stdout().includes('Study "demo"'));
  } catch (error) {
    tuner.child.kill('SIGKILL');
    console.log(
      readdirSync(dirname(folder.journal()))
        .filter((name) => name !== 'trials')
        .join(' '),
      (await tuner.ended).stderr,
    );
    throw error;
  }
  const tookMs = Date.now() - started;
  if (tookMs > 5000) console.log(`# opening took ${tookMs} ms: ${readdirSync(dirname(folder.journal())).join(' ')}`);
}

/** Trials that existed when the last tuner started (0 when it was never opened), retries of the last kill included. */
async function lengthOf(folder: TunerFolder): Promise<number> {
  const study = await folder.load().catch(() => undefined);
  return study?.history.length ?? 0;
}

function checkNothingLost(history: History, seen: readonly Announced[]): void {
  const names = { complete: TrialState.complete, pruned: TrialState.pruned, failed: TrialState.fail } as const;
  assert.ok(seen.length > 0, 'the kills came too early to show anything');
  assert.equal(new Set(seen.map(({ number }) => number)).size, seen.length, 'a number was given out twice');
  for (const { number, state } of seen) {
    assert.equal(history.state(number), names[state as keyof typeof names], `trial ${number}`);
  }
  for (let number = 0; number < history.length; number++) {
    assert.notEqual(history.state(number), TrialState.running, `trial ${number} is still running`);
  }
}

/** The last run asked one trial at a time: each must be what a fresh sampler says to the same history. */
function checkSuggestions(study: StudyRecord, source: string, from: number): void {
  const { history } = study;
  const { space } = loadStudyFile(source);
  const replayed = new History(history.directions);
  let compared = 0;
  for (let number = 0; number < history.length; number++) {
    const isNew = number > from && history.systemAttrs(number)['fixed_params'] === undefined;
    if (isNew && isFinished(history.state(number))) {
      const sampler = createSampler({ type: 'tpe', seed: 11, options: {} });
      const { params } = sampler.suggest(space, { history: replayed, number });
      assert.deepEqual(history.params(number), params, `trial ${number}`);
      compared++;
    }
    replayed.add(templateOf(history, number));
  }
  assert.ok(compared >= 3, `only ${compared} suggestions were compared`);
}

function templateOf(history: History, number: number): Parameters<History['add']>[0] {
  const { steps, values } = history.curve(number);
  const value = history.value(number);
  return {
    state: history.state(number),
    params: history.paramNames(number).map((name) => ({
      name,
      internal: history.parameters.get(name)?.internalAt(number) as number,
      distribution: history.distribution(number, name) as NonNullable<ReturnType<History['distribution']>>,
    })),
    values: Number.isNaN(value) ? null : [value],
    intermediate: steps.map((step, index) => [step, values[index] as number] as const),
    systemAttrs: history.systemAttrs(number),
  };
}

function cutOff(history: History): number {
  return [...history.states.keys()].filter((number) => history.systemAttrs(number)[CUT_OFF] !== undefined).length;
}
