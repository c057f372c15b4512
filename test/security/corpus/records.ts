/** Run folders with a hostile record, lock, socket or output file. */
import { mkdirSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Random } from '../../../src/core/random.ts';
import type { HostileCase } from './corpus.ts';
import { mutatedText, nested, pick } from './mutations.ts';
import type { Traps } from './traps.ts';

/** A record that a tuner could have written for `folder`, finished and with its trials beside it. */
export function recordIn(folder: string, changes: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  return {
    version: 1,
    pid: 1,
    processStart: '0:1',
    studyName: 'study',
    source: join(folder, 'study.study.yaml'),
    storage: join(folder, '.tuneboard', 'study', 'journal.log'),
    socket: join('/tmp', 'tuneboard-0', 'none.sock'),
    token: '0'.repeat(64),
    state: 'finished',
    startedAt: 1_700_000_000_000,
    endedAt: 1_700_000_100_000,
    budget: { trials: 10, timeoutMs: null },
    parallel: 1,
    ...changes,
  };
}

export function runFolderIn(folder: string): string {
  const run = join(folder, '.tuneboard', 'study');
  mkdirSync(join(run, 'trials'), { recursive: true });
  return run;
}

function recordCase(name: string, changes: Readonly<Record<string, unknown>>): HostileCase {
  return {
    name,
    write: (folder) => writeFileSync(join(runFolderIn(folder), 'run.json'), JSON.stringify(recordIn(folder, changes))),
  };
}

const FIELDS = Object.keys(recordIn('/')).concat([
  'steering',
  'workers',
  'left',
  'message',
  'code',
  'metric',
  'python',
  'replay',
  'script',
  'storedName',
  'givenStorage',
  'askedTrials',
  'engine',
  'runId',
]);

/** Values of the wrong kind, or of the right kind and no size that anybody meant. */
function wrongValues(traps: Traps): unknown[] {
  return [
    null,
    5,
    -1,
    1e308,
    2 ** 53,
    true,
    '',
    'x'.repeat(2_000_000),
    '../../../../etc/passwd',
    '/dev/zero',
    '\u0000',
    `\u001b]0;title\u0007\u001b[2J`,
    `a\n\n![x](http://127.0.0.1:${traps.port}/pixel.png)`,
    `<img src="http://127.0.0.1:${traps.port}/pixel.png">`,
    // biome-ignore lint/suspicious/noTemplateCurlyInString: this is what the file says
    '${env:GITHUB_TOKEN}',
    [],
    {},
    [{}],
    { trials: 'many', timeoutMs: {} },
    { __proto__: null, constructor: 5, toString: 5 },
    Array.from({ length: 100_000 }, (_, index) => index),
  ];
}

/** Storages that a record names: on servers with secrets in the URL, and places that are no trial log of this folder. */
function hostileStorages(traps: Traps): string[] {
  const host = `127.0.0.1:${traps.port}`;
  // biome-ignore-start lint/suspicious/noTemplateCurlyInString: this is what the files say
  const secret = '${env:GITHUB_TOKEN}:${env:AWS_SECRET_ACCESS_KEY}';
  return [
    `postgresql://${secret}@${host}/db?sslmode=disable`,
    `postgresql+psycopg2://user@${host}/db`,
    `postgres://user@${host}/db?sslrootcert=/dev/zero`,
    `postgresql://user@${host}/db?sslmode=verify-full&sslrootcert=${traps.fifo}&sslcert=${traps.files.certificate}`,
    `postgresql:///db?host=127.0.0.1&port=${traps.port}`,
    `postgresql:///db?host=${traps.folder}`,
    `POSTGRESQL://user@${host}/db`,
    ` postgresql://user@${host}/db`,
    `postgresql://user@${host},127.0.0.2:${traps.port}/db?target_session_attrs=any`,
    `mysql://user@${host}/db`,
    `mysql+pymysql://${secret}@${host}/db`,
    `mysql://user@localhost/db?unix_socket=${traps.socket}`,
    `mariadb://user@${host}/db`,
    `redis://${secret}@${host}/0`,
    `rediss://${host}/0?prefix=x`,
    `redis+unix://${traps.socket}`,
    `unix://${traps.socket}`,
    `grpc://${host}`,
    `grpcs://${host}`,
    `http://${host}/storage`,
    `https://user:\${env:GITHUB_TOKEN}@${host}/`,
    `file://${traps.files.journal}`,
    `sqlite:///${traps.files.database}`,
    `journal:///${traps.files.journal}`,
    '${env:HOME}/journal.log',
    '${env:TUNEBOARD_STORAGE}',
    `\${env:NOTHING}postgresql://user@${host}/db`,
    traps.files.journal,
    traps.files.database,
    traps.files.log,
    traps.files.secret,
    traps.fifo,
    traps.socket,
    `${traps.folder}/folder`,
    '/dev/zero',
    '/dev/random',
    '/dev/stdin',
    '/dev/tty',
    '/proc/self/environ',
    '/proc/kcore',
    '../../../../../../../../../../dev/zero',
    '.',
    '..',
    '~/.ssh/id_rsa',
    '\\\\127.0.0.1\\share\\journal.log',
  ];
  // biome-ignore-end lint/suspicious/noTemplateCurlyInString: this is what the files say
}

/** Names in a run folder that a tuner or a reader opens. */
const OPENED = [
  'run.json',
  'journal.log',
  'tuner.log',
  'script.log',
  'trials/0.log',
  'run.lock.1',
  'checkpoints',
  'trials',
  'workers/0.log',
  '../.gitignore',
];

function linkCases(traps: Traps): HostileCase[] {
  const targets = { zero: '/dev/zero', fifo: traps.fifo, secret: traps.files.secret, journal: traps.files.journal };
  return OPENED.flatMap((opened) =>
    Object.entries(targets).map(([target, path]) => ({
      name: `link ${opened.replaceAll('/', ' ')} to ${target}`,
      write: (folder: string) => {
        const run = join(folder, '.tuneboard', 'study');
        mkdirSync(join(run, ...(opened.startsWith('trials/') ? ['trials'] : [])), { recursive: true });
        if (opened.startsWith('workers/')) mkdirSync(join(run, 'workers'));
        if (opened !== 'run.json') {
          // A run that counts as cut off: the next start would repair it.
          writeFileSync(join(run, 'run.json'), JSON.stringify(recordIn(folder, { state: 'running' })));
        }
        symlinkSync(path, join(run, opened));
      },
    })),
  );
}

function folderCases(traps: Traps): HostileCase[] {
  return [
    {
      name: 'tuneboard folder is a link',
      write: (folder) => symlinkSync(traps.folder, join(folder, '.tuneboard')),
    },
    {
      name: 'run folder is a link to the root',
      write: (folder) => {
        mkdirSync(join(folder, '.tuneboard'));
        symlinkSync('/', join(folder, '.tuneboard', 'study'));
      },
    },
    {
      name: 'folder links to itself',
      write: (folder) => {
        mkdirSync(join(folder, '.tuneboard', 'study'), { recursive: true });
        for (const name of ['a', 'b', 'c']) symlinkSync(folder, join(folder, name));
      },
    },
    {
      name: 'lock of the last generation',
      write: (folder) => {
        const run = runFolderIn(folder);
        writeFileSync(join(run, 'run.json'), JSON.stringify(recordIn(folder, { state: 'running' })));
        for (const generation of ['9007199254740992', '9'.repeat(400), '1e3', '-1', '0x10']) {
          writeFileSync(
            join(run, `run.lock.${generation}`.slice(0, 200)),
            '{"pid":1,"processStart":5,"released":"no"}',
          );
        }
      },
    },
    {
      name: 'sparse record of a terabyte',
      write: (folder) => {
        const path = join(runFolderIn(folder), 'run.json');
        writeFileSync(path, '{');
        truncateSync(path, 2 ** 40);
      },
    },
    {
      name: 'sparse journal of a terabyte',
      write: (folder) => {
        const run = runFolderIn(folder);
        writeFileSync(join(run, 'run.json'), JSON.stringify(recordIn(folder)));
        writeFileSync(join(run, 'journal.log'), '{"op_code":0,');
        truncateSync(join(run, 'journal.log'), 2 ** 40);
      },
    },
    {
      name: 'many temporary files',
      write: (folder) => {
        const run = runFolderIn(folder);
        writeFileSync(join(run, 'run.json'), JSON.stringify(recordIn(folder)));
        for (let index = 0; index < 300; index++) writeFileSync(join(run, `run.json.${index}.aa.tmp`), '');
      },
    },
  ];
}

/** Records that a live process would have: whoever believes them connects to a socket or signals a process. */
function livenessCases(traps: Traps): HostileCase[] {
  const states = ['starting', 'running', 'paused', 'stopping'];
  const sockets = [traps.socket, traps.files.secret, traps.fifo, '/dev/zero', '', '../trap.sock', 'x'.repeat(200)];
  return states.flatMap((state) =>
    sockets.map((socket, index) => recordCase(`${state} with socket ${index}`, { state, socket, pid: process.pid })),
  );
}

export function recordCases(traps: Traps, random: Random): HostileCase[] {
  const values = wrongValues(traps);
  const wrong = FIELDS.map((field, index) =>
    recordCase(`wrong ${field}`, { [field]: values[(index + random.integer(values.length)) % values.length] }),
  );
  const storages = hostileStorages(traps).map((storage, index) =>
    recordCase(`storage ${index}`, { storage, state: pick(random, ['finished', 'running', 'failed']) }),
  );
  const texts: readonly [string, string | Buffer][] = [
    ['empty', ''],
    ['half', JSON.stringify(recordIn('/x')).slice(0, 100)],
    ['binary', Buffer.from(Array.from({ length: 5000 }, () => random.integer(256)))],
    ['deep array', nested('[', ']', 200_000)],
    ['deep object', nested('{"a":', '}', 200_000, '1')],
    ['of another version', JSON.stringify(recordIn('/x', { version: 1e9 }))],
    ['with a prototype', '{"__proto__":{"state":"running"},"constructor":{"prototype":{}}}'],
    ['a number', '5'],
    ['null', 'null'],
    ['twenty megabytes', JSON.stringify(recordIn('/x', { message: 'x'.repeat(20_000_000) }))],
  ];
  const written = texts.map(([name, text]) => ({
    name: `record ${name}`,
    write: (folder: string) => writeFileSync(join(runFolderIn(folder), 'run.json'), text),
  }));
  const mutated = Array.from({ length: 20 }, (_, index) => ({
    name: `record mutated ${index}`,
    write: (folder: string) =>
      writeFileSync(join(runFolderIn(folder), 'run.json'), mutatedText(random, JSON.stringify(recordIn(folder)))),
  }));
  return [
    ...wrong,
    ...storages,
    ...written,
    ...mutated,
    ...linkCases(traps),
    ...folderCases(traps),
    ...livenessCases(traps),
  ];
}
