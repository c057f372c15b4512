import type { Span } from '../../studyfile/editing/positions.ts';
import type { CodeFile } from '../insertion/sites.ts';
import { JavaScriptFile } from '../javascript/javaScriptFile.ts';
import { PythonFile } from '../python/pythonFile.ts';
import { javaScriptUses } from './javaScriptUses.ts';
import { pythonUses } from './pythonUses.ts';

/**
 * A place of a program that names a parameter of its study, without quotes. `suggest`: the name in a `suggest_*` call;
 * `lookup`: a key of the parameters (`trial.params["lr"]`); `comment`: the name behind an inserted value.
 */
export interface CodeUse extends Span {
  readonly name: string;
  readonly kind: 'suggest' | 'lookup' | 'comment';
  /** What is put around the new name, where it becomes something else than the old one: `lr` of `{ lr }` is `depth: lr`. */
  readonly behind?: string;
}

/** Every place of a program that names a parameter, in the order of the text; none in other languages. */
export function codeUses(file: CodeFile): CodeUse[] {
  const found =
    file instanceof PythonFile ? pythonUses(file) : file instanceof JavaScriptFile ? javaScriptUses(file) : [];
  return found.sort((a, b) => a.start - b.start);
}

/** The inside of a string that is written without prefix and escapes; undefined for any other text. */
export function insideQuotes(text: string, start: number, end: number): Span | undefined {
  const written = text.slice(start, end);
  return /^(["'])[^"'\\\n]{0,200}\1$/.test(written) ? { start: start + 1, end: end - 1 } : undefined;
}

/**
 * The uses of the parameter that is named at an offset. Two objectives of one script may each have a parameter of that name:
 * of such a name, only what stands in the same objective or is asked of its study is meant.
 */
export function usesOfOne(file: CodeFile, uses: readonly CodeUse[], here: CodeUse): CodeUse[] {
  const named = uses.filter(({ name }) => name === here.name);
  const parts = partsOf(file, named);
  const own = partOf(parts, file, here);
  return own === undefined ? named : named.filter((use) => partOf(parts, file, use) === own);
}

interface Part extends Span {
  readonly receivers: readonly string[];
}

/** The objectives that suggest the name, where several studies have one; none where it is clear which one is meant. */
function partsOf(file: CodeFile, named: readonly CodeUse[]): Part[] {
  const { studies = [], functions } = file.search ?? {};
  const parts = new Map<string, { start: number; end: number; receivers: string[] }>();
  for (const { objectives, inline, receiver } of studies) {
    const places = [...objectives.map((name) => functions?.get(name)), inline];
    for (const place of places) {
      if (!place || !named.some(({ kind, start }) => kind === 'suggest' && start > place.from && start < place.to)) {
        continue;
      }
      const key = `${place.from}`;
      const part = parts.get(key) ?? { start: place.from, end: place.to, receivers: [] };
      part.receivers.push(receiver);
      parts.set(key, part);
    }
  }
  return parts.size > 1 ? [...parts.values()] : [];
}

/** The objective that a use stands in, or whose study it asks; undefined where that is not known. */
function partOf(parts: readonly Part[], file: CodeFile, { start, end }: Span): Part | undefined {
  const around = parts.find((part) => part.start <= start && end <= part.end);
  if (around) return around;
  const before = file.text.slice(Math.max(0, start - 200), start);
  return parts.find(({ receivers }) => receivers.some((receiver) => endsInLookup(before, receiver)));
}

/** Whether a text ends as `svm.best_params["` or `svm.best_trial.params["` of the receiver `svm` does. */
function endsInLookup(before: string, receiver: string): boolean {
  const lookup =
    /([\p{L}\p{N}_.]{1,150})\.(?:best_params|best_trial\.params|best_trials?\[\d{1,5}\]\.params)(?:\[|\.get\()["']$/u;
  return lookup.exec(before)?.[1] === receiver;
}
