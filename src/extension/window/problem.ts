import { TuneboardError } from '../../core/errors.ts';
import { Command } from './ids.ts';
import type { Translate } from './words.ts';

export interface ProblemAction {
  readonly title: string;
  readonly command: string;
}

/** An error as a person sees it: one sentence and at most two things to do about it. */
export interface Problem {
  readonly sentence: string;
  readonly actions: readonly ProblemAction[];
}

/** Letters that surely fit in one line of a message; a Chinese one is as wide as two. */
const ONE_LINE = 50;

/** Whether another Python interpreter is what helps. */
export function needsInterpreter(code: string | undefined): boolean {
  return code === 'no-python' || code === 'old-python' || code === 'no-optuna';
}

/** The one place that turns an error into words. What the sentence leaves out is in the log. */
export function problemOf(error: unknown, t: Translate): Problem {
  const code = codeOf(error);
  const message = messageOf(error, t);
  const log = { title: t('showLog'), command: Command.showLog };
  const runLog = { title: t('showRunLog'), command: Command.showRunLog };
  if (needsInterpreter(code)) {
    return { sentence: message, actions: [{ title: t('chooseInterpreter'), command: Command.chooseInterpreter }] };
  }
  switch (code) {
    case 'untrusted':
      return {
        sentence: message,
        actions: [{ title: t('manageWorkspaceTrust'), command: 'workbench.trust.manage' }],
      };
    case 'not-running':
    case 'study-replaced':
    case 'connection-lost':
      return { sentence: message, actions: [{ title: t('resumeStudy'), command: Command.resumeStudy }] };
    case 'not-a-storage':
    case 'not-found':
    case 'unsupported-url':
    case 'truncated':
    case 'no-study':
    case 'missing-password':
    case 'wrong-password':
    case 'no-database':
      return { sentence: message, actions: [{ title: t('openAnotherStorage'), command: Command.openStorage }] };
    case 'already-running':
      return {
        sentence: t('studyRunningAlreadyStarted'),
        actions: [{ title: t('showHistory'), command: Command.showHistory }],
      };
    case 'study-file':
      return {
        sentence: message,
        actions: [{ title: t('showProblems'), command: 'workbench.actions.view.problems' }],
      };
    case 'launch-failed':
    case 'study-failed':
    case 'all-failed':
      return { sentence: message, actions: [runLog, log] };
    case 'no-folder':
      return {
        sentence: message,
        actions: [
          { title: t('openExample'), command: Command.openExample },
          { title: t('openFolder'), command: 'vscode.openFolder' },
        ],
      };
    case 'no-script':
      return {
        sentence: message,
        actions: [
          { title: t('newStudyFile'), command: Command.newStudyFile },
          { title: t('openExample'), command: Command.openExample },
        ],
      };
    case 'nothing-to-tune':
      return { sentence: message, actions: [{ title: t('newStudyFile'), command: Command.newStudyFile }] };
    case 'no-study-yet':
      return { sentence: message, actions: [{ title: t('startStudy'), command: Command.startStudy }] };
    case 'nothing-to-start':
      return { sentence: message, actions: [{ title: t('newStudyFile'), command: Command.newStudyFile }] };
    default: {
      // VS Code cuts what does not fit in one line where there is no button.
      const isWhole = widthOf(message) <= ONE_LINE && error instanceof TuneboardError;
      return { sentence: message, actions: isWhole ? [] : [log] };
    }
  }
}

export function codeOf(error: unknown): string {
  const code = error instanceof Error ? (error as Error & { code?: unknown }).code : undefined;
  return typeof code === 'string' ? code : 'unknown';
}

function widthOf(text: string): number {
  return [...text].reduce((width, letter) => width + (letter < '\u2e80' ? 1 : 2), 0);
}

/** A person's error is a sentence already; anything else is ours, and its first line is all that helps. */
function messageOf(error: unknown, t: Translate): string {
  if (error instanceof TuneboardError) return t.say(error.words);
  const first = (error instanceof Error ? error.message : String(error)).split('\n', 1)[0];
  return t('tuneboardMetUnexpectedError', { reason: first || t('noDetails') });
}
