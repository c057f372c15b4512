import { Worker } from 'node:worker_threads';
import type { History } from '../../core/study/history.ts';
import { TrialState } from '../../core/study/states.ts';
import type { ImportanceQuestion, PanelImportance } from '../../protocol/panel.ts';
import { buffersOf, importanceColumns } from './importanceColumns.ts';
import type { ImportanceJob } from './measureImportance.ts';

/** Shortest time between the end of one measurement and the begin of the next. */
const SHORTEST_GAP_MS = 1000;
/** The gap is this many times what the last measurement took: it may keep a core busy for a sixth of the time. */
const GAP_SHARE = 5;

export interface ImportanceAnswersOptions {
  /** The thread's program. */
  readonly worker: string | URL;
  onAnswer(answer: PanelImportance): void;
  /** What share of a measurement of more than a second is done, 0 to 1. */
  onProgress?(question: ImportanceQuestion, done: number): void;
  onError(error: unknown): void;
}

interface Measured extends ImportanceQuestion {
  readonly history: History;
  readonly complete: number;
}

/**
 * Answers which parameters matter, for as long as somebody looks: at once, and again as trials complete. The measuring
 * happens in a thread of its own, which gets the columns of the complete trials: an evaluator may take seconds.
 */
export class ImportanceAnswers {
  readonly #options: ImportanceAnswersOptions;
  #question: ImportanceQuestion | null = null;
  #history: History | null = null;
  /** What the last measurement that was begun is of. */
  #measured: Measured | null = null;
  #answer: { readonly answer: PanelImportance; readonly history: History } | null = null;
  #worker: Worker | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isDisposed = false;

  constructor(options: ImportanceAnswersOptions) {
    this.#options = options;
  }

  /** Null: nobody looks any more. A question that was answered before is answered at once, and anew if trials completed. */
  ask(question: ImportanceQuestion | null): void {
    this.#question = question;
    this.#stop();
    const { answer, history } = this.#answer ?? {};
    if (question && answer && history === this.#history && isSame(answer, question)) this.#options.onAnswer(answer);
    this.#begin();
  }

  /** The study as it is now. */
  update(history: History | null): void {
    this.#history = history;
    this.#begin();
  }

  dispose(): void {
    this.#isDisposed = true;
    this.#stop();
  }

  #stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const worker = this.#worker;
    if (!worker) return;
    this.#worker = null;
    this.#measured = null;
    void worker.terminate();
  }

  #begin(): void {
    const question = this.#question;
    const history = this.#history;
    if (!question || !history || this.#worker || this.#timer !== undefined || this.#isDisposed) return;
    const complete = history.count(TrialState.complete);
    const last = this.#measured;
    if (last && isSame(last, question) && last.history === history && last.complete === complete) return;
    this.#measured = { ...question, history, complete };
    this.#measure({ question, columns: importanceColumns(history, question.selection ?? null) }, history);
  }

  #measure(job: ImportanceJob, history: History): void {
    const began = performance.now();
    const worker = new Worker(this.#options.worker, { workerData: job, transferList: buffersOf(job.columns) });
    this.#worker = worker;
    const isCurrent = () => this.#worker === worker;
    worker.on('message', (answer: PanelImportance | number) => {
      if (!isCurrent()) return;
      if (typeof answer === 'number') {
        this.#options.onProgress?.(job.question, answer);
        return;
      }
      this.#answer = { answer, history };
      this.#options.onAnswer(answer);
    });
    worker.on('error', (error) => {
      if (isCurrent()) this.#options.onError(error);
    });
    worker.on('exit', () => {
      if (!isCurrent()) return;
      this.#worker = null;
      this.#timer = setTimeout(
        () => {
          this.#timer = undefined;
          this.#begin();
        },
        Math.max(SHORTEST_GAP_MS, GAP_SHARE * (performance.now() - began)),
      );
    });
  }
}

function isSame(one: ImportanceQuestion, other: ImportanceQuestion): boolean {
  return (
    one.evaluator === other.evaluator &&
    one.objective === other.objective &&
    one.selection?.key === other.selection?.key
  );
}
