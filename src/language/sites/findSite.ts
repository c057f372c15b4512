import { editDistance } from '../../core/text/closest.ts';
import type { TunableSite } from './tunableSite.ts';

/** Why a path names no site: there is none, with the paths that it is most like; or there are several, with theirs. */
export type SiteProblem =
  | { readonly type: 'gone'; readonly near: readonly string[] }
  | { readonly type: 'ambiguous'; readonly paths: readonly string[] };

export type FoundOrProblem =
  | { readonly site: TunableSite; readonly problem?: undefined }
  | { readonly site?: undefined; readonly problem: SiteProblem };

/** Near names and paths beyond this many are not told. */
const MOST_NAMES = 5;

/**
 * The site that a written path names: the one whose full path it is, else the only one whose full path ends with it after
 * a dot. The number of several that have the same full path may be left out only where there is one of them.
 */
export function findSite(sites: readonly TunableSite[], path: string): FoundOrProblem {
  const wanted = path.trim();
  const exact = firstByPath(sites).get(wanted);
  if (exact) return { site: exact };
  const ending = sites.filter((site) => endsWith(site.path, wanted));
  // `Net(dropout)` is the default of the class before it is an argument of a call of it.
  const same = ending.filter((site) => withoutNumber(site.path) === wanted);
  const matching = same.length > 0 ? same : ending;
  if (matching.length === 1) return { site: matching[0] as TunableSite };
  if (matching.length > 1) {
    return { problem: { type: 'ambiguous', paths: matching.slice(0, MOST_NAMES).map((one) => one.path) } };
  }
  return { problem: { type: 'gone', near: nearPaths(sites, wanted) } };
}

const known = new WeakMap<readonly TunableSite[], ReadonlyMap<string, TunableSite>>();

/** Made once for a list: a study file may name each of thousands of sites. */
function firstByPath(sites: readonly TunableSite[]): ReadonlyMap<string, TunableSite> {
  let byPath = known.get(sites);
  if (!byPath) {
    byPath = new Map(sites.toReversed().map((site) => [site.path, site]));
    known.set(sites, byPath);
  }
  return byPath;
}

/** The shortest path that names a site and no other. */
export function shortestPath(sites: readonly TunableSite[], site: TunableSite): string {
  for (const start of borders(site.path).reverse()) {
    const path = site.path.slice(start);
    if (findSite(sites, path).site === site) return path;
  }
  return site.path;
}

/** Where segments of a path start, in its order. Dots in brackets part none. */
function borders(path: string): number[] {
  const starts = [0];
  let depth = 0;
  for (let at = 0; at < path.length; at++) {
    if (path[at] === '(') depth++;
    else if (path[at] === ')') depth--;
    else if (path[at] === '.' && depth === 0) starts.push(at + 1);
  }
  return starts;
}

function endsWith(path: string, wanted: string): boolean {
  return isEnding(path, wanted) || isEnding(withoutNumber(path), wanted);
}

function isEnding(path: string, wanted: string): boolean {
  return path === wanted || path.endsWith(`.${wanted}`);
}

function withoutNumber(path: string): string {
  return path.replace(/\[\d+\]$/, '');
}

/** Paths whose last segments are like the wanted one's, the most alike first. */
function nearPaths(sites: readonly TunableSite[], wanted: string): string[] {
  const count = borders(wanted).length;
  const rated = sites.flatMap(({ path }) => {
    const starts = borders(path);
    const ending = path.slice(starts.at(-count) ?? 0);
    const limit = Math.floor(Math.max(wanted.length, ending.length) / 3) + 1;
    if (Math.abs(wanted.length - ending.length) >= limit) return [];
    const distance = editDistance(wanted.toLowerCase(), ending.toLowerCase());
    return distance < limit ? [{ path, distance }] : [];
  });
  return rated
    .sort((a, b) => a.distance - b.distance || a.path.length - b.path.length)
    .slice(0, MOST_NAMES)
    .map(({ path }) => path);
}
