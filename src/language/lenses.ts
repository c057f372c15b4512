import type { StudyLink } from '../protocol/editor.ts';
import type { Anchor } from './insertion/sites.ts';
import { isLive } from './links.ts';
import type { Say } from './say.ts';

/** One clickable text over a line. The commands are the extension's. */
export interface Lens {
  readonly offset: number;
  readonly title: string;
  readonly command: string;
  readonly arguments: readonly string[];
}

/**
 * Lenses over the places where tuning starts. A file with neither tuning code nor a study has none; a script that only
 * has a study or a study file has them over its command line arguments, else over its first line. In a workspace
 * that is not trusted they offer *View*, and nothing that runs a program.
 */
export function lensesFor(
  anchors: readonly Anchor[],
  links: readonly StudyLink[],
  uri: string,
  say: Say,
  isTrusted = true,
  hasStudyFile = false,
): Lens[] {
  const tuning = anchors.filter((anchor) => anchor.kind !== 'arguments');
  const places =
    tuning.length > 0
      ? tuning
      : links.length > 0 || hasStudyFile
        ? [anchors[0] ?? { kind: 'arguments', offset: 0 }]
        : [];
  return places.flatMap((place) => {
    const { offset } = place;
    const link = linkOf(place, links, anchors);
    const lens = (title: string, command: string, ...args: string[]): Lens => ({
      offset,
      title,
      command: `tuneboard.${command}`,
      arguments: args,
    });
    const start = lens(`$(play)\u00a0${say('startStudy')}`, 'startStudy', uri);
    if (!link) return [isTrusted ? start : lens(say('viewStudies'), 'studies.focus')];
    const { best, bestText, front = 0, id } = link;
    const title =
      front > 0
        ? say('insertFront', { front })
        : say('insertBest', { value: bestText ?? '', number: best?.number ?? 0 });
    const insert = best || front > 0 ? [lens(title, 'insertBestParameters', id, uri)] : [];
    const history = lens(say('history'), 'showHistory', id);
    if (!isTrusted) return [lens(say('viewStudy'), 'showHistory', id), ...insert];
    if (!isLive(link)) return best || link.finished > 0 ? [...insert, history, start] : [start];
    return [lens(progressTitle(link, say), 'showHistory', id), lens(say('stop'), 'stopStudy', id), ...insert];
  });
}

/**
 * The study that an anchor belongs to: the one whose objective stands there, else the one of its name. Of a place that
 * says nothing: the first study that no other place claims, and of one whose study has not run none.
 */
function linkOf(anchor: Anchor, links: readonly StudyLink[], anchors: readonly Anchor[]): StudyLink | undefined {
  if (anchors.every(({ studies }) => !studies)) return links[0];
  const isTied =
    ({ studies }: Anchor) =>
    (link: StudyLink) =>
      studies?.some(({ objectives, studyName }) =>
        link.objective === undefined ? studyName === link.studyName : objectives.includes(link.objective),
      ) === true;
  const own = links.filter(isTied(anchor));
  if (own.length > 1)
    return own.find((link) => anchor.studies?.some(({ studyName }) => studyName === link.studyName)) ?? own[0];
  return own[0] ?? links.find((link) => !anchors.some((other) => isTied(other)(link)));
}

function progressTitle(link: StudyLink, say: Say): string {
  const done =
    link.total === null
      ? say('trials', { count: link.finished })
      : say('progress', { finished: link.finished, total: link.total });
  const best = link.bestText === null ? '' : ` · ${say('best', { value: link.bestText })}`;
  return `● ${done}${best}`;
}
