import type { StudyLink } from '../../protocol/editor.ts';
import { type BestParam, type CodeFile, foldName, nameMatch, type ValueSlot } from './sites.ts';

export interface GhostText {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** The best value of the parameter that is being typed at the cursor; null where there is none, or another is typed. */
export function ghostTextAt(file: CodeFile, links: readonly StudyLink[], offset: number): GhostText | null {
  const params = links.find((link) => link.best)?.best?.params;
  const slot = params ? file.slotAt(offset) : null;
  const param = slot && params ? findParam(slot, params) : null;
  if (!slot || !param) return null;
  // A switch that was left out: what its argument is then, only its declaration tells.
  if (param.value === '' && slot.typed === '') return null;
  const text = printed(file, slot, param);
  if (!text.startsWith(slot.typed) || (text === slot.typed && slot.typed !== '')) return null;
  const quote = slot.typed[0];
  const closes = (quote === '"' || quote === "'") && file.text[offset] === quote;
  return { start: slot.start, end: offset + (closes ? 1 : 0), text };
}

function findParam(slot: ValueSlot, params: readonly BestParam[]): BestParam | null {
  const exact = params.find((param) => param.name === slot.name);
  const folded = params.find((param) => nameMatch(slot.name, param.name) > 0);
  // `optimizer.lr` of a study names the key `lr` of a configuration.
  const dotted = params.find((param) => foldName(param.name.split(/[./]|__/).at(-1) ?? '') === foldName(slot.name));
  return exact ?? folded ?? dotted ?? null;
}

function printed(file: CodeFile, slot: ValueSlot, param: BestParam): string {
  const switched = switchedTo(slot, param);
  if (switched !== null) return file.print({ ...param, value: switched }, slot.typed);
  const isNumber = typeof param.value === 'number';
  const quoted = /^["']/.test(slot.typed);
  if (isNumber && (slot.asText || quoted)) {
    return file.print({ name: param.name, value: file.print(param), kind: 'categorical' }, slot.typed);
  }
  return file.print(param, slot.typed);
}

/** A switch is searched as the flag that is passed, `--norm` or `--no-norm`; in code it is true or false. */
function switchedTo(slot: ValueSlot, { value }: BestParam): boolean | null {
  const flag = typeof value === 'string' ? /^--(.+)$/.exec(value)?.[1] : undefined;
  if (flag === undefined) return null;
  const names = [slot.name, `no${slot.name}`].map(foldName);
  const place = names.indexOf(foldName(flag));
  return place < 0 ? null : place === 0;
}
