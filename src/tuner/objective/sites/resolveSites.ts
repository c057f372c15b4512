import { lstatSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { isAbsolute, relative, resolve, sep } from 'node:path';
import { TuneboardError } from '../../../core/errors.ts';
import type { Params } from '../../../core/space/distributions.ts';
import type { SearchSpace } from '../../../core/space/searchSpace.ts';
import type { Literal } from '../../../language/literals.ts';
import { findSite, type SiteProblem } from '../../../language/sites/findSite.ts';
import { scanText } from '../../../language/sites/listSites.ts';
import { readSiteReference, siteLanguage } from '../../../language/sites/siteReference.ts';
import { tunerMessage } from '../../../words/en/tuner.ts';
import type { Message } from '../../../words/message.ts';

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
}

/** A larger file is data. */
const MOST_BYTES = 16 << 20;

/**
 * The places of a study's parameters. `base`: the study file's folder. Throws TuneboardError `bad-site` with the first
 * one that is not there, is not the only one of its name, or holds another kind of value than its range.
 */
export function resolveSites(sites: ReadonlyMap<string, string>, space: SearchSpace, base: string): ResolvedSite[] {
  const texts = new Map<string, ReturnType<typeof readCode>>();
  const resolved: ResolvedSite[] = [];
  for (const [parameter, at] of sites) {
    const reference = readSiteReference(at);
    if (!reference) throw problem(tunerMessage('siteUnreadable', { parameter, at }));
    const { file: named, path } = reference;
    const languageId = siteLanguage(named);
    if (languageId === null) throw problem(tunerMessage('siteLanguage', { parameter, file: named }));
    const file = realFile(named, base, parameter);
    const code = texts.get(file) ?? readCode(file, languageId, named, parameter);
    texts.set(file, code);
    const { site, problem: why } = findSite(code.sites, path);
    if (!site) throw problem(whyNot(parameter, named, path, why, code.brokenLines));
    const { start, end, cell, literal, line } = site;
    const other = resolved.find((one) => one.file === file && one.start < end && start < one.end);
    if (other) throw problem(tunerMessage('siteTwice', { parameter, other: other.parameter, at }));
    const source = code.text;
    const written = source.slice(start, end);
    // A text of a cell is in quotes that the notebook escapes.
    const text = cell ? (JSON.parse(`"${written}"`) as string) : written;
    resolved.push({
      parameter,
      file,
      named,
      languageId,
      path,
      source,
      start,
      end,
      text,
      literal,
      line,
      ...(cell && { cell }),
    });
  }
  for (const site of resolved) requireKind(site, space);
  return resolved;
}

/** The values that stand in the code: what trial 0 runs with. */
export function valuesInCode(sites: readonly ResolvedSite[]): Params {
  return Object.fromEntries(sites.map(({ parameter, literal }) => [parameter, literal.value]));
}

function problem(message: Message): TuneboardError {
  return new TuneboardError('bad-site', message);
}

function whyNot(parameter: string, file: string, path: string, why: SiteProblem, broken: readonly number[]): Message {
  if (why.type === 'ambiguous') {
    return tunerMessage('siteAmbiguous', { parameter, file, path, paths: why.paths.join(', ') });
  }
  if (why.near.length > 0) return tunerMessage('siteGoneNear', { parameter, file, path, near: why.near.join(', ') });
  const [line] = broken;
  return line === undefined
    ? tunerMessage('siteGone', { parameter, file, path })
    : tunerMessage('siteGoneBroken', { parameter, file, path, line });
}

/** A regular file in the study's folder: a link out of it is refused. */
function realFile(named: string, base: string, parameter: string): string {
  const path = resolve(base, named);
  if (!statSync(path, { throwIfNoEntry: false })?.isFile()) {
    throw problem(tunerMessage('siteNoFile', { parameter, file: named }));
  }
  const real = realpathSync(path);
  const inside = relative(realpathSync(base), real);
  if (inside === '..' || inside.startsWith(`..${sep}`) || isAbsolute(inside)) {
    throw problem(tunerMessage('siteOutside', { parameter, file: named }));
  }
  if (lstatSync(real).size > MOST_BYTES) throw problem(tunerMessage('siteTooLarge', { parameter, file: named }));
  return real;
}

function readCode(file: string, languageId: string, named: string, parameter: string) {
  const bytes = readFileSync(file);
  // Python may say another encoding in one of its first two lines.
  const declared =
    languageId === 'python' ? bytes.toString('latin1', 0, 400).split('\n', 2).map(encodingIn).find(Boolean) : undefined;
  const encoding = declared ?? 'utf-8';
  try {
    const text = new TextDecoder(/^(iso-?8859-1|latin-?1)$/.test(encoding) ? 'latin1' : encoding, {
      fatal: true,
    }).decode(bytes);
    return { text, ...scanText(languageId, text) };
  } catch {
    throw problem(tunerMessage('siteEncoding', { parameter, file: named, encoding }));
  }
}

/** The encoding that a comment of Python declares (PEP 263). */
function encodingIn(line: string): string | undefined {
  return line.trimStart().startsWith('#')
    ? /coding[:=][ \t]{0,20}([\w.-]{1,40})/.exec(line)?.[1]?.toLowerCase()
    : undefined;
}

/** A range of numbers has no place where a text stands, nor one of floats where code counts. */
function requireKind({ parameter, named, line, text, literal }: ResolvedSite, space: SearchSpace): void {
  const distribution = space.parameters.find(({ name }) => name === parameter)?.distribution;
  if (!distribution || distribution.type === 'categorical') return;
  const kind = distribution.type;
  if (literal.type !== 'number') throw problem(tunerMessage('siteKind', { parameter, file: named, line, text, kind }));
  if (kind === 'float' && literal.integer === true) {
    throw problem(tunerMessage('siteWhole', { parameter, file: named, line, text }));
  }
}
