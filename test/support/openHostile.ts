/**
 * Opens the storages that its arguments name, one after another, reads all of each and prints one line of JSON for each.
 * A process of its own, so that its memory and its end are the storages' alone.
 */
import { TuneboardError } from '../../src/core/errors.ts';
import type { TrialLog } from '../../src/core/study/studyStore.ts';
import { openTrialLog } from '../../src/storage/openTrialLog.ts';
import { StorageError } from '../../src/storage/storageError.ts';
import { trialsJson } from '../../src/storage/trialsJson.ts';

export interface Opened {
  readonly path: string;
  /** What it was refused for; null where it was read. */
  readonly code: string | null;
  readonly message: string;
  readonly studies: number;
  readonly trials: number;
  readonly warnings: readonly string[];
  /** CPU seconds of this one. */
  readonly cpu: number;
  /** Most memory of the process so far, in MiB. */
  readonly memory: number;
}

/** What a panel, the tree and an export read. Texts beyond this many trials would be larger than the storage. */
const TRIALS_IN_TEXT = 200;

function readAll(log: TrialLog): number {
  let trials = 0;
  for (const { history } of log.studies()) {
    trials += history.length;
    for (let number = 0; number < Math.min(history.length, TRIALS_IN_TEXT); number++) {
      history.params(number);
      history.curve(number);
      history.lastReport(number);
      JSON.stringify(history.userAttrs(number));
    }
  }
  if (trials <= TRIALS_IN_TEXT) trialsJson(log);
  return trials;
}

async function open(path: string): Promise<Omit<Opened, 'path' | 'cpu' | 'memory'>> {
  try {
    const log = await openTrialLog(path);
    const trials = readAll(log);
    const opened = { code: null, message: '', studies: log.studies().length, trials, warnings: [...log.warnings] };
    await log.close();
    return opened;
  } catch (error) {
    if (!(error instanceof StorageError) && !(error instanceof TuneboardError)) throw error;
    return { code: error.code, message: error.message, studies: 0, trials: 0, warnings: [] };
  }
}

for (const path of process.argv.slice(2)) {
  const before = process.cpuUsage();
  const opened = await open(path);
  const { user, system } = process.cpuUsage(before);
  const line: Opened = {
    path,
    ...opened,
    cpu: (user + system) / 1e6,
    memory: process.resourceUsage().maxRSS / 1024,
  };
  process.stdout.write(`${JSON.stringify(line)}\n`);
}
