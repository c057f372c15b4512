import { TrialState } from '../../core/study/states.ts';
import type { TrialGroup } from '../tree/trialGroups.ts';
import type { Translate } from '../window/words.ts';
import type { StudyState } from './studyEntry.ts';

export function groupName(group: TrialGroup, t: Translate): string {
  switch (group) {
    case 'front':
      return t('bestGroup');
    case 'paused':
      return t('pausedGroup');
    case TrialState.running:
      return t('runningGroup');
    case TrialState.complete:
      return t('completeGroup');
    case TrialState.pruned:
      return t('prunedGroup');
    case TrialState.fail:
      return t('failedGroup');
    case TrialState.waiting:
      return t('waitingGroup');
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
      return t('notRunning');
    default:
      return state satisfies never;
  }
}
