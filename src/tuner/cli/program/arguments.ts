/** What options and arguments of several commands mean. */
import { InvalidArgumentError } from 'commander';
import { kindNamed } from '../../../storage/kinds.ts';
import { storagePlace } from '../../../storage/writableStorage.ts';
import { durationMs } from '../../../studyfile/duration.ts';
import type { ExitCode } from '../exitCodes.ts';
import { type StudyPlace, studyPlace } from '../studyPlace.ts';

/** Also at every command that opens what a record in a folder names. */
export const TRUST = [
  '--trust',
  'open servers and other places that records name which you did not write here',
] as const;

export function placeFor(target: string, { study, trust }: { study?: string; trust?: boolean }): Promise<StudyPlace> {
  return studyPlace(target, study, trust === true);
}

type Action = () => Promise<ExitCode>;

export async function finish(action: Action): Promise<void> {
  process.exitCode = await action();
}

export function wholeNumber(least: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!Number.isInteger(value) || value < least)
      throw new InvalidArgumentError(`It must be a whole number from ${least} on.`);
    return value;
  };
}

export function duration(text: string): number {
  const value = durationMs(/^\d+(\.\d+)?$/.test(text) ? Number(text) : text);
  if (!(value > 0)) throw new InvalidArgumentError('It must be a time like 90s, 30m or 2h.');
  return value;
}

/** Databases keep whole seconds; more often would be seen as silence. */
export function heartbeat(text: string): number {
  const value = duration(text);
  if (value < 1000) throw new InvalidArgumentError('It must be 1s or more.');
  return value;
}

/** Goes into the environment, and on to a process in the background there: others see the arguments of a program. */
export function givenStorage(text: string): string {
  const { kind, path, url } = storagePlace(text, process.cwd());
  if (url?.ownPassword !== undefined) process.env['TUNEBOARD_STORAGE_PASSWORD'] = url.ownPassword;
  return kindNamed(kind).textOf?.(path) ?? path;
}
