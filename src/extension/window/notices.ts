import { commands, type LogOutputChannel } from 'vscode';
import { TuneboardError } from '../../core/errors.ts';
import { printable } from '../../core/text/printable.ts';
import { Command } from './ids.ts';
import { showError, showWarning } from './plainWindow.ts';
import { type Problem, problemOf } from './problem.ts';
import { t } from './words.ts';

/** The extension's voice: what a person reads in a message, and what goes to the log. */
export class Notices {
  readonly #log: LogOutputChannel;

  constructor(log: LogOutputChannel) {
    this.#log = log;
  }

  /** Tells an error, with its remedies as buttons. `args` go to the command of the button. */
  async error(error: unknown, ...args: unknown[]): Promise<void> {
    this.report(error);
    await this.problem(problemOf(error, t), ...args);
  }

  async problem({ sentence, actions }: Problem, ...args: unknown[]): Promise<void> {
    const chosen = await showError(sentence, ...actions.map(({ title }) => title));
    const action = actions.find(({ title }) => title === chosen);
    if (action) await commands.executeCommand(action.command, ...args);
  }

  /** A sentence that is longer than a line; VS Code cuts it where there is no button. */
  async warning(sentence: string): Promise<void> {
    this.#log.warn(printable(sentence));
    const log = t('showLog');
    if ((await showWarning(sentence, {}, log)) === log) await commands.executeCommand(Command.showLog);
  }

  report(error: unknown): void {
    // A sentence for a person says it all; where our own code failed, its place matters.
    if (error instanceof TuneboardError) this.#log.warn(printable(`${error.code}: ${error.message}`));
    else this.#log.error(error instanceof Error ? error : String(error));
  }

  explain(error: unknown): string {
    return problemOf(error, t).sentence;
  }
}
