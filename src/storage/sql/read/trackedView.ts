import type { StudyRecord, TrialLog } from '../../../core/study/studyStore.ts';
import type { ExactAttrs } from '../../exactAttrs.ts';
import type { RowDecoder } from './rowDecoder.ts';
import type { StudyTracker } from './studyTracker.ts';

/** Studies that a reader keeps track of, to look at. */
export abstract class TrackedView implements TrialLog {
  abstract readonly kind: TrialLog['kind'];
  abstract readonly location: string;
  /** `decoder` is undefined until the storage is open. */
  protected abstract readonly reader: { readonly tracker: StudyTracker; readonly decoder: RowDecoder | undefined };

  get warnings(): readonly string[] {
    return this.reader.tracker.warnings;
  }

  /** Attributes in Python's spelling, where the history's plain values lose it. */
  get exactAttrs(): ExactAttrs | undefined {
    return this.reader.decoder?.exact;
  }

  studies(): readonly StudyRecord[] {
    return this.reader.tracker.studies;
  }

  abstract refresh(): Promise<boolean>;
  abstract close(): Promise<void>;
}

/** Reads for the first time; a view that cannot is closed. */
export async function firstRead<T extends TrackedView>(view: T): Promise<T> {
  try {
    await view.refresh();
    return view;
  } catch (error) {
    await view.close();
    throw error;
  }
}
