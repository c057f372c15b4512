import { commands, l10n, workspace } from 'vscode';
import { paretoFront } from '../../core/fronts/paretoFront.ts';
import { isInParts, populationProgress } from '../../core/schedulers/progress.ts';
import type { StudyEntry } from '../studies/studyEntry.ts';
import { valueFormat } from '../studies/studyInsight.ts';
import type { StudyRegistry } from '../studies/studyRegistry.ts';
import { Disposable } from '../window/disposable.ts';
import { Command, Setting } from '../window/ids.ts';
import type { Notices } from '../window/notices.ts';
import { showError, showInformation } from '../window/plainWindow.ts';
import { needsInterpreter } from '../window/problem.ts';
import { t } from '../window/translated.ts';
import { inLanguage } from '../words/sentences.ts';

/** One message when a study ends that this window saw running; none before. */
export class EndNotices extends Disposable {
  readonly #notices: Notices;
  /** Run folders seen running, with the process that ran. */
  readonly #live = new Map<string, StudyEntry>();

  constructor(registry: StudyRegistry, notices: Notices) {
    super();
    this.#notices = notices;
    this.register(
      registry.onDidChange(({ studies }) => {
        for (const study of studies) this.#look(study);
      }),
    );
  }

  #look(study: StudyEntry): void {
    const folder = study.run?.folder.path;
    if (folder === undefined) return;
    if (study.isLive) this.#live.set(folder, study);
    else if (this.#live.delete(folder)) this.#tell(study).catch((error: unknown) => this.#notices.report(error));
  }

  async #tell(study: StudyEntry): Promise<void> {
    if (!workspace.getConfiguration().get(Setting.notificationsOnEnd, true)) return;
    const insert = { title: l10n.t('Insert best parameters'), command: Command.insertBestParameters };
    const history = { title: l10n.t('Show history'), command: Command.showHistory };
    const log = { title: l10n.t('Show run log'), command: Command.showRunLog };
    const resume = { title: l10n.t('Resume study'), command: Command.resumeStudy };
    const { state } = study;
    const interpreter = { title: l10n.t('Choose interpreter'), command: Command.chooseInterpreter };
    const isBroken = state === 'failed' || state === 'interrupted';
    const actions =
      state === 'failed'
        ? [needsInterpreter(study.run?.record.code) ? interpreter : log, history]
        : state === 'interrupted'
          ? [resume, log]
          : study.hasBest
            ? [insert, history]
            : state === 'stopped'
              ? [resume, log]
              : [log];
    const show = isBroken ? showError : showInformation;
    const chosen = await show(
      `${endSentence(study)}${othersSentence(study)}${leftSentence(study)}`,
      ...actions.map(({ title }) => title),
    );
    const action = actions.find(({ title }) => title === chosen);
    if (action) await commands.executeCommand(action.command, study.id);
  }
}

function endedText({ name, tried, state, history }: StudyEntry): string {
  const population = history && populationProgress(history);
  const isStopped = state === 'stopped';
  if (population) {
    const { members, step } = population;
    return isStopped
      ? t('{0} stopped with {1} members at step {2}', name, members, step)
      : t('{0} finished with {1} members at step {2}', name, members, step);
  }
  return isStopped ? t('{0} stopped after {1} trials', name, tried) : t('{0} finished {1} trials', name, tried);
}

/** A study that has ended here may go on. */
function othersSentence({ runningElsewhere }: StudyEntry): string {
  return runningElsewhere === 0 ? '' : ` ${t('Others go on with it, trials that run there: {0}.', runningElsewhere)}`;
}

/** What a stop could not reach. */
function leftSentence({ state, run }: StudyEntry): string {
  const { left, message } = run?.record ?? {};
  return state === 'stopped' && left && message ? ` ${inLanguage(message, t)}` : '';
}

function endSentence(study: StudyEntry): string {
  const { name, tried, state, best, history } = study;
  const told = study.run?.record.message;
  const message = told && inLanguage(told, t);
  if (state === 'failed') return message ? l10n.t('{0} failed. {1}', name, message) : l10n.t('{0} failed.', name);
  if (state === 'interrupted') {
    return t('{0} was interrupted after {1} trials: its process is gone.', name, tried);
  }
  const verb = endedText(study);
  const front = history ? paretoFront(history).length : 0;
  if (front > 0) return l10n.t('{0}, {1} of them on the Pareto front.', verb, front);
  if (history && !best && isInParts(history)) return l10n.t('{0}; none of them is trained to its end yet.', verb);
  if (!best || !history) return l10n.t('{0}; none of them has a value.', verb);
  return l10n.t('{0}, best {1} in trial {2}.', verb, valueFormat(history).format(best.value), best.number);
}
