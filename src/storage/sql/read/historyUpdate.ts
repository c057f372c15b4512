import type { JsonValue } from '../../../core/study/changes.ts';
import type { History } from '../../../core/study/history.ts';
import { TrialState } from '../../../core/study/states.ts';
import { dumpJson } from '../../../core/text/pythonJson.ts';
import type { TrialRow } from './rowDecoder.ts';

/** Brings an unfinished trial of a history up to what its rows tell now; only what differs counts as a change. */
export function updateTrial(history: History, number: number, now: TrialRow['template']): void {
  for (const param of now.params) {
    const known = history.parameters.get(param.name);
    if (!known?.has(number) || known.internalAt(number) !== param.internal)
      history.apply({ type: 'param', number, param });
  }
  const { steps, values } = history.curve(number);
  const known = new Map(steps.map((step, index) => [step, values[index]]));
  for (const [step, value] of now.intermediate) {
    if (!known.has(step) || !Object.is(known.get(step), value))
      history.apply({ type: 'intermediate', number, step, value });
  }
  for (const type of ['userAttr', 'systemAttr'] as const) {
    const before = type === 'userAttr' ? history.userAttrs(number) : history.systemAttrs(number);
    const after = type === 'userAttr' ? now.userAttrs : now.systemAttrs;
    for (const [key, value] of Object.entries(after)) {
      if (!Object.hasOwn(before, key) || !isSame(before[key], value)) history.apply({ type, number, key, value });
    }
  }
  if (now.state === history.state(number)) return;
  if (
    history.state(number) === TrialState.waiting &&
    now.state !== TrialState.running &&
    !Number.isNaN(now.startedAt)
  ) {
    history.apply({ type: 'state', number, state: TrialState.running, at: now.startedAt });
  }
  const at = now.state === TrialState.running ? now.startedAt : now.completedAt;
  history.apply({ type: 'state', number, state: now.state, values: now.values, at });
}

function isSame(a: JsonValue | undefined, b: JsonValue): boolean {
  return a === b || dumpJson(a) === dumpJson(b);
}
