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
  const { byPath, byBarePath, byEnding } = indexOf(sites);
  const exact = byPath.get(wanted);
  if (exact) return { site: exact };
  // `Net(dropout)` is the default of the class before it is an argument of a call of it.
  const matching = byBarePath.get(wanted) ?? byEnding.get(wanted);
  if (!matching) return { problem: { type: 'gone', near: nearPaths(sites, wanted) } };
  if (matching.length === 1) return { site: matching[0] as TunableSite };
  return { problem: { type: 'ambiguous', paths: matching.map((one) => one.path) } };
}

/** What a written path may name. A list holds the first sites only, as many as a problem tells. */
interface SiteIndex {
  readonly byPath: ReadonlyMap<string, TunableSite>;
  /** By the path without its last number. */
  readonly byBarePath: ReadonlyMap<string, readonly TunableSite[]>;
  /** By each ending of the path, with and without its last number. */
  readonly byEnding: ReadonlyMap<string, readonly TunableSite[]>;
}

const indexes = new WeakMap<readonly TunableSite[], SiteIndex>();

/** Made once for a list: a study file may name each of thousands of sites. */
function indexOf(sites: readonly TunableSite[]): SiteIndex {
  const known = indexes.get(sites);
  if (known) return known;
  const byPath = new Map<string, TunableSite>();
  const byBarePath = new Map<string, TunableSite[]>();
  const byEnding = new Map<string, TunableSite[]>();
  for (const site of sites) {
    if (!byPath.has(site.path)) byPath.set(site.path, site);
    const bare = site.path.replace(/\[\d+\]$/, '');
    addTo(byBarePath, bare, site);
    for (const start of borders(site.path)) {
      addTo(byEnding, site.path.slice(start), site);
      if (start < bare.length && bare !== site.path) addTo(byEnding, bare.slice(start), site);
    }
  }
  const index = { byPath, byBarePath, byEnding };
  indexes.set(sites, index);
  return index;
}

function addTo(lists: Map<string, TunableSite[]>, key: string, site: TunableSite): void {
  const list = lists.get(key);
  if (!list) lists.set(key, [site]);
  else if (list.length < MOST_NAMES) list.push(site);
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
