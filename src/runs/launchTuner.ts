import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TuneboardError } from '../core/errors.ts';
import type { RunRecord } from '../protocol/runRecord.ts';
import { runsMessage } from '../words/en/runs.ts';
import { type Message, readMessage } from '../words/message.ts';
import { readRunRecord } from './runRecords.ts';

export interface LaunchOptions {
  /** The Node executable (in the editor: its own, with ELECTRON_RUN_AS_NODE in `env`). */
  readonly node: string;
  /** Path of dist/tuneboard.mjs (or src/tuner/main.ts). */
  readonly cli: string;
  /** Study file, script or notebook. */
  readonly source: string;
  /** Further arguments of `tuneboard run`. */
  readonly args?: readonly string[];
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/** A run that goes on gets again what it replays, and where its trials are kept. */
export function replayArguments({ replay, givenStorage }: RunRecord): string[] {
  const named = givenStorage === undefined ? [] : ['--storage', givenStorage];
  return replay === undefined ? named : ['--replay', replay, ...named];
}

/** What a tuner in the background tells the process that launched it, over Node's IPC channel, once. */
export type LaunchMessage =
  | { readonly type: 'ready'; readonly record: string }
  /** `record`: path of the run's record, where it has one. */
  | { readonly type: 'failed'; readonly code: string; readonly message: Message; readonly record?: string };

/** A tuner that could not start its study, with what it has noted about that. */
export class LaunchFailure extends TuneboardError {
  readonly record: RunRecord;

  constructor(code: string, words: Message | string, record: RunRecord) {
    super(code, words);
    this.record = record;
  }
}

/**
 * Starts `tuneboard run SOURCE` detached. Resolves with the run record once the study runs; rejects with the tuner's own
 * sentence when it could not start. The tuner outlives this process.
 */
export async function launchTuner(options: LaunchOptions): Promise<RunRecord> {
  const scratch = mkdtempSync(join(tmpdir(), 'tuneboard-launch-'));
  const errors = join(scratch, 'stderr');
  const handle = openSync(errors, 'a', 0o600);
  try {
    const child = spawn(options.node, [options.cli, 'run', options.source, '--background', ...(options.args ?? [])], {
      detached: true,
      stdio: ['ignore', handle, handle, 'ipc'],
      windowsHide: true,
      ...(options.cwd ? { cwd: options.cwd } : {}),
      env: { ...(options.env ?? process.env) },
    });
    const record = await firstMessage(child, errors);
    child.disconnect();
    child.unref();
    return record;
  } finally {
    closeSync(handle);
    rmSync(scratch, { recursive: true, force: true });
  }
}

function firstMessage(child: ChildProcess, errors: string): Promise<RunRecord> {
  return new Promise((resolve, reject) => {
    child.once('error', (error) =>
      reject(new TuneboardError('launch-failed', runsMessage('tunerCouldNotStarted', { reason: error.message }))),
    );
    const onExit = (code: number | null, signal: NodeJS.Signals | null) =>
      reject(new TuneboardError('launch-failed', earlyExit(code, signal, errors)));
    child.once('exit', onExit);
    child.once('message', (message: LaunchMessage) => {
      // From here on its end is no early one, and the file of its last words is gone.
      child.off('exit', onExit);
      if (message.type === 'failed') {
        failureOf(message).then(reject, reject);
        return;
      }
      readRunRecord(message.record).then((record) => {
        if (record) resolve(record);
        else
          reject(new TuneboardError('launch-failed', runsMessage('tunersRunRecordGone', { record: message.record })));
      }, reject);
    });
  });
}

async function failureOf({ code, message, record: path }: LaunchMessage & { type: 'failed' }): Promise<TuneboardError> {
  const words = readMessage(message) ?? String(message);
  const record = path === undefined ? null : await readRunRecord(path).catch(() => null);
  return record ? new LaunchFailure(code, words, record) : new TuneboardError(code, words);
}

function earlyExit(code: number | null, signal: NodeJS.Signals | null, errors: string): Message {
  const lines = readFileSync(errors, 'utf8').trim().split('\n');
  const last = lines.findLast((line) => line.trim() !== '')?.trim();
  const how = signal ?? runsMessage('exitCode', { code: code ?? -1 });
  return last ? runsMessage('tunerEndedOnce', { how, last }) : runsMessage('tunerEndedOnceTitle', { how });
}
