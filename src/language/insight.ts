import { type ParameterNote, widened } from '../core/importance/parameterNotes.ts';
import { exactNumber } from '../core/text/numbers.ts';
import { markdownText } from '../core/text/printable.ts';
import { parameterNumbers } from '../studyfile/editing/parameterNumbers.ts';
import type { Finding, FindingFix } from './findings.ts';
import type { Say } from './say.ts';

const [WIDTH, HEIGHT, MARGIN] = [260, 96, 6];
/** A parameter with a smaller share of the importance changes next to nothing. */
const IDLE = 0.01;

function short(value: number): string {
  return exactNumber(Number(value.toPrecision(4)));
}

/** What trials say about a parameter, as Markdown: range, best value, importance, where good trials lie, and a picture. */
export function noteMarkdown(note: ParameterNote, say: Say, base64: (text: string) => string): string {
  const { name, low, high, log, best, importance, good } = note;
  const facts = [
    `${short(low)} … ${short(high)}${log ? ' (log)' : ''}`,
    say('best', { value: short(best) }),
    ...(importance === null ? [] : [say('importanceOf', { percent: Math.round(100 * importance) })]),
    ...(good ? [say('goodRegion', { low: short(good[0]), high: short(good[1]) })] : []),
  ];
  const picture = note.points.length < 2 ? '' : `\n\n![](data:image/svg+xml;base64,${base64(pictureOf(note))})`;
  return `**${markdownText(name)}** — ${facts.map(markdownText).join(' · ')}${picture}`;
}

/** Value against objective; the band is where good trials lie. Numbers only: no name of a study reaches it. */
export function pictureOf({ low, high, log, best, points, good }: ParameterNote): string {
  const unit = (value: number) =>
    log ? Math.log(value / low) / Math.log(high / low) : (value - low) / (high - low || 1);
  const x = (value: number) => MARGIN + Math.min(1, Math.max(0, unit(value))) * (WIDTH - 2 * MARGIN);
  const values = points.map(([, value]) => value);
  const [least, most] = [values.reduce((a, b) => Math.min(a, b)), values.reduce((a, b) => Math.max(a, b))];
  const y = (value: number) => HEIGHT - MARGIN - ((value - least) / (most - least || 1)) * (HEIGHT - 2 * MARGIN);
  const at = (value: number) => value.toFixed(1);
  const band = good
    ? `<rect x="${at(x(good[0]))}" y="0" width="${at(Math.max(2, x(good[1]) - x(good[0])))}" height="${HEIGHT}" fill="#3fb950" fill-opacity="0.2"/>`
    : '';
  const dots = points.map(([value, objective]) => {
    const colour = value === best ? '#e3b341' : '#388bfd';
    return `<circle cx="${at(x(value))}" cy="${at(y(objective))}" r="2.5" fill="${colour}"/>`;
  });
  const frame = `<rect x="0.5" y="0.5" width="${WIDTH - 1}" height="${HEIGHT - 1}" fill="none" stroke="#808080"/>`;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${HEIGHT}">${frame}${band}${dots.join('')}</svg>`;
}

/** What a study's trials say against its ranges: the best at an edge, a parameter that changes nothing, a part that fails. */
export function resultFindings(text: string, notes: readonly ParameterNote[], say: Say): Finding[] {
  return notes.flatMap((note) => {
    const numbers = parameterNumbers(text, note.name);
    if (!numbers) return [];
    const replace = (title: string, bound: 'low' | 'high', value: unknown): FindingFix | undefined => {
      const place = numbers[bound];
      return place && { title, edits: [{ ...place, newText: short(Number(value)) }] };
    };
    const { name, edge, fails, importance } = note;
    const found: Finding[] = [];
    const add = (code: string, message: string, fix: FindingFix | undefined) =>
      found.push({ code, severity: 'hint', message, ...numbers.key, ...(fix && { fix }) });
    if (edge) add('best-at-edge', say('bestAtEdge', { name }), replace(say('widenRange'), edge, widened(note)));
    if (importance !== null && importance < IDLE && !edge && !fails) {
      const both = numbers.low && numbers.high && [numbers.low, numbers.high];
      const newText = short(note.best);
      const fix = both && {
        title: say('freezeAt', { value: newText }),
        edits: both.map((place) => ({ ...place, newText })),
      };
      add('idle-parameter', say('idleParameter', { name }), fix || undefined);
    }
    if (fails) {
      const bound = fails.operator === '>' ? 'high' : 'low';
      const condition = `${name} ${fails.operator} ${short(Number(fails.value))}`;
      const fix = replace(say('constrainTo', { value: short(Number(fails.value)) }), bound, fails.value);
      add('failing-range', say('failingRange', { count: fails.count, condition }), fix);
    }
    return found;
  });
}
