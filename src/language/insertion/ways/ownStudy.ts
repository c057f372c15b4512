import type { StudyTie } from '../../../protocol/editor.ts';
import type { CodeFile, OpenNameCall, StudyCall, SuggestCall, ValueSite } from '../sites.ts';

interface Span {
  readonly from: number;
  readonly to: number;
}

/** What of a file belongs to one study, where the file has several. */
export interface OwnStudy {
  /** The calls that run it; null where several studies are in the file and nothing says which is meant. */
  readonly calls: readonly StudyCall[] | null;
  /** Whether a place may belong to the study: it is in no objective of another one. */
  isOwn(place: { readonly start: number }): boolean;
  /** Whether a place is in an objective of this study. */
  isInObjective(place: { readonly start: number }): boolean;
}

/**
 * The calls that run a study, by the objective that the launcher saw and else by the study's name in the source. A file
 * with one study has no other.
 */
export function callsOf(studies: readonly StudyCall[], tie: StudyTie | undefined): readonly StudyCall[] | null {
  const { objective, name } = tie ?? {};
  const byObjective = studies.filter(({ objectives }) => objective !== undefined && objectives.includes(objective));
  const named = (byObjective.length > 0 ? byObjective : studies).filter(({ studyName }) => studyName === name);
  if (named.length > 0) return named;
  if (byObjective.length > 0) return byObjective;
  // Two calls on one variable go on with one study.
  const isOne = new Set(studies.map(({ receiver }) => receiver)).size <= 1;
  return isOne ? studies : null;
}

export function ownStudy({ search }: CodeFile, tie: StudyTie | undefined): OwnStudy {
  const studies = search?.studies ?? [];
  const calls = callsOf(studies, tie);
  const spansOf = (some: readonly StudyCall[]): Span[] =>
    some.flatMap(({ objectives, inline }) => [
      ...objectives.flatMap((name) => search?.functions.get(name) ?? []),
      ...(inline ? [inline] : []),
    ]);
  const own = spansOf(calls ?? studies);
  const others = spansOf(studies.filter((call) => !(calls ?? studies).includes(call)));
  const isIn = (spans: readonly Span[], { start }: { readonly start: number }) =>
    spans.some(({ from, to }) => from <= start && start < to);
  return {
    calls,
    isOwn: (place) => isIn(own, place) || !isIn(others, place),
    isInObjective: (place) => isIn(own, place),
  };
}

/** The calls of a file that suggest a study's parameters. */
export function ownSuggestions(file: CodeFile, own: OwnStudy): (SuggestCall | OpenNameCall)[] {
  const calls = [...file.suggestCalls, ...(file.search?.openNames ?? [])];
  return calls.filter((call) => own.isOwn(call)).sort((a, b) => a.start - b.start);
}

/** The parameters whose name a call may make, by what stood in its open parts. */
export function namesOf(call: SuggestCall | OpenNameCall, names: readonly string[]): ReadonlyMap<string, string[]> {
  if ('name' in call) return new Map(names.filter((name) => name === call.name).map((name) => [name, []]));
  const found = new Map<string, string[]>();
  for (const name of names) {
    const filled = filledIn(call.pieces, name);
    if (filled) found.set(name, filled);
  }
  return found;
}

/** What stands between the fixed parts of a name; null where it does not have them. */
function filledIn(pieces: readonly string[], name: string): string[] | null {
  const [first = '', ...others] = pieces;
  if (!name.startsWith(first)) return null;
  const filled: string[] = [];
  let at = first.length;
  for (const [place, piece] of others.entries()) {
    const isLast = place === others.length - 1;
    // An open part has a character at least; the last fixed part is the end of the name.
    const next = isLast ? name.length - piece.length : name.indexOf(piece, at + 1);
    if (next <= at || !name.startsWith(piece, next)) return null;
    filled.push(name.slice(at, next));
    at = next + piece.length;
  }
  return at === name.length ? filled : null;
}

/** Whether the calls of an own objective take such a value too: `SVC(C=C)` there says that `SVC(C=1)` below is meant. */
export function calledInObjective(sites: readonly ValueSite[], own: OwnStudy): ReadonlySet<string> {
  return new Set(sites.flatMap((site) => (own.isInObjective(site) ? (site.owners?.slice(0, 1) ?? []) : [])));
}
