import type { Message } from '../../words/message.ts';

/**
 * What kind of failure a trial had. `error`: an exception, by its name. `signal` and `exit`: how the program ended. `nan`: its
 * last value was none. `metric`: it reported none.
 */
export interface FailureCause {
  readonly kind: 'error' | 'memory' | 'nan' | 'timeout' | 'metric' | 'signal' | 'exit' | 'other';
  /** Of an `error`, `signal` or `exit`: `ZeroDivisionError`, `SIGSEGV`, `2`; else empty. */
  readonly name: string;
}

const MEMORY =
  /out of memory|OutOfMemory|\bbad_alloc\b|\bMemoryError\b|needed more memory|cannot allocate (?:memory|vector)/i;
const EXCEPTION = /(?:^|[\s:.(])([A-Z]\w{0,80}(?:Error|Exception|Interrupt|Exit|Fault|Failure))(?=$|[\s:(,.;])/;
/** Keys of messages of the tuner that are causes of their own. */
const BY_KEY: Readonly<Record<string, FailureCause['kind']>> = {
  'tuner.lastValueNanWhichCant': 'nan',
  'tuner.programTookLongerThanS': 'timeout',
  'tuner.programNeverReportedOnlyCorrect': 'metric',
  'tuner.programPrintedNothingLetPrint': 'metric',
  'tuner.programPrintedNoMetricLet': 'metric',
  'tuner.programKilledBecauseNeededMore': 'memory',
  'tuner.programKilledBecauseNeededMoreMemory': 'memory',
};

/** The kind of failure that a recorded reason describes. */
export function failureCause({ key, values, text }: Message): FailureCause {
  const known = BY_KEY[key];
  if (known) return { kind: known, name: '' };
  if (MEMORY.test(text)) return { kind: 'memory', name: '' };
  const exception = EXCEPTION.exec(text)?.[1];
  if (exception) return { kind: 'error', name: exception };
  if (/(?:^|[\s'"(])nan\b/i.test(text)) return { kind: 'nan', name: '' };
  const signal = /\bSIG[A-Z]{2,8}\b/.exec(text)?.[0];
  if (signal) return { kind: 'signal', name: signal };
  const code = values['code'];
  return typeof code === 'number' ? { kind: 'exit', name: String(code) } : { kind: 'other', name: '' };
}
