import type { StudyFileProblem } from '../../studyfile/checks/problems.ts';
import { asRecord, type Raw } from '../../studyfile/checks/report.ts';
import { readStudyDocument, toPlain } from '../../studyfile/editing/document.ts';
import { spanOf, wordAt } from '../../studyfile/editing/positions.ts';
import { type Sentence, sayIn, sentenceIn } from '../../studyfile/say.ts';
import { numberIn } from '../literals.ts';
import { findSite } from './findSite.ts';
import { type ScannedText, scanText } from './listSites.ts';
import { MOST_SITE_MB, readSiteReference, siteLanguage } from './siteReference.ts';
import type { TunableSite } from './tunableSite.ts';

/** The text of a file that `at` names, without byte order mark, or why it has none for us. */
export type SiteFile =
  | { readonly text: string }
  | { readonly problem: 'missing' | 'outside' | 'no-file' | 'too-large' }
  | { readonly problem: 'encoding'; readonly encoding: string };

/** Gives the file of a name that is relative to the study file's folder. */
export type ReadSiteFile = (file: string) => SiteFile;

/** Later places are not looked at: each that is gone is compared with all there are. */
const MOST_TOLD = 200;

/** What is wrong with the places that a study file's `at` keys name, in the order of the text. */
export function siteProblems(text: string, read: ReadSiteFile, locale = 'en'): StudyFileProblem[] {
  const say = sayIn(locale);
  const document = readStudyDocument(text);
  if (document.errors.length > 0 || !/\bat\b/.test(text)) return [];
  const space = Object.entries(asRecord(asRecord(toPlain(document))['space']));
  const files = new Map<string, ScannedFile>();
  const taken = new Map<string, string>();
  let told = 0;
  return space.flatMap(([name, value]) => {
    const parameter = asRecord(value);
    const { at } = parameter;
    if (typeof at !== 'string' || told >= MOST_TOLD) return [];
    const wrong = problemOf(name, at, parameter, (file) => known(files, file, read), taken, say);
    if (!wrong) return [];
    told++;
    const [sentence, replaceBy] = wrong;
    const span = spanOf(document, ['space', name, 'at']);
    const problem = { severity: 'error', code: sentence[0], message: sentenceIn(say, sentence), ...span } as const;
    if (replaceBy === undefined) return [problem];
    const quote = text[span.start] === "'" || text[span.start] === '"' ? text[span.start] : undefined;
    const newText = quote === "'" ? `'${replaceBy.replaceAll("'", "''")}'` : wordAt('"', 0, replaceBy);
    return [{ ...problem, fix: { title: say('changeTo', { text: replaceBy }), newText } }];
  });
}

type ScannedFile = { readonly scanned: ScannedText; readonly text: string } | Exclude<SiteFile, { text: string }>;

function known(files: Map<string, ScannedFile>, file: string, read: ReadSiteFile): ScannedFile {
  let found = files.get(file);
  if (!found) {
    const given = read(file);
    found = 'text' in given ? { text: given.text, scanned: scanText(siteLanguage(file) ?? '', given.text) } : given;
    files.set(file, found);
  }
  return found;
}

type Wrong = readonly [sentence: Sentence, replaceBy?: string];

function problemOf(
  name: string,
  at: string,
  parameter: Raw,
  open: (file: string) => ScannedFile,
  taken: Map<string, string>,
  say: ReturnType<typeof sayIn>,
): Wrong | null {
  const reference = readSiteReference(at);
  if (!reference) return [['at-form', { name, at }]];
  const { file, path } = reference;
  if (siteLanguage(file) === null) return [['at-language', { file }]];
  const opened = open(file);
  if ('problem' in opened) return [unreadable(file, opened)];
  const { sites, brokenLines } = opened.scanned;
  const { site, problem } = findSite(sites, path);
  if (problem?.type === 'ambiguous') {
    return [['at-ambiguous', { file, path, paths: problem.paths.join(', ') }], `${file}#${problem.paths[0]}`];
  }
  if (problem) {
    const [near] = problem.near;
    if (near !== undefined) return [['at-gone-near', { file, path, near: problem.near.join(', ') }], `${file}#${near}`];
    const [line] = brokenLines;
    return line === undefined ? [['at-gone', { file, path }]] : [['at-gone-broken', { file, path, line }]];
  }
  const place = `${file}\n${site.start}`;
  const other = taken.get(place);
  if (other !== undefined) return [['at-twice', { name, other, file, line: site.line }]];
  taken.set(place, name);
  const sentence = otherKind(name, file, parameter, site, opened.text.slice(site.start, site.end), say);
  return sentence && [sentence];
}

function unreadable(file: string, why: Exclude<SiteFile, { text: string }>): Sentence {
  switch (why.problem) {
    case 'encoding':
      return ['at-encoding', { file, encoding: why.encoding }];
    case 'too-large':
      return ['at-too-large', { file, most: MOST_SITE_MB }];
    case 'missing':
      return ['at-missing', { file }];
    case 'outside':
      return ['at-outside', { file }];
    default:
      return ['at-no-file', { file }];
  }
}

/**
 * What a range has that its place cannot hold: fractions where a whole number stands, numbers where a text or truth value
 * stands. A text that spells a number holds numbers (`os.environ.get("LR", "0.1")`), and null holds anything.
 */
function otherKind(
  name: string,
  file: string,
  { type, choices }: Raw,
  { literal, line }: TunableSite,
  text: string,
  say: ReturnType<typeof sayIn>,
): Sentence | null {
  if (literal.type === 'null') return null;
  const isNumber =
    literal.type === 'number' || (literal.type === 'string' && numberIn(String(literal.value)) !== undefined);
  const kind = say(`kind-${literal.type}`);
  if (type === 'float' || type === 'int') {
    if (!isNumber) return ['at-type', { name, file, line, text, kind, range: say('range-numbers') }];
    return type === 'float' && literal.integer === true ? ['at-whole', { name, file, line, text }] : null;
  }
  if (!Array.isArray(choices)) return null;
  const fits = choices.some((choice) => typeof choice === literal.type || (isNumber && typeof choice === 'number'));
  return fits ? null : ['at-type', { name, file, line, text, kind, range: say('range-choices') }];
}
