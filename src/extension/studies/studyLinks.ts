import { paretoFront } from '../../core/fronts/paretoFront.ts';
import type { StudyLink } from '../../protocol/editor.ts';
import type { StudyEntry } from './studyEntry.ts';
import { valueFormat } from './studyInsight.ts';

/** What the language server is told about the studies: which files they belong to, how they stand, the best trial. */
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
      ...(study.hasBest && directions.length > 1 && study.history ? { front: paretoFront(study.history).length } : {}),
      bestText: study.best && study.history ? valueFormat(study.history).format(study.best.value) : null,
    };
  });
}
