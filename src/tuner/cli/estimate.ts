import { resolve } from 'node:path';
import type { StudyEstimate } from '../../protocol/estimate.ts';
import { estimateStudy } from '../objective/trainerEstimate.ts';
import { isTrainerStudy } from '../objective/trainerObjective.ts';
import { print, printJson } from '../render/print.ts';
import { countText, durationText } from '../render/text.ts';
import { loadStudyFile } from '../run/openStudy.ts';
import { EXIT, type ExitCode, UsageError } from './exitCodes.ts';

/** `tuneboard estimate FILE`: what a study of the trainer will take, from a few timed steps. */
export async function estimateCommand(path: string, asJson: boolean): Promise<ExitCode> {
  const source = resolve(path);
  const file = loadStudyFile(source);
  if (!isTrainerStudy(file))
    throw new UsageError(`${path} trains nothing with the trainer: only that can be estimated.`);
  const stop = new AbortController();
  const onSignal = () => stop.abort();
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal);
  try {
    const estimate = await estimateStudy(file, source, stop.signal);
    if (asJson) printJson(JSON.stringify(estimate));
    else print(estimateText(estimate));
    return EXIT.done;
  } catch (error) {
    if (stop.signal.aborted) return EXIT.interrupted;
    throw error;
  } finally {
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
  }
}

/** `10 trials × 3 epochs ≈ 14 min on wasm (with our kernels …).` */
export function estimateText({ trials, epochs, secondsPerTrial, seconds, backend, why }: StudyEstimate): string {
  const counted =
    trials === null || seconds === null
      ? `A trial of ${countText(epochs, 'epoch')} ≈ ${durationText(secondsPerTrial * 1000)}`
      : `${countText(trials, 'trial')} × ${countText(epochs, 'epoch')} ≈ ${durationText(seconds * 1000)}`;
  return `${counted} on ${backend} (${why}).`;
}
