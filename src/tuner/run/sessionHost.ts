import type { RunRecord } from '../../protocol/runRecord.ts';
import type { Message } from '../../words/message.ts';

/** What a session needs of whoever runs it: a tuner with its run record (RunHost), or a worker. */
export interface SessionHost {
  readonly record: Pick<RunRecord, 'budget' | 'parallel'>;
  update(change: Partial<Pick<RunRecord, 'state' | 'budget' | 'parallel'>>): void;
  changed(): void;
  /** Shows what the run waits for, until it is called without. */
  waitFor(sentence: Message | undefined): void;
  /** A line for the log. */
  note(sentence: string): void;
}
