import type { Tree } from '@lezer/common';
import type { Span } from '../../studyfile/editing/positions.ts';
import { isJavaScriptDialect, parseJavaScript } from '../javascript/tree.ts';
import { isNestedTooDeep } from '../openCodeFile.ts';
import { parsePython } from '../python/tree.ts';
import { TextIndex } from '../textIndex.ts';
import { jsonSites, tomlSites, yamlSites } from './configSites.ts';
import { javaScriptSites } from './javaScriptSites.ts';
import { isLineLanguage, lineSites } from './lineSites.ts';
import { notebookSites } from './notebookSites.ts';
import { pythonSites } from './pythonSites.ts';
import type { FoundSite, FoundSites, TunableSite } from './tunableSite.ts';

/** What was found in a text: its sites in the order of the text, and the lines (from 1) that its parser did not understand. */
export interface ScannedText {
  readonly sites: readonly TunableSite[];
  readonly brokenLines: readonly number[];
}

const NONE: FoundSites = { sites: [], errors: [] };

/** What is known of a text already: its tree. `within`: only the statements of a program that touch this part are looked at. */
export interface ParsedText {
  readonly tree: Tree;
  readonly within?: Span;
}

/** Every literal of a text that a trial can replace. Empty for a language without sites. */
export function listSites(languageId: string, text: string, parsed?: ParsedText): readonly TunableSite[] {
  return scanText(languageId, text, parsed).sites;
}

/** The sites of a text. Those of a line that its parser does not understand are left out. */
export function scanText(languageId: string, text: string, parsed?: ParsedText): ScannedText {
  // Editors, Python and Node take the mark of UTF-8 for no part of the text.
  const skipped = text.startsWith('\uFEFF') ? 1 : 0;
  const { sites, errors } = findSites(languageId, text.slice(skipped), skipped === 0 ? parsed : undefined);
  const index = new TextIndex(text);
  const lineOf = (offset: number) => index.lineAt(offset + skipped) + 1;
  const broken = new Set(errors.map(lineOf));
  const whole = sites.filter((site) => !broken.has(lineOf(site.start)));
  const placed = numbered(whole.toSorted((a, b) => a.start - b.start)).map((site) => ({
    ...site,
    start: site.start + skipped,
    end: site.end + skipped,
    line: lineOf(site.start),
  }));
  return { sites: placed, brokenLines: [...broken].sort((a, b) => a - b) };
}

function findSites(languageId: string, text: string, parsed: ParsedText | undefined): FoundSites {
  if (isLineLanguage(languageId)) return lineSites(languageId, text);
  if (isNestedTooDeep(text)) return NONE;
  if (languageId === 'python') return pythonSites(parsed?.tree ?? parsePython(text), text, parsed?.within);
  if (isJavaScriptDialect(languageId))
    return javaScriptSites(parsed?.tree ?? parseJavaScript(text, languageId), text, parsed?.within);
  if (languageId === 'yaml') return yamlSites(text);
  if (languageId === 'json' || languageId === 'jsonc') return jsonSites(text);
  if (languageId === 'jupyter-notebook') return notebookSites(text);
  return languageId === 'toml' ? tomlSites(text) : NONE;
}

/** Sites of one full path are told apart by their place in the order of the text: `[1]`, `[2]` … */
function numbered(sites: readonly FoundSite[]): FoundSite[] {
  const counts = new Map<string, number>();
  for (const { path } of sites) counts.set(path, (counts.get(path) ?? 0) + 1);
  const used = new Map<string, number>();
  return sites.map((site) => {
    if (counts.get(site.path) === 1) return site;
    let number = used.get(site.path) ?? 0;
    do number++;
    while (counts.has(`${site.path}[${number}]`));
    used.set(site.path, number);
    return { ...site, path: `${site.path}[${number}]` };
  });
}
