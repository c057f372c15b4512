import { isInParts, partlyTrained, populationProgress } from '../../core/schedulers/progress.ts';
import { TrialState } from '../../core/study/states.ts';
import { printable, withoutColours } from '../../core/text/printable.ts';
import type { SessionEvents, SessionView } from '../run/events.ts';
import { durationText, fit, padEnd, padStart, paramsText, progressText, STATE_NAMES, shortNumber } from './text.ts';

const REDRAW_MS = 100;
const COLOURS: Readonly<Record<TrialState, Colour>> = {
  [TrialState.running]: 'bold',
  [TrialState.complete]: 'green',
  [TrialState.pruned]: 'yellow',
  [TrialState.fail]: 'red',
  [TrialState.waiting]: 'dim',
};

/**
 * Shows a study while it runs. On a terminal: finished trials as rows of a table, below them the running ones and a
 * progress bar, redrawn in place. Elsewhere: one plain line a trial.
 */
export class StudyRenderer implements SessionEvents {
  readonly #terminal: Terminal;
  readonly #latest = new Map<number, { value: number; step: number }>();
  readonly #startedAt = new Map<number, number>();
  readonly #began = Date.now();
  #view: SessionView | undefined;
  #timer: NodeJS.Timeout | undefined;
  #finishedHere = 0;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  opened(view: SessionView): void {
    clearInterval(this.#timer);
    this.#view = view;
    const known = view.knownTrials;
    const from = known > 0 ? `, continuing after ${known} trial${known === 1 ? '' : 's'}` : '';
    this.#terminal.line(`Study "${view.studyName}"${from}.`);
    if (!this.#terminal.isLive) return;
    const metric = view.metrics.join(', ') || 'value';
    this.#terminal.line(fit(row('trial', 'state', metric, 'time', 'parameters'), this.#terminal.columns), 'dim');
    this.#timer = setInterval(() => this.#draw(), REDRAW_MS);
  }

  trialStarted(number: number): void {
    this.#startedAt.set(number, Date.now());
  }

  trialReported(number: number, value: number, step: number): void {
    this.#latest.set(number, { value, step });
  }

  trialPaused(number: number, value: number, step: number): void {
    this.#latest.delete(number);
    this.#startedAt.delete(number);
    const metric = this.#view?.metrics[0] ?? 'value';
    if (this.#terminal.isLive) this.#draw();
    else this.#terminal.line(`trial ${number} paused at step ${step}: ${metric}=${shortNumber(value)}`);
  }

  trialEnded(number: number, state: TrialState, values: readonly number[] | null, reason: string | undefined): void {
    const view = this.#view;
    if (!view) return;
    this.#finishedHere++;
    const took = durationText(this.#tookMs(view, number));
    this.#latest.delete(number);
    this.#startedAt.delete(number);
    const params = paramsText(view.history.params(number));
    const shown = values?.map(shortNumber).join(', ') ?? '';
    if (this.#terminal.isLive) {
      const text = fit(row(String(number), STATE_NAMES[state], shown, took, params), this.#terminal.columns);
      this.#terminal.line(text, COLOURS[state]);
      if (reason) this.#terminal.line(fit(`       ${reason}`, this.#terminal.columns), 'dim');
      this.#draw();
    } else {
      const result = values
        ? ` ${view.metrics.map((name, index) => `${name}=${shortNumber(values[index] as number)}`).join(' ')}`
        : '';
      const best = this.#newBest(view, number);
      this.#terminal.line(
        `trial ${number} ${STATE_NAMES[state]}${result} in ${took}: ${params}${best}${reason ? ` (${reason})` : ''}`,
      );
    }
  }

  note(sentence: string): void {
    this.#terminal.line(sentence);
  }

  output(line: string): void {
    if (!this.#terminal.isLive) this.#terminal.line(withoutColours(line));
  }

  close(): void {
    clearInterval(this.#timer);
    this.#terminal.live([]);
  }

  /** As the storage says: a script's trials are seen a moment after they begin and end. */
  #tookMs({ history }: SessionView, number: number): number {
    const storedMs = (history.completedAt[number] as number) - (history.startedAt[number] as number);
    return storedMs >= 0 ? storedMs : Date.now() - (this.#startedAt.get(number) ?? Date.now());
  }

  #newBest(view: SessionView, number: number): string {
    if (view.history.best !== number) return '';
    return ` · best so far ${shortNumber(view.history.value(number))}`;
  }

  #draw(): void {
    const view = this.#view;
    if (!view) return;
    // A trial that has just been shown as ended may still count as running for a moment.
    const current = view.runningTrials().filter((number) => this.#startedAt.has(number));
    const running = current.map((number) => {
      const latest = this.#latest.get(number);
      const value = latest ? shortNumber(latest.value) : '';
      const took = durationText(Date.now() - (this.#startedAt.get(number) ?? Date.now()));
      const state = latest ? `step ${latest.step}` : 'running';
      return row(String(number), state, value, took, paramsText(view.history.params(number)));
    });
    this.#terminal.live([...running, this.#progress(view)]);
  }

  #progress(view: SessionView): string {
    const { trials } = view.budget();
    const finished = view.finished();
    const tried = finished + partlyTrained(view.history);
    const progress = progressText(view.history, tried, trials);
    const isGoal = trials !== null && populationProgress(view.history) === null;
    const parts = [isGoal ? `${bar(tried / trials, 24)} ${progress}` : progress];
    const { best } = view.history;
    if (best !== undefined) parts.push(`best ${shortNumber(view.history.value(best))} (trial ${best})`);
    const state = view.state();
    if (state !== 'running') parts.push(state);
    else if (trials !== null && this.#finishedHere > 0 && finished < trials && !isInParts(view.history)) {
      parts.push(`${durationText(((Date.now() - this.#began) / this.#finishedHere) * (trials - finished))} left`);
    }
    return parts.join(' · ');
  }
}

function row(number: string, state: string, value: string, time: string, params: string): string {
  return `${padStart(number, 5)}  ${padEnd(state, 9)} ${padStart(value, 10)} ${padStart(time, 8)}  ${params}`;
}

/** Done part of a whole as a bar of `width` cells, in eighths. */
export function bar(part: number, width: number): string {
  const eighths = Math.round(Math.min(1, Math.max(0, part)) * width * 8);
  const full = Math.floor(eighths / 8);
  const rest = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'][eighths % 8] as string;
  return `${'█'.repeat(full)}${rest}${'░'.repeat(width - full - (rest ? 1 : 0))}`;
}

/** The terminal that a command prints to: what it can do, and a live area at its bottom. */
type Stream = NodeJS.WritableStream & { isTTY?: boolean; columns?: number; rows?: number };
type Colour = 'green' | 'yellow' | 'red' | 'dim' | 'bold';

const CODES: Readonly<Record<Colour, string>> = { green: '32', yellow: '33', red: '31', dim: '2', bold: '1' };

export class Terminal {
  readonly isLive: boolean;
  readonly #stream: Stream;
  readonly #hasColour: boolean;
  #liveLines = 0;

  constructor(stream: Stream = process.stdout, env: NodeJS.ProcessEnv = process.env) {
    this.#stream = stream;
    this.isLive = stream.isTTY === true && env['TERM'] !== 'dumb';
    this.#hasColour = this.isLive && !env['NO_COLOR'];
  }

  get columns(): number {
    return Math.max(20, this.#stream.columns ?? 80);
  }

  get rows(): number {
    return Math.max(5, this.#stream.rows ?? 24);
  }

  /** Prints a line for good, above the live area: one, whatever the text holds. */
  line(text = '', colour?: Colour): void {
    const shown = printable(text);
    const coloured = colour && this.#hasColour ? `\x1b[${CODES[colour]}m${shown}\x1b[0m` : shown;
    this.#stream.write(`${this.#clear()}${coloured}\n`);
  }

  /** Replaces the live area, each line cut to the width; does nothing where the terminal cannot. */
  live(lines: readonly string[]): void {
    if (!this.isLive) return;
    // A line in the last column already wraps on some terminals.
    const shown = lines.slice(-(this.rows - 1)).map((line) => fit(line, this.columns - 1));
    this.#stream.write(`${this.#clear()}${shown.map((line) => `${line}\n`).join('')}`);
    this.#liveLines = shown.length;
  }

  #clear(): string {
    const text = this.#liveLines > 0 ? `\x1b[${this.#liveLines}A\x1b[0J` : '';
    this.#liveLines = 0;
    return text;
  }
}
