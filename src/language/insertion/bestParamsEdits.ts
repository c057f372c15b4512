import type { BestParamsEdits, BestTrial } from '../../protocol/editor.ts';
import { TextIndex } from '../textIndex.ts';
import { type Choice, chooseSites, sitesByName, valueFor } from './chooseSites.ts';
import { type BestParam, type CodeFile, foldName, type ValueSite } from './sites.ts';

/** A change of [start, end) with a label for the refactor preview. */
export interface LabelledEdit {
  readonly start: number;
  readonly end: number;
  readonly newText: string;
  readonly label: string;
  /** Decides between insertions at one place. */
  readonly order?: number;
}

export interface PlannedEdits {
  readonly edits: readonly LabelledEdit[];
  readonly unmatched: readonly string[];
  readonly unchanged: readonly string[];
}

/**
 * The edits that make a document hold the best parameters; none when it does already. Other cells of its notebook count
 * when it is decided which place is a parameter's, but only this document is edited. Sites that `keep` refuses are no places. With a cursor, a dict or object of
 * all parameters goes there when no parameter has a place anywhere.
 */
export function planBestParams(
  file: CodeFile,
  best: BestTrial,
  cursor: number | null,
  siblings: readonly CodeFile[] = [],
  keep: (site: ValueSite) => boolean = () => true,
): PlannedEdits {
  const files = siblings.includes(file) ? siblings : [file, ...siblings];
  const choices = choosePlaces(files, best, keep);
  const own = new Set(placesOf(file, best).filter(keep));
  const edits: LabelledEdit[] = [];
  const unmatched: string[] = [];
  const unchanged: string[] = [];
  const claimed = new ClaimedPlaces(own);
  for (const param of best.params) {
    const choice = choices.get(param.name);
    const sites = choice?.type === 'rewrite' || choice?.type === 'unchanged' ? choice.sites : [];
    if (sites.length === 0 || claimed.overlap(sites)) {
      unmatched.push(param.name);
      continue;
    }
    claimed.add(sites);
    if (choice?.type === 'unchanged') unchanged.push(param.name);
    else for (const site of sites) if (own.has(site)) edits.push(...siteEdits(file, site, param));
  }
  const hasPlace = best.params.some((param) => choices.get(param.name)?.type !== 'unmatched');
  if (cursor !== null && !hasPlace && best.params.length > 0) {
    const block = file.newBlock(best, cursor);
    const label = best.params.map((param) => param.name).join(', ');
    if (block) edits.push({ start: block.start, end: block.end, newText: block.text, label });
  }
  return { edits: edits.sort((a, b) => a.start - b.start || (a.order ?? 0) - (b.order ?? 0)), unmatched, unchanged };
}

/** Which places of a file parameters have claimed: `x = 0.5  # n_units` names two. */
class ClaimedPlaces {
  readonly #own: ReadonlySet<ValueSite>;
  /** By each stretch of text that they touch. */
  readonly #byStretch = new Map<number, ValueSite[]>();

  constructor(own: ReadonlySet<ValueSite>) {
    this.#own = own;
  }

  add(sites: readonly ValueSite[]): void {
    for (const site of sites) {
      if (!this.#own.has(site)) continue;
      for (const stretch of stretchesOf(site)) {
        const known = this.#byStretch.get(stretch);
        if (known) known.push(site);
        else this.#byStretch.set(stretch, [site]);
      }
    }
  }

  overlap(sites: readonly ValueSite[]): boolean {
    return sites.some(
      (site) =>
        this.#own.has(site) &&
        stretchesOf(site).some((stretch) =>
          this.#byStretch.get(stretch)?.some((one) => one.start < site.end && site.start < one.end),
        ),
    );
  }
}

const STRETCH = 1 << 8;

function stretchesOf({ start, end }: ValueSite): number[] {
  const first = Math.floor(start / STRETCH);
  return Array.from({ length: Math.floor(end / STRETCH) - first + 1 }, (_, index) => first + index);
}

/** The same in the protocol's positions. */
export function inPositions(text: string, planned: PlannedEdits): BestParamsEdits {
  const index = new TextIndex(text);
  const edits = planned.edits.map(({ start, end, newText, label }) => ({
    range: index.rangeAt(start, end),
    newText,
    label,
  }));
  return { ...planned, edits };
}

function choosePlaces(
  files: readonly CodeFile[],
  best: BestTrial,
  keep: (site: ValueSite) => boolean,
): Map<string, Choice> {
  const byFile = files.map((file) => placesOf(file, best).filter(keep));
  const places = byFile.flat();
  const crowds = new Map<ValueSite, number>();
  for (const own of byFile) countTogether(own, best, crowds);
  const sitesOf = sitesByName(places);
  return new Map(best.params.map((param) => [param.name, chooseSites(param, sitesOf(param), crowds)]));
}

/** How many of the parameters have a place in the same call, dict or class as each site. */
function countTogether(sites: readonly ValueSite[], best: BestTrial, crowds: Map<ValueSite, number>): void {
  const names = new Map<number, Set<string>>();
  const wanted = new Set(best.params.map((param) => foldName(param.name)));
  for (const { container, name } of sites) {
    if (container === undefined || !wanted.has(foldName(name))) continue;
    const together = names.get(container) ?? new Set();
    names.set(container, together.add(foldName(name)));
  }
  for (const site of sites) if (site.container !== undefined) crowds.set(site, names.get(site.container)?.size ?? 0);
}

const additionsOf = new WeakMap<CodeFile, { names: string; sites: readonly ValueSite[] }>();

/** A file's sites and the places where it could take a new one; the same objects at every call. */
function placesOf(file: CodeFile, best: BestTrial): readonly ValueSite[] {
  const names = best.params.map((param) => param.name);
  const key = names.join('\n');
  let known = additionsOf.get(file);
  if (known?.names !== key) {
    known = { names: key, sites: file.additions(names) };
    additionsOf.set(file, known);
  }
  return [...file.sites, ...known.sites];
}

function siteEdits(file: CodeFile, site: ValueSite, wanted: BestParam): LabelledEdit[] {
  const param = { ...wanted, value: valueFor(site, wanted) };
  const old = file.text.slice(site.start, site.end);
  const printed = site.asText || isQuotedNumber(site, param) ? asText(file, param, old) : file.print(param, old);
  const needsBrackets = site.brackets === 'always' || (site.brackets === 'negative' && printed.startsWith('-'));
  const value = needsBrackets ? `(${printed})` : printed;
  const label = old === '' ? `${param.name}: ${value}` : `${param.name}: ${shorten(old)} → ${value}`;
  const edit = { start: site.start, end: site.end, newText: (site.before ?? '') + value + (site.after ?? ''), label };
  if (!site.nameComment) return [edit];
  const { at, text } = site.nameComment;
  // The names of a line stand for its values in order.
  return [edit, { start: at, end: at, newText: text, label: `${param.name}: ${text.trim()}`, order: site.start }];
}

/** A number that the file keeps in quotes stays in quotes. */
function isQuotedNumber(site: ValueSite, param: BestParam): boolean {
  if (site.literal?.type !== 'string' || typeof param.value !== 'number') return false;
  return /^[-+]?[\d.]/.test(site.literal.value as string);
}

function asText(file: CodeFile, param: BestParam, like: string): string {
  if (typeof param.value === 'string') return file.print(param, like);
  return file.print({ name: param.name, value: file.print(param), kind: 'categorical' }, like);
}

function shorten(text: string): string {
  const line = text.replace(/\s+/g, ' ');
  return line.length > 60 ? `${line.slice(0, 59)}…` : line;
}
