import { commands } from 'vscode';
import { formatNumber } from '../../core/text/numbers.ts';
import type { MetricCandidate } from '../../protocol/runRecord.ts';
import type { StudyEntry } from '../studies/studyEntry.ts';
import type { StudyRegistry } from '../studies/studyRegistry.ts';
import { Disposable } from '../window/disposable.ts';
import { Command } from '../window/ids.ts';
import { pick } from '../window/plainWindow.ts';
import { t } from '../window/words.ts';
import type { Choosing } from './collaborators.ts';
import { requireTrust } from './launch.ts';
import { order } from './steerStudy.ts';
import { chooseStudy } from './studyChoice.ts';

/** Asks once which number is the metric when the first run of a study that this window started does not make it clear. */
export class MetricQuestions extends Disposable {
  readonly #asked = new Set<string>();

  constructor(registry: StudyRegistry) {
    super();
    this.register(
      registry.onDidChange(({ studies }) => {
        for (const study of studies) this.#look(study);
      }),
    );
  }

  #look({ id, run, question }: StudyEntry): void {
    if (!run?.isOwn || !question) return;
    const asked = `${run.folder.path} ${run.record.startedAt}`;
    if (this.#asked.has(asked)) return;
    this.#asked.add(asked);
    // A command tells what went wrong.
    void commands.executeCommand(Command.chooseMetric, id);
  }
}

/** Lets a person choose among what the first run of a study printed; the tuner goes on with the answer. */
export async function chooseMetric(parts: Choosing, arg: unknown): Promise<void> {
  requireTrust();
  const study = await chooseStudy(parts, arg, {
    placeHolder: t('studyAsksMetric'),
    none: t('noQuestion'),
    fits: ({ question }) => question !== undefined,
  });
  if (!study?.question) return;
  const items = study.question.flatMap(metricItems);
  const chosen = await pick(items, { placeHolder: t('whichMetric', { name: study.name }), ignoreFocusOut: true });
  if (!chosen) return;
  await order(study, 'chooseMetric', { metric: chosen.metric, direction: chosen.direction });
  await parts.registry.refresh();
}

/** One row; two where nothing says which way is better. */
export function metricItems({ name, last, count, direction, isDirectionSure }: MetricCandidate) {
  const directions = isDirectionSure ? [direction] : (['minimize', 'maximize'] as const);
  return directions.map((one) => ({
    label: name,
    description: `${formatNumber(last)} · ${one === 'minimize' ? t('lowerIsBetter') : t('higherIsBetter')}`,
    detail: t('printedTimes', { count }),
    metric: name,
    direction: one,
  }));
}
