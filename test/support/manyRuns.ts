import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Direction, TrialState } from '../../src/core/study/states.ts';
import { runFolderAt } from '../../src/runs/runFolder.ts';
import { JournalLog } from '../../src/storage/journal/journalLog.ts';
import { runRecord } from '../unit/extension/studyList.ts';

const LR = { type: 'float', low: 1e-6, high: 1, log: true, step: null } as const;

/** Finished runs of a folder, each with a journal of `trials` trials. */
export async function makeRuns(workspace: string, count: number, trials = 20): Promise<void> {
  const [first] = await journalOf(workspace, trials);
  for (let index = 0; index < count; index++) {
    const name = `run-${String(index).padStart(4, '0')}`;
    const folder = runFolderAt(join(workspace, '.tuneboard', name));
    mkdirSync(folder.trials, { recursive: true });
    writeFileSync(folder.journal, (first as string).replaceAll('"template"', `"${name}"`));
    const source = join(workspace, `${name}.study.yaml`);
    const record = runRecord('finished', { studyName: name, source, storage: folder.journal, startedAt: 1000 + index });
    writeFileSync(folder.record, JSON.stringify(record));
  }
}

async function journalOf(workspace: string, trials: number): Promise<string[]> {
  mkdirSync(workspace, { recursive: true });
  const path = join(workspace, 'template.log');
  const log = await JournalLog.open(path, { create: true });
  const study = await log.createStudy({ name: 'template', directions: [Direction.maximize] });
  for (let number = 0; number < trials; number++) {
    const params = [{ name: 'lr', internal: 10 ** -(1 + (number % 5)), distribution: LR }];
    await log.createTrial(study, { state: TrialState.complete, values: [number / trials], params });
  }
  await log.close();
  const { readFileSync, rmSync } = await import('node:fs');
  const text = readFileSync(path, 'utf8');
  rmSync(path);
  return [text];
}
