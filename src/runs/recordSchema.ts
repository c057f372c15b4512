/** What a `run.json` may hold. The file may be a stranger's, so each field is checked, and nothing else is kept. */
import { TuneboardError } from '../core/errors.ts';
import type { StopRules } from '../core/study/stopRules.ts';
import {
  type FirstRun,
  type LaunchRecord,
  type MetricCandidate,
  MOST_RAN_STUDIES,
  type RanObjective,
  type RanStudy,
  RUN_RECORD_VERSION,
  type RunBudget,
  type RunRecord,
  START_CAUSES,
  type StartCause,
  type Steering,
} from '../protocol/runRecord.ts';
import type { LeftWorkers, WorkerRecord } from '../protocol/workers.ts';
import { runsMessage } from '../words/en/runs.ts';
import type { Message } from '../words/message.ts';
import { readMessage } from '../words/message.ts';

/** Returns the value as its type, or throws BadField with the field and what it must be. */
type Field<T> = (value: unknown, name: string) => T;
type Fields<T> = { readonly [K in keyof T]-?: Field<NonNullable<T[K]> | (null extends T[K] ? null : never)> };

class BadField extends Error {
  readonly words: Message;
  constructor(words: Message) {
    super(words.text);
    this.words = words;
  }
}

/** Longest message that is written, in characters; readers take twice as much. */
export const LONGEST_MESSAGE = 5000;
const LONGEST_PATH = 4096;
const LONGEST_NAME = 5000;
const LONGEST_WORD = 200;
const MOST_WORKERS = 20_000;
/** Of a date, in milliseconds: ECMAScript's own limit. */
const LATEST = 8.64e15;
const MOST_TRIALS = 1e9;
const MOST_PARALLEL = 1e6;
/** Node takes process ids of 31 bits. */
const HIGHEST_PID = 2 ** 31 - 1;

const worker = shape<WorkerRecord>(
  {
    id: text(LONGEST_WORD),
    state: oneOf(['queued', 'running', 'ended', 'failed', 'lost']),
    where: text(LONGEST_NAME),
    reason: text(2 * LONGEST_MESSAGE),
  },
  ['id', 'state'],
);

const left = shape<LeftWorkers>(
  {
    engine: oneOf(['ray', 'slurm']),
    place: orNull(text(LONGEST_PATH)),
    ids: list(text(LONGEST_WORD), MOST_WORKERS),
    jobName: text(LONGEST_WORD),
    verify: text(LONGEST_PATH),
  },
  ['engine', 'place', 'ids'],
);

const stopWhen = shape<StopRules>(
  { target: number(-Number.MAX_VALUE, Number.MAX_VALUE), plateau: whole(1, MOST_TRIALS) },
  [],
);

const budget = shape<RunBudget>(
  { trials: orNull(number(0, MOST_TRIALS)), timeoutMs: orNull(number(0, LATEST)), stopWhen },
  ['trials', 'timeoutMs'],
);

const candidate = shape<MetricCandidate>(
  {
    name: text(LONGEST_NAME),
    last: number(-Number.MAX_VALUE, Number.MAX_VALUE),
    count: number(0, MOST_TRIALS),
    direction: oneOf(['minimize', 'maximize']),
    isDirectionSure: flag,
  },
  ['name', 'last', 'count', 'direction', 'isDirectionSure'],
);

const MOST_LINES = 2 ** 31;
const firstRun = shape<FirstRun>({ question: list(candidate, 100) }, []);

const ranObjective = shape<RanObjective>(
  { name: text(LONGEST_NAME), file: text(LONGEST_PATH), line: whole(0, MOST_LINES) },
  ['name', 'file', 'line'],
);
const ranStudy = shape<RanStudy>({ name: text(LONGEST_NAME), objective: ranObjective }, ['name']);

const launch = shape<LaunchRecord>(
  {
    python: text(LONGEST_PATH),
    version: text(LONGEST_WORD),
    cwd: text(LONGEST_PATH),
    module: text(LONGEST_NAME),
  },
  ['cwd'],
);

const MOST_VALUES = 10;
const causeValues: Field<StartCause['values']> = (value, name) => {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) bad(name, runsMessage('object'));
  const entries = Object.entries(value as object).slice(0, MOST_VALUES);
  return Object.fromEntries(entries.map(([key, one]) => [key, text(LONGEST_PATH)(one, `${name}.${key}`)]));
};
const cause = shape<StartCause>({ code: oneOf(START_CAUSES), values: causeValues }, ['code', 'values']);

/** The record is more than how its end is worded: words that are none are left out. */
const words: Field<NonNullable<RunRecord['words']>> = (value) => {
  const message = readMessage({ ...(value as object), text: '' });
  return message ? { key: message.key, values: message.values } : { key: '', values: {} };
};

const record = shape<RunRecord>(
  {
    version: whole(1, RUN_RECORD_VERSION),
    pid: whole(1, HIGHEST_PID),
    processStart: text(LONGEST_WORD),
    user: text(LONGEST_WORD),
    studyName: text(LONGEST_NAME),
    source: text(LONGEST_PATH),
    script: text(LONGEST_PATH),
    storage: orNull(text(LONGEST_PATH)),
    givenStorage: text(LONGEST_PATH),
    storedName: text(LONGEST_NAME),
    studies: list(ranStudy, MOST_RAN_STUDIES),
    metric: text(LONGEST_NAME),
    firstRun,
    python: text(LONGEST_PATH),
    replay: text(LONGEST_PATH),
    socket: text(LONGEST_PATH),
    token: text(LONGEST_WORD),
    seal: text(LONGEST_WORD),
    state: oneOf(['starting', 'running', 'paused', 'stopping', 'finished', 'stopped', 'failed']),
    message: text(2 * LONGEST_MESSAGE),
    words,
    code: text(LONGEST_WORD),
    launch,
    cause,
    steering: list(oneOf<Steering>(['pause', 'setBudget', 'setParallel', 'enqueue', 'killTrial', 'reload']), 20),
    startedAt: number(0, LATEST),
    endedAt: number(0, LATEST),
    budget,
    askedTrials: orNull(number(0, MOST_TRIALS)),
    parallel: whole(1, MOST_PARALLEL),
    engine: oneOf(['ray', 'slurm']),
    runId: text(LONGEST_WORD),
    workers: list(worker, MOST_WORKERS),
    left,
  },
  [
    'version',
    'pid',
    'processStart',
    'studyName',
    'source',
    'storage',
    'socket',
    'token',
    'state',
    'startedAt',
    'budget',
    'parallel',
  ],
);

/**
 * A run record from the text of a file. Throws TuneboardError `newer-version`, or `bad-run-record`, which names the first
 * field that is wrong.
 */
export function parseRunRecord(content: string, file: string): RunRecord {
  let parsed: unknown;
  try {
    parsed = JSON.parse(content);
  } catch {
    throw badRecord(file, runsMessage('notJson'));
  }
  const version = (parsed as { readonly version?: unknown } | null)?.version;
  if (typeof version === 'number' && version > RUN_RECORD_VERSION) {
    throw new TuneboardError('newer-version', runsMessage('writtenNewerTuneboardUpdateOne', { file }));
  }
  try {
    return record(parsed, '');
  } catch (error) {
    if (error instanceof BadField) throw badRecord(file, error.words);
    throw error;
  }
}

/** The fields of a record in the schema's order, without what JSON has no word for. Throws `bad-run-record`. */
export function normalRecord(written: RunRecord): RunRecord {
  return parseRunRecord(JSON.stringify(written), 'The record');
}

function badRecord(file: string, reason: Message): TuneboardError {
  const sentence = runsMessage('notRunRecordDeleteStart', { file, reason });
  return new TuneboardError('bad-run-record', sentence);
}

function shape<T extends object>(fields: Fields<T>, required: readonly (keyof T & string)[]): Field<T> {
  return (value, name) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) bad(name, runsMessage('object'));
    const given = value as Readonly<Record<string, unknown>>;
    const kept: Record<string, unknown> = {};
    for (const [key, field] of Object.entries<Field<unknown>>(fields)) {
      const inner = name === '' ? key : `${name}.${key}`;
      if (Object.hasOwn(given, key)) kept[key] = field(given[key], inner);
      else if ((required as readonly string[]).includes(key))
        throw new BadField(runsMessage('fieldMissing', { field: inner }));
    }
    return kept as T;
  };
}

function text(longest: number): Field<string> {
  const must = runsMessage('text', { longest });
  return (value, name) =>
    typeof value === 'string' && value.length <= longest && !value.includes('\0') ? value : bad(name, must);
}

function number(least: number, most: number): Field<number> {
  const must = runsMessage('number', { least, most });
  return (value, name) => (typeof value === 'number' && value >= least && value <= most ? value : bad(name, must));
}

function whole(least: number, most: number): Field<number> {
  const must = runsMessage('wholeNumber', { least, most });
  return (value, name) =>
    Number.isSafeInteger(value) && (value as number) >= least && (value as number) <= most
      ? (value as number)
      : bad(name, must);
}

function oneOf<T extends string>(words: readonly T[]): Field<T> {
  const must = runsMessage('oneOf', { words: words.join(', ') });
  return (value, name) => ((words as readonly unknown[]).includes(value) ? (value as T) : bad(name, must));
}

function flag(value: unknown, name: string): boolean {
  return typeof value === 'boolean' ? value : bad(name, runsMessage('oneOf', { words: 'true, false' }));
}

function orNull<T>(field: Field<T>): Field<T | null> {
  return (value, name) => (value === null ? null : field(value, name));
}

function list<T>(field: Field<T>, most: number): Field<readonly T[]> {
  const must = runsMessage('list', { most });
  return (value, name) => {
    if (!Array.isArray(value) || value.length > most) bad(name, must);
    return (value as unknown[]).map((entry, index) => field(entry, `${name}[${index}]`));
  };
}

function bad(name: string, must: Message): never {
  throw new BadField(name === '' ? runsMessage('isNot', { must }) : runsMessage('mustBe', { field: name, must }));
}
