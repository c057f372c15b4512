import { FIXED_PARAMS } from '../../../src/core/study/attributes.ts';
import type { History } from '../../../src/core/study/history.ts';
import { MemoryLog } from '../../../src/core/study/memoryLog.ts';
import { Direction, TrialState } from '../../../src/core/study/states.ts';
import { type StorageEntry, StudyEntry } from '../../../src/extension/studies/studyEntry.ts';
import type { StudyList } from '../../../src/extension/tree/treeModel.ts';
import type { RunRecord, RunState } from '../../../src/protocol/runRecord.ts';
import { runFolderAt } from '../../../src/runs/runFolder.ts';

export interface ListedStudy {
  readonly list: StudyList;
  readonly study: StudyEntry;
  readonly history: History;
}

/** A list with one study whose trials the test adds itself. */
export async function oneStudy(directions: readonly Direction[] = [Direction.maximize]): Promise<ListedStudy> {
  const log = new MemoryLog();
  const record = await log.createStudy({ name: 'digits', directions });
  const storage: StorageEntry = { location: '/runs/journal.log', log, problem: null, failure: null, pinned: false };
  const study = new StudyEntry('/runs/journal.log#digits', 'digits');
  study.storage = storage;
  study.record = record;
  const list: StudyList = {
    studies: [study],
    storages: [storage],
    badRuns: [],
    studiesOf: (other) => (other === storage ? [study] : []),
  };
  return { list, study, history: record.history };
}

export function runRecord(state: RunState, more: Partial<RunRecord> = {}): RunRecord {
  return {
    version: 1,
    pid: 1,
    processStart: 'then',
    studyName: 'digits',
    source: '/w/digits.study.yaml',
    storage: '/runs/journal.log',
    socket: '/nowhere',
    token: 'secret',
    state,
    startedAt: 1000,
    budget: { trials: 100, timeoutMs: null },
    parallel: 1,
    ...more,
  };
}

export function setRun(study: StudyEntry, state: RunState, alive: boolean, more: Partial<RunRecord> = {}): void {
  const goneAt = alive ? null : 5000;
  study.run = { folder: runFolderAt('/w/.tuneboard/digits'), record: runRecord(state, more), alive, goneAt };
  study.ranBy = study.run;
}

const LR = { type: 'float', low: 1e-6, high: 1, log: true, step: null } as const;
const OPTIM = { type: 'categorical', choices: ['sgd', 'adamw'] } as const;

/** Adds a trial with two parameters and returns its number. `isStart`: they are what the person has. */
export function addTrial(history: History, state: TrialState, value = 0.5, isStart = false): number {
  const params = [
    { name: 'optim', internal: history.length % 2, distribution: OPTIM },
    { name: 'lr', internal: 10 ** -(1 + value), distribution: LR },
  ];
  const values = history.directions.map((_, objective) => (objective === 0 ? value : 1 - value));
  const isDone = state === TrialState.complete;
  return history.add({
    state,
    params,
    values: isDone ? values : null,
    startedAt: 2000,
    completedAt: isDone ? 3000 : Number.NaN,
    ...(isStart && { systemAttrs: { [FIXED_PARAMS]: { optim: 'sgd', lr: 10 ** -(1 + value) } } }),
  });
}
