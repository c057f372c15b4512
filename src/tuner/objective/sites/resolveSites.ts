import { realpathSync } from 'node:fs';
import { join } from 'node:path';
import { TuneboardError } from '../../../core/errors.ts';
import type { Params, ParamValue } from '../../../core/space/distributions.ts';
import type { Literal } from '../../../language/literals.ts';
import { MOST_SITE_MB, readSiteReference, siteLanguage } from '../../../language/sites/siteReference.ts';
import type { TunableSite } from '../../../language/sites/tunableSite.ts';
import { readSourceIn } from '../../../runs/siteFile.ts';
import { tunerMessage } from '../../../words/en/tuner.ts';

/** Where a parameter's value stands, with what has to be known to put another one there. Offsets in UTF-16 code units. */
export interface ResolvedSite {
  readonly parameter: string;
  /** Real path. */
  readonly file: string;
  /** As the study file names it. */
  readonly named: string;
  readonly languageId: string;
  /** As the study file names it, within its file. */
  readonly path: string;
  /** The file's text, without byte order mark; offsets are in it. */
  readonly source: string;
  readonly start: number;
  readonly end: number;
  /** What stands there; in a notebook in the cell's text. */
  readonly text: string;
  readonly literal: Literal;
  /** From 1. */
  readonly line: number;
  /** Of a notebook: the cell, from 0 among all cells, and the offset in its text. */
  readonly cell?: { readonly index: number; readonly start: number };
  /** Another value as it is written there. */
  readonly print: (value: ParamValue) => string;
}

/**
 * The places of a study's parameters, in files that `loadStudyFile` has checked. `base`: the study file's folder. Throws
 * TuneboardError `site-gone` for one that an edit since then has taken away.
 */
export async function resolveSites(sites: ReadonlyMap<string, string>, base: string): Promise<ResolvedSite[]> {
  return sites.size === 0 ? [] : resolveSitesBy(await import('../../../language/door.ts'), sites, base);
}

type Readers = Pick<typeof import('../../../language/door.ts'), 'findSite' | 'listSites' | 'printValue'>;

/** The same with readers that are loaded. */
export function resolveSitesBy(
  { findSite, listSites, printValue }: Readers,
  sites: ReadonlyMap<string, string>,
  base: string,
): ResolvedSite[] {
  const files = new Map<string, ScannedFile>();
  return [...sites].map(([parameter, at]) => {
    const { file: named, path } = readSiteReference(at) ?? { file: at, path: '' };
    const languageId = siteLanguage(named) ?? '';
    const code = files.get(named) ?? scanFile(base, named, (text) => listSites(languageId, text));
    const site = code && findSite(code.sites, path).site;
    if (!code || !site) throw new TuneboardError('site-gone', tunerMessage('siteGone', { parameter, at }));
    files.set(named, code);
    const { start, end, cell, literal, line } = site;
    const written = code.source.slice(start, end);
    // A text of a cell is in quotes that the notebook escapes.
    const text = cell ? (JSON.parse(`"${written}"`) as string) : written;
    const place = { start, end, text, literal, line, ...(cell && { cell }) };
    const print = (value: ParamValue) => printValue(cell ? 'python' : languageId, value, text);
    return { parameter, file: code.file, named, languageId, path, source: code.source, ...place, print };
  });
}

interface ScannedFile {
  /** Real path. */
  readonly file: string;
  readonly source: string;
  readonly sites: readonly TunableSite[];
}

/** By real path, what was found last: each trial asks anew, and a large file takes longer to scan than a short trial. */
const scanned = new Map<string, ScannedFile>();

/** Files of one study; a process that runs many studies needs those of the last ones. */
const MOST_SCANNED = 50;

function scanFile(
  base: string,
  named: string,
  list: (text: string) => readonly TunableSite[],
): ScannedFile | undefined {
  const read = readSourceIn(base, named, MOST_SITE_MB << 20);
  if (!('text' in read)) return undefined;
  const file = realpathSync(join(base, named));
  const known = scanned.get(file);
  if (known?.source === read.text) return known;
  const found = { file, source: read.text, sites: list(read.text) };
  scanned.delete(file);
  scanned.set(file, found);
  for (const oldest of scanned.keys()) if (scanned.size > MOST_SCANNED) scanned.delete(oldest);
  return found;
}

/** The values that stand in the code: what trial 0 runs with. */
export function valuesInCode(sites: readonly ResolvedSite[]): Params {
  return Object.fromEntries(sites.map(({ parameter, literal }) => [parameter, literal.value]));
}
