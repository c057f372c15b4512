import { paretoFront } from '../../core/fronts/paretoFront.ts';
import { type ParameterNote, parameterNotes } from '../../core/importance/parameterNotes.ts';
import type { History } from '../../core/study/history.ts';
import { TrialState } from '../../core/study/states.ts';
import type { StudyLink } from '../../protocol/editor.ts';
import type { StudyEntry } from './studyEntry.ts';
import { valueFormat } from './studyInsight.ts';

/** What the language server knows of the studies: their files, states and best trials. */
export function studyLinks(studies: readonly StudyEntry[], toUri: (path: string) => string): StudyLink[] {
  return studies.map((study) => {
    const { ranBy, record, state, objective } = study;
    const directions = record?.directions ?? [];
    const sources = [ranBy?.record.source, ranBy?.record.script].filter((path) => path !== undefined);
    return {
      id: study.id,
      studyName: study.name,
      ...(objective !== undefined && { objective }),
      sources: [...new Set(sources)].map(toUri),
      run: state === 'interrupted' ? 'idle' : state,
      finished: study.tried,
      total: study.goal,
      direction: directions.length === 1 ? (directions[0] ?? null) : null,
      metric: study.metricName() === 'value' ? null : study.metricName(),
      best: study.best,
      ...notesOf(study),
      ...(study.hasBest && directions.length > 1 && study.history ? { front: paretoFront(study.history).length } : {}),
      bestText: study.best && study.history ? valueFormat(study.history).format(study.best.value) : null,
    };
  });
}

const known = new WeakMap<History, { readonly complete: number; readonly notes: readonly ParameterNote[] }>();

/** Made anew after a quarter more trials: the notes look at all of them. */
function notesOf({ history }: StudyEntry): Pick<StudyLink, 'parameters'> {
  if (!history || history.best === undefined) return {};
  const complete = history.count(TrialState.complete);
  const earlier = known.get(history);
  if (earlier && complete < Math.max(earlier.complete + 1, earlier.complete * 1.25))
    return { parameters: earlier.notes };
  const notes = parameterNotes(history);
  known.set(history, { complete, notes });
  return { parameters: notes };
}
