/**
 * Ray shows the environment of a job to every client of its dashboard (to a browser it does not). A password is sealed
 * there; the key lies beside the worker's program in the package, which the dashboard does not give out. A user who may run
 * programs on the cluster can read both.
 */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { TuneboardError } from '../../core/errors.ts';
import { PASSWORD_VARIABLE } from '../../protocol/workers.ts';
import { tunerMessage } from '../../words/en/tuner.ts';

/** In a job's environment, in place of the password. */
export const SEALED_VARIABLE = 'TUNEBOARD_STORAGE_SEALED';
/** Beside the worker's program. */
export const KEY_FILE = 'storage.key';

const CIPHER = 'aes-256-gcm';
/** In bytes; of the nonce as NIST SP 800-38D recommends. */
const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

export function newKey(): string {
  return randomBytes(KEY_BYTES).toString('base64');
}

/** @param key As `newKey` makes it. */
export function sealed(password: string, key: string): string {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(CIPHER, Buffer.from(key, 'base64'), nonce);
  const text = Buffer.concat([cipher.update(password, 'utf8'), cipher.final()]);
  return Buffer.concat([nonce, cipher.getAuthTag(), text]).toString('base64');
}

/** Throws where the key is another one. */
export function unsealed(text: string, key: string): string {
  const bytes = Buffer.from(text, 'base64');
  const cipher = createDecipheriv(CIPHER, Buffer.from(key, 'base64'), bytes.subarray(0, NONCE_BYTES));
  const end = NONCE_BYTES + TAG_BYTES;
  cipher.setAuthTag(bytes.subarray(NONCE_BYTES, end));
  return Buffer.concat([cipher.update(bytes.subarray(end)), cipher.final()]).toString('utf8');
}

/** Puts a password that came sealed where a storage looks for it. Throws `no-password`. */
export function unsealPassword(program: string, env: NodeJS.ProcessEnv = process.env): void {
  const text = env[SEALED_VARIABLE];
  if (text === undefined) return;
  delete env[SEALED_VARIABLE];
  try {
    env[PASSWORD_VARIABLE] = unsealed(text, readFileSync(join(dirname(program), KEY_FILE), 'utf8'));
  } catch (cause) {
    const sentence = tunerMessage('storagesPasswordCameWorkerWithout');
    throw new TuneboardError('no-password', sentence, { cause });
  }
}
