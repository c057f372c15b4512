import type { StudyRecord, WritableTrialLog } from '../../core/study/studyStore.ts';
import { ORDERS, ordersAttr, type StudyOrders } from '../worker/studyOrders.ts';

/** What the workers of a run are to know, written into the study once for each change. */
export class SentOrders {
  readonly #log: WritableTrialLog;
  readonly #study: StudyRecord;
  readonly #run: string;
  #sent = '';

  constructor(log: WritableTrialLog, study: StudyRecord, run: string) {
    this.#log = log;
    this.#study = study;
    this.#run = run;
  }

  async send(orders: Omit<StudyOrders, 'run'>): Promise<void> {
    const attr = ordersAttr({ run: this.#run, ...orders });
    const text = JSON.stringify(attr);
    if (text === this.#sent) return;
    await this.#log.setStudyAttr(this.#study, 'system', ORDERS, attr);
    this.#sent = text;
  }
}
