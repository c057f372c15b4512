import type { Message } from '../../words/message.ts';
import type { JournalPlan } from './journalPlan.ts';
import type { JournalState } from './journalState.ts';

/** What is asked of a journal. */
export interface JournalRequest {
  /** Adds the request's lines; what it returns is handed out once they are durable. May be asked again of a newer state. */
  readonly plan: (plan: JournalPlan) => unknown;
  /** Told once its lines are in the journal and in the history. */
  readonly onApplied?: (() => void) | undefined;
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/** A request whose lines are planned, and its result once they are durable. */
export interface Answer {
  readonly request: JournalRequest;
  readonly result: unknown;
}

/** Where a journal's lines are, in one order for all readers and writers: a file, or a Redis server. */
export interface JournalMedium {
  readonly kind: 'journal' | 'redis';
  /** Where it is, as a person would name it. */
  readonly location: string;
  readonly state: JournalState;
  /** See `WritableTrialLog`. */
  readonly risks?: readonly string[];
  /** Whether nobody else can have written since the state was read. */
  readonly isNewest: boolean;
  /** One sentence about why what was read is not there any more, where the medium knows. */
  readonly loss?: Message | undefined;
  /** Reads what is new. Returns whether anything changed. */
  refresh(): Promise<boolean>;
  /** Answers every request of the queue, which may grow meanwhile, and empties it. Never rejects. Calls do not overlap. */
  drain(queue: JournalRequest[]): Promise<void>;
  /** Nothing is asked any more. */
  close(): Promise<void>;
}

/** Requests planned one after the other, each seeing what the earlier ones will have done. */
export interface PlannedBatch {
  readonly waiting: Answer[];
  /** Answers to requests that add no line and so wait for no flush. */
  readonly early: (() => void)[];
}

export function planBatch(batch: readonly JournalRequest[], plan: JournalPlan): PlannedBatch {
  const waiting: Answer[] = [];
  const early: (() => void)[] = [];
  for (const request of batch) {
    const before = plan.text.length;
    try {
      const result = request.plan(plan);
      if (plan.text.length > before) waiting.push({ request, result });
      else early.push(() => request.resolve(result));
    } catch (error) {
      early.push(() => request.reject(error));
    }
  }
  return { waiting, early };
}
