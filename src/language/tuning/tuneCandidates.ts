import type { TuneCandidate } from '../../protocol/editor.ts';
import { printYaml } from '../config/yamlFile.ts';
import { isApart } from '../draft/draftSites.ts';
import { type DraftDistribution, printDistribution, rankCandidates, tunable, wordsOf } from '../draft/tunable.ts';
import { findSite, shortestPath } from '../sites/findSite.ts';
import { readSiteReference } from '../sites/siteReference.ts';
import type { TunableSite } from '../sites/tunableSite.ts';

/** A file with its sites; `file` is what `at` calls it, relative to the study file's folder. */
export interface SiteFile {
  readonly file: string;
  readonly uri: string;
  readonly sites: readonly TunableSite[];
}

/** What a study file points at already: the parameter, by its `at`. */
export type TunedSites = ReadonlyMap<string, string>;

/** Sites of a script and its modules that are worth a search, the best first, and all that are searched already. */
export function tuneCandidates(files: readonly SiteFile[], tuned: TunedSites): TuneCandidate[] {
  const all = files.flatMap((file) => file.sites.map((site) => ({ ...site, file, site })));
  const ranked = rankCandidates(all.filter(({ path }) => !isApart(path)));
  const isRanked = new Set(ranked.map(({ site }) => site.site));
  const parameterOf = new Map(files.flatMap((file) => [...parametersAt(file, tuned)]));
  const others = all.filter(({ site }) => parameterOf.has(site) && !isRanked.has(site));
  return [
    ...ranked.map(({ site, distribution, rank }) => candidate(site.file, site.site, distribution, rank, parameterOf)),
    ...others.map(({ file, site }) => candidate(file, site, proposal(site), 0, parameterOf)),
  ];
}

/** The sites in a part of a file, each with a range of its own: a person means them, whatever their names say. */
export function candidatesIn(file: SiteFile, start: number, end: number, tuned: TunedSites): TuneCandidate[] {
  const parameterOf = parametersAt(file, tuned);
  const isOne = sitesIn(file.sites, start, end).length === 1;
  return sitesIn(file.sites, start, end).flatMap((site) => {
    // Of a text only itself is known to be possible: worth writing where a person asks for just this one.
    if (!isOne && (site.literal.type === 'string' || site.literal.type === 'null')) return [];
    return [candidate(file, site, proposal(site), 0, parameterOf)];
  });
}

/** Without a selection the site that the cursor touches; else all that lie in it. Lists and missing values have no range. */
export function sitesIn(sites: readonly TunableSite[], start: number, end: number): TunableSite[] {
  return sites.filter((site) => {
    if (site.literal.type === 'list' || site.literal.type === 'null') return false;
    return start === end ? site.start <= start && start <= site.end : site.start < end && site.end > start;
  });
}

/** Parameters of a study file by the site of this file that they stand in. */
export function parametersAt(file: SiteFile, tuned: TunedSites): Map<TunableSite, string> {
  const found = new Map<TunableSite, string>();
  for (const [at, parameter] of tuned) {
    const reference = readSiteReference(at);
    if (reference?.file.replace(/^\.\//, '') !== file.file) continue;
    const { site } = findSite(file.sites, reference.path);
    if (site) found.set(site, parameter);
  }
  return found;
}

function candidate(
  { file, uri, sites }: SiteFile,
  site: TunableSite,
  distribution: DraftDistribution,
  rank: number,
  parameterOf: ReadonlyMap<TunableSite, string>,
): TuneCandidate {
  const at = `${file}#${shortestPath(sites, site)}`;
  const range = printDistribution(distribution);
  return {
    name: parameterName(site.name),
    value: printYaml(site.literal.value),
    range: rangeText(distribution),
    line: `${range.slice(0, -2)}, at: ${JSON.stringify(at)} }`,
    file,
    uri,
    lineNumber: site.line,
    rank,
    parameter: parameterOf.get(site) ?? null,
  };
}

/** What the table of names proposes, else what the value alone does. */
function proposal({ name, path, literal }: TunableSite): DraftDistribution {
  const known = tunable(name, literal, { path });
  if ('distribution' in known && known.distribution) return known.distribution;
  const guess = tunable('value', literal);
  if ('distribution' in guess && guess.distribution) return guess.distribution;
  const { value } = literal;
  if (typeof value === 'boolean') return { type: 'categorical', choices: [true, false] };
  if (typeof value === 'number') return { type: 'int', low: Math.min(value, 0), high: Math.max(2 * value, 2) };
  return { type: 'categorical', choices: [value] };
}

/** A range as a person reads it: `1e-5 … 0.1 (log)`, `16, 32, 64`. */
export function rangeText(range: {
  readonly low?: number;
  readonly high?: number;
  readonly log?: boolean;
  readonly choices?: readonly unknown[];
}): string {
  if (range.choices) return range.choices.map((choice) => String(choice)).join(', ');
  const { low = 0, high = 0, log } = range;
  return `${shortNumber(low, log)} … ${shortNumber(high, log)}`;
}

/** A number in few letters, with three digits: on a logarithmic scale by its power of ten, as `1e-2`. */
export function shortNumber(value: number, isLog = false): string {
  const rounded = Number(value.toPrecision(3));
  const plain = String(Number.isInteger(value) ? value : rounded);
  const power = rounded.toExponential().replace('e+', 'e');
  const isFar = value !== 0 && (Math.abs(value) < (isLog ? 0.1 : 1e-3) || Math.abs(value) >= 1e5);
  return isFar && Number(power) === Number(plain) ? power : plain;
}

/** A name that can be a placeholder: `LEARNING_RATE` is `learning_rate`, `batchSize` stays. */
function parameterName(name: string): string {
  const words = name === name.toUpperCase() ? name.toLowerCase() : name;
  const safe = words
    .split(/[^\p{L}\p{N}]+/u)
    .filter(Boolean)
    .join('_');
  return /^\p{L}/u.test(safe) ? safe : `value_${safe || wordsOf(name)}`;
}
