import { TrialState } from '../../core/study/states.ts';
import type { TrialGroup } from '../tree/trialGroups.ts';
import type { Translate } from '../words/translate.ts';
import type { StudyState } from './studyEntry.ts';

export function groupName(group: TrialGroup, t: Translate): string {
  switch (group) {
    case 'front':
      return t('Best');
    case 'paused':
      return t('Paused');
    case TrialState.running:
      return t('Running');
    case TrialState.complete:
      return t('Complete');
    case TrialState.pruned:
      return t('Pruned');
    case TrialState.fail:
      return t('Failed');
    case TrialState.waiting:
      return t('Waiting');
    default:
      return group satisfies never;
  }
}

export function stateWord(state: StudyState, t: Translate): string {
  switch (state) {
    case 'starting':
      return t('starting');
    case 'running':
      return t('running');
    case 'paused':
      return t('paused');
    case 'stopping':
      return t('stopping');
    case 'finished':
      return t('finished');
    case 'stopped':
      return t('stopped');
    case 'failed':
      return t('failed');
    case 'interrupted':
      return t('interrupted');
    case 'idle':
      return t('not running');
    default:
      return state satisfies never;
  }
}
