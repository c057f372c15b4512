import type { GoodRange } from '../../../core/importance/goodRegion.ts';
import type { BestTrial, InsertWay, StudyTie } from '../../../protocol/editor.ts';
import { type LabelledEdit, type PlannedEdits, planBestParams } from '../bestParamsEdits.ts';
import type { BestParam, CodeFile, OpenNameCall, ValueSite } from '../sites.ts';
import { foldName } from '../sites.ts';
import { dictEdits, enqueueEdits } from './blocks.ts';
import { narrowEdits } from './narrow.ts';
import { calledInObjective, namesOf, type OwnStudy, ownStudy, ownSuggestions } from './ownStudy.ts';

export interface WayOptions {
  readonly study?: StudyTie;
  /** Good ranges by parameter, for `narrow`. */
  readonly ranges?: Readonly<Record<string, GoodRange>>;
  /** What a comment says about where the values come from, without its sign. */
  readonly note: string;
}

/**
 * The edits of one way to use a trial's parameters in a file (`InsertWay`). Only `freeze` replaces a search by its values.
 * In a file without a search `values` rewrites the values.
 */
export function planWay(
  file: CodeFile,
  way: InsertWay,
  best: BestTrial,
  options: WayOptions,
  siblings: readonly CodeFile[] = [],
): PlannedEdits {
  const own = ownStudy(file, options.study);
  switch (way) {
    case 'values':
      return planValues(file, best, own, siblings);
    case 'freeze':
      return planFreeze(file, best, own, siblings);
    case 'dict':
      return dictEdits(file, best, own, options.note);
    case 'enqueue':
      return enqueueEdits(file, best, own, options.note);
    case 'narrow':
      return narrowEdits(file, best, own, options.ranges ?? {});
    default:
      return way satisfies never;
  }
}

/** Whether a file searches one of a trial's parameters itself. */
export function isSearched(file: CodeFile, best: BestTrial): boolean {
  const names = best.params.map(({ name }) => name);
  return [...file.suggestCalls, ...(file.search?.openNames ?? [])].some((call) => namesOf(call, names).size > 0);
}

/** Outside the search: the model that is trained with what was found, a call, a dict, constants. */
function planValues(file: CodeFile, best: BestTrial, own: OwnStudy, siblings: readonly CodeFile[]): PlannedEdits {
  const files = siblings.includes(file) ? siblings : [file, ...siblings];
  if (!files.some((one) => isSearched(one, best))) return planBestParams(file, best, null, siblings);
  const called = calledInObjective(file.sites, own);
  const isOutside = (site: ValueSite) => site.form !== 'suggest' && site.inObjective !== true;
  // Of several models below a search, the one that its objective makes.
  const isLike = (site: ValueSite) => isOutside(site) && site.owners?.[0] !== undefined && called.has(site.owners[0]);
  const likeNames = new Set(file.sites.filter(isLike).map(({ name }) => foldName(name)));
  const keep = (site: ValueSite) => isOutside(site) && (!likeNames.has(foldName(site.name)) || isLike(site));
  const { trial, members } = gathered(file, best, own, keep);
  const planned = planBestParams(file, trial, null, siblings, keep);
  const spread = (names: readonly string[]) => names.flatMap((name) => members.get(name) ?? [name]);
  return { ...planned, unmatched: spread(planned.unmatched), unchanged: spread(planned.unchanged) };
}

/** `n_units_l0` and `n_units_l1` as one list, where a file has one of that name: `n_units=[64, 32]`. */
function gathered(file: CodeFile, best: BestTrial, own: OwnStudy, keep: (site: ValueSite) => boolean) {
  const members = new Map<string, readonly string[]>();
  const names = best.params.map(({ name }) => name);
  let params: readonly BestParam[] = best.params;
  for (const call of file.search?.openNames ?? []) {
    const group = own.isOwn(call) ? inOrder(call, names) : null;
    if (!group) continue;
    const stem = foldName((call.pieces[0] ?? '').replace(/[_-]{0,3}(l|layers?|blocks?|stages?)?[_-]{0,3}$/i, ''));
    const wanted = new Set([stem, `${stem}s`, `${stem}list`, foldName(call.pieces.join(''))]);
    const list = file.sites.find(
      (site) => keep(site) && site.literal?.type === 'list' && stem !== '' && wanted.has(foldName(site.name)),
    );
    if (!list || members.has(list.name)) continue;
    members.set(list.name, group);
    const values = group.map((name) => best.params.find((param) => param.name === name)?.value ?? null);
    params = params.filter(({ name }) => !group.includes(name));
    params = [...params, { name: list.name, value: values, kind: 'categorical' }];
  }
  return { trial: { ...best, params }, members };
}

/** The parameters that a call numbers from 0 without a gap; null for any other names. */
function inOrder(call: OpenNameCall, names: readonly string[]): string[] | null {
  const found = [...namesOf(call, names)].map(([name, [filled = '']]) => ({ name, filled }));
  if (call.pieces.length !== 2 || found.length === 0) return null;
  const sorted = found.sort((a, b) => Number(a.filled) - Number(b.filled));
  return sorted.every(({ filled }, place) => filled === String(place)) ? sorted.map(({ name }) => name) : null;
}

/** Puts the values in place of the search, as a person asks for it. */
function planFreeze(file: CodeFile, best: BestTrial, own: OwnStudy, siblings: readonly CodeFile[]): PlannedEdits {
  const fixed = ownSuggestions(file, own).filter((call): call is OpenNameCall => !('name' in call));
  const names = best.params.map(({ name }) => name);
  const edits: LabelledEdit[] = [];
  const placed = new Set<string>();
  for (const call of fixed) {
    const group = namesOf(call, names);
    if (group.size === 0) continue;
    for (const name of group.keys()) placed.add(name);
    edits.push(frozen(file, call, group, best));
  }
  const rest = { ...best, params: best.params.filter(({ name }) => !placed.has(name)) };
  const keep = (site: ValueSite) => own.isOwn(site) && (site.form === 'suggest' || site.inObjective === true);
  const planned = planBestParams(file, rest, null, siblings, keep);
  return {
    ...planned,
    edits: [...planned.edits, ...edits].sort((a, b) => a.start - b.start || (a.order ?? 0) - (b.order ?? 0)),
  };
}

/** `[64, 32][i]` where the names are numbered by a loop, else `{"n_units_l0": 64}[f"n_units_l{i}"]`. */
function frozen(
  file: CodeFile,
  call: OpenNameCall,
  group: ReadonlyMap<string, unknown>,
  best: BestTrial,
): LabelledEdit {
  const params = best.params.filter(({ name }) => group.has(name));
  const ordered = inOrder(call, [...group.keys()]);
  const { variable } = call;
  const isLoop = variable !== null && new RegExp(`\\bfor\\s{1,9}${variable}\\s{1,9}in\\s{1,9}range\\(`).test(file.text);
  const byName = new Map(params.map((param) => [param.name, param]));
  const list = ordered?.map((name) => file.print(byName.get(name) as BestParam));
  const entries = params.map((param) => `${file.print(asText(param.name))}: ${file.print(param)}`);
  const newText = list && isLoop ? `[${list.join(', ')}][${variable}]` : `{${entries.join(', ')}}[${call.nameText}]`;
  const label = params.map((param) => `${param.name}: ${file.print(param)}`).join(', ');
  return { start: call.start, end: call.end, newText, label };
}

export function asText(text: string): BestParam {
  return { name: '', value: text, kind: 'categorical' };
}
