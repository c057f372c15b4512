import { planBestParams } from '../language/insertion/bestParamsEdits.ts';
import type { CodeFile } from '../language/insertion/sites.ts';
import { isSearched, planWay, type WayOptions } from '../language/insertion/ways/planWay.ts';
import { openCodeFile } from '../language/openCodeFile.ts';
import { isStudyFile } from '../language/studyFileAnchors.ts';
import { INSERT_WAYS, type InsertChoice, type InsertChoicesParams, type InsertWay } from '../protocol/editor.ts';
import { asProgramNames, editsForBest, placedFiles } from './bestEdits.ts';
import { importedTargets, isWithin, nearbyConfigs, refusalOf, targetLanguage } from './insertTargets.ts';
import type { Session } from './session.ts';
import { pathOf, readText } from './studyFiles.ts';

interface Opened {
  readonly uri: string;
  /** A notebook has several. */
  readonly parts: readonly CodeFile[];
  /** Whether only its name or folder suggests that it belongs to the script. */
  readonly isNearby: boolean;
}

/**
 * What can be done with a trial's parameters, the best first: complete ways before those that leave a parameter without a
 * place, and the search is given up last. A file that was asked for by name is preferred to those it leads to. Parameters
 * whose study file says where they stand have one choice: these places.
 */
export function insertChoices(session: Session, params: InsertChoicesParams): InsertChoice[] {
  return asProgramNames(
    session,
    params,
    (best) => choicesFor(session, { ...params, best }),
    (choices, own) => choices.map((one) => ({ ...one, unmatched: own(one.unmatched), unchanged: own(one.unchanged) })),
  );
}

function choicesFor(session: Session, params: InsertChoicesParams): InsertChoice[] {
  const placed = placedFiles(session, params.studyFile);
  if (placed.length > 0) return [placedChoice(session, params, placed)];
  const main = openMain(session, params);
  if (!main) return [];
  const others = openOthers(session, params, main);
  const options: WayOptions = {
    note: '',
    ...(params.study && { study: params.study }),
    ...(params.ranges && { ranges: params.ranges }),
  };
  const of = (way: InsertWay) =>
    [main, ...others].map((file) => choiceOf(file, way, params, options)).filter((choice) => choice !== null);
  const isSearch = [main, ...others].some(({ parts }) => parts.some((part) => isSearched(part, params.best)));
  const values = valueChoices(of('values'), params, main.uri, isSearch);
  if (!isSearch) return values;
  const ways = INSERT_WAYS.filter((way) => way !== 'values').flatMap((way) => of(way));
  const all = [...values, ...ways];
  const rank = ({ way, unmatched }: InsertChoice) =>
    way === 'freeze' ? 2 : unmatched.length > 0 && way !== 'narrow' ? 1 : 0;
  return all.toSorted((a, b) => rank(a) - rank(b));
}

/** The most complete first; where only several files together have a place for all, all of them. */
function valueChoices(
  found: readonly InsertChoice[],
  { best }: InsertChoicesParams,
  main: string,
  isSearch: boolean,
): InsertChoice[] {
  const own = found.find(({ uris }) => uris[0] === main);
  // The caret is in the file: where it takes every parameter, no choice is offered.
  if (own && own.unmatched.length === 0 && !isSearch) return [own];
  const sorted = found.toSorted((a, b) => a.unmatched.length - b.unmatched.length);
  const [first] = sorted;
  if (!first || first.unmatched.length === 0) return sorted;
  const together: InsertChoice[] = [];
  let missing = best.params.map(({ name }) => name);
  for (const choice of found) {
    const adds = missing.filter((name) => !choice.unmatched.includes(name));
    if (adds.length === 0) continue;
    // A parameter that two of the files take is a question for the person.
    if (
      together.some(({ unmatched }) =>
        best.params.some(({ name }) => !unmatched.includes(name) && !choice.unmatched.includes(name)),
      )
    ) {
      return sorted;
    }
    together.push(choice);
    missing = missing.filter((name) => !adds.includes(name));
  }
  if (together.length < 2) return sorted;
  const union: InsertChoice = {
    way: 'values',
    uris: together.flatMap(({ uris }) => uris),
    labels: together.flatMap(({ labels }) => labels),
    unmatched: missing,
    unchanged: together.flatMap(({ unchanged }) => unchanged),
  };
  return [union, ...sorted];
}

function choiceOf(
  file: Opened,
  way: InsertWay,
  { best }: InsertChoicesParams,
  options: WayOptions,
): InsertChoice | null {
  const hasSearch = file.parts.some((part) => isSearched(part, best) || (part.search?.studies.length ?? 0) > 0);
  if (way !== 'values' && !hasSearch) return null;
  const planned = file.parts.map((part) => planWay(part, way, best, options, file.parts));
  const labels = planned.flatMap(({ edits }) => edits.map(({ label }) => label));
  const names = best.params.map(({ name }) => name);
  const unmatched = names.filter((name) => planned.every((one) => one.unmatched.includes(name)));
  const unchanged = [...new Set(planned.flatMap((one) => one.unchanged))];
  if (labels.length === 0 && (way !== 'values' || unchanged.length === 0)) return null;
  // A results file or another tool's settings may have one of the names too.
  if (file.isNearby && unmatched.length * 2 > names.length) return null;
  return { way, uris: [file.uri], labels, unmatched, unchanged };
}

function placedChoice(session: Session, params: InsertChoicesParams, placed: readonly string[]): InsertChoice {
  const { best, studyFile, uri, cells } = params;
  const uris = [...new Set([...placed, ...(isStudyFile(uri) ? [] : [uri])])];
  const answers = uris.map((one) => {
    const documents = one === uri ? (cells ?? [one]) : [one];
    return documents.map((document) => {
      const languageId = targetLanguage(document);
      const text = session.documents.get(document)?.getText() ?? readText(pathOf(document));
      const given = languageId !== null && text !== null && { document: { languageId, text } };
      return editsForBest(session, { uri: document, best, cursor: null, ...(studyFile && { studyFile }), ...given });
    });
  });
  const all = answers.flat();
  return {
    way: 'values',
    uris: uris.filter((_, place) => answers[place]?.some(({ edits }) => edits.length > 0)),
    labels: all.flatMap(({ edits }) => edits.map(({ label }) => label)),
    unmatched: best.params.map(({ name }) => name).filter((name) => all.every((one) => one.unmatched.includes(name))),
    unchanged: [...new Set(all.flatMap(({ unchanged }) => unchanged))],
  };
}

function openMain(session: Session, { uri, cells }: InsertChoicesParams): Opened | null {
  if (cells) {
    const parts = cells.flatMap((cell) => session.codeFile(cell)?.file ?? []);
    return parts.length > 0 ? { uri, parts, isNearby: false } : null;
  }
  const own = session.codeFile(uri)?.file;
  if (own) return { uri, parts: [own], isNearby: false };
  const languageId = targetLanguage(uri);
  const text = session.documents.get(uri)?.getText() ?? readText(pathOf(uri));
  const file = languageId === null || text === null || isStudyFile(uri) ? null : openCodeFile(languageId, text);
  return file && { uri, parts: [file], isNearby: false };
}

function openOthers(session: Session, { uri, roots, best }: InsertChoicesParams, main: Opened): Opened[] {
  const textOf = (one: string) => session.documents.get(one)?.getText();
  const languageId = targetLanguage(uri);
  if (languageId === null) return [];
  const text = main.parts.map((part) => part.text).join('\n');
  const imported = importedTargets({ uri, languageId, text }, textOf);
  const nearby = nearbyConfigs(uri, roots, textOf);
  const seen = new Set([uri]);
  const opened: Opened[] = [];
  for (const target of [...imported, ...nearby]) {
    if (seen.has(target.uri) || refusalOf(target.text) !== null || !isWithin(target.uri, roots)) continue;
    seen.add(target.uri);
    const folder = target.uri.split('/').at(-2);
    const file = openCodeFile(target.languageId, target.text, null, folder);
    if (file && hasPlace(file, best)) {
      opened.push({ uri: target.uri, parts: [file], isNearby: !imported.includes(target) });
    }
  }
  return opened;
}

function hasPlace(file: CodeFile, best: InsertChoicesParams['best']): boolean {
  if (isSearched(file, best)) return true;
  const { edits, unchanged } = planBestParams(file, best, null);
  return edits.length > 0 || unchanged.length > 0;
}
