import { closest } from '../core/text/closest.ts';
import { asRecord, type Raw, type Report } from './report.ts';
import { TRAINER_METRICS, TRAINING_ARGUMENTS } from './trainerSchema.ts';

/** What the trainer can report, and what it lets a study set. */
export function checkTrainer(file: Raw, report: Report): void {
  const { trainer } = asRecord(file['objective']);
  if (trainer === undefined) return;
  checkMetrics(file, report);
  if (file['scheduler'] !== undefined) report('trainer-scheduler', ['scheduler'], [], { part: 'key' });
  for (const name of Object.keys(asRecord(file['space']))) checkArgument(name, ['space', name], report);
  for (const name of Object.keys(asRecord(asRecord(trainer)['args']))) {
    checkArgument(name, ['objective', 'trainer', 'args', name], report);
  }
}

function checkMetrics(file: Raw, report: Report): void {
  const { metric, metrics, direction, directions } = file;
  const known: readonly unknown[] = TRAINER_METRICS;
  const names: readonly unknown[] = Array.isArray(metrics) ? metrics : [metric];
  if (names.some((name) => !known.includes(name))) {
    const place = Array.isArray(metrics) ? 'metrics' : metric === undefined ? 'objective' : 'metric';
    report('trainer-metric', [place], [TRAINER_METRICS.join(', ')], { part: metric === undefined ? 'key' : 'value' });
    return;
  }
  const towards: readonly unknown[] = Array.isArray(directions) ? directions : [direction ?? 'minimize'];
  for (const [index, name] of names.entries()) {
    const wanted = name === 'eval_loss' ? 'minimize' : 'maximize';
    if (towards[index] === undefined || towards[index] === wanted) continue;
    const place = Array.isArray(metrics) ? 'metrics' : 'metric';
    report(`trainer-${wanted}`, [place], [String(name)], { severity: 'warning' });
  }
}

function checkArgument(name: string, path: string[], report: Report): void {
  const known: readonly string[] = TRAINING_ARGUMENTS;
  if (known.includes(name)) return;
  const guess = closest(name, known);
  if (guess !== null) report('misspelt-argument', path, [name, guess], { part: 'key', replaceBy: guess });
  else report('unknown-argument', path, [name, known.join(', ')], { part: 'key' });
}
