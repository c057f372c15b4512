/** What the doctor says of study files, their storages and clusters, where nothing answers. */
import assert from 'node:assert/strict';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { studyFindings } from '../../../src/tuner/cli/doctor/doctorStudies.ts';
import { temporaryFolder } from '../../support/temporaryFolder.ts';

const HEAD = `objective: { command: "train {x}" }
direction: minimize
metric: loss
space: { x: { type: float, low: 0, high: 1 } }
`;

function study(t: TestContext, rest: string): string {
  const path = join(temporaryFolder(t), 'a.study.yaml');
  writeFileSync(path, `${HEAD}${rest}`);
  return path;
}

/** Commands of this name come first in the path. */
function fakeProgram(t: TestContext, name: string, script: string): void {
  const folder = temporaryFolder(t);
  writeFileSync(join(folder, name), `#!/bin/sh\n${script}\n`);
  chmodSync(join(folder, name), 0o755);
  const before = process.env['PATH'];
  process.env['PATH'] = `${folder}:${before}`;
  t.after(() => {
    process.env['PATH'] = before;
  });
}

test('doctor reports the storage and the engine of a study file, or what is wrong with the file', async (t) => {
  const path = study(t, 'storage: study.db\n');
  assert.deepEqual(
    (await studyFindings([path])).map(({ what, missing }) => [what, missing]),
    [
      ['a.study.yaml', undefined],
      ['SQLite', undefined],
    ],
  );
  const [bad] = await studyFindings([study(t, 'storag: x\n')]);
  assert.match(bad?.missing ?? '', /a\.study\.yaml:5:1: /);
  const [none] = await studyFindings([join(temporaryFolder(t), 'no.study.yaml')]);
  assert.match(none?.missing ?? '', /Cannot read .*: there is no such file/);
});

test('doctor accepts a missing storage in a study file but not as an argument, and reports a folder without study file', async (t) => {
  const folder = temporaryFolder(t);
  for (const storage of [
    `sqlite:///${join(folder, 'no.db')}`,
    join(folder, 'no.db'),
    join(folder, 'no-such-journal'),
  ]) {
    const [finding, ...others] = await studyFindings([storage]);
    assert.match(
      `${finding?.found}. ${finding?.missing}`,
      /not there yet\. Correct its name, or begin a study in it\./,
    );
    assert.deepEqual(others, []);
  }
  const [empty] = await studyFindings([folder]);
  assert.deepEqual([empty?.found, empty?.missing], ['no study file', 'Name a folder that has one, or a storage.']);
});

test('doctor prints no password, whatever is wrong with the URL', async (t) => {
  const urls = [
    'postgresql://me:top/se@cret@h/d',
    'mysql://me:topsecret@127.0.0.1:1/d',
    'postgresql://me:topsecret@h',
    'redis://:top/se@cret@h/0',
    'redis://:topsecret@127.0.0.1:1/0?prefix=a',
    'rediss://me:topsecret@h/name',
  ];
  for (const url of urls) {
    const said = JSON.stringify(await studyFindings([url, study(t, `storage: "${url}"\n`)]));
    assert.doesNotMatch(said, /topsecret|top\/se|cret@/);
    assert.match(said, /"missing":/);
  }
  const [unset] = await studyFindings([`postgresql://me:\${env:NO_SUCH_PASSWORD}@h/d`]);
  assert.match(unset?.missing ?? '', /no environment variable NO_SUCH_PASSWORD/);
});

test('doctor reports a missing Ray, a Slurm without its partition and one that refuses the login', async (t) => {
  const ray = await studyFindings([study(t, 'executor: { type: ray, address: "http://127.0.0.1:1" }\n')]);
  assert.match(ray[1]?.missing ?? '', /Ray's head node cannot be reached at http:\/\/127\.0\.0\.1:1/);
  fakeProgram(t, 'ssh', 'echo "me@login: Permission denied (publickey)." >&2; exit 255');
  const slurm = () => studyFindings([study(t, 'executor: { type: slurm, ssh: me@login, partition: gpu }\n')]);
  assert.match((await slurm())[1]?.missing ?? '', /login node me@login cannot be reached with ssh/);
  fakeProgram(t, 'ssh', 'case "$*" in *sbatch*) echo "slurm 22.05.8";; *) printf "main\\nlong\\n";; esac');
  const [, wrong] = await slurm();
  assert.equal(wrong?.found, '22.05.8 on me@login');
  assert.equal(wrong?.missing, 'It has no partition "gpu", but main, long.');
  fakeProgram(t, 'ssh', 'case "$*" in *sbatch*) echo "slurm 22.05.8";; *) printf "main\\ngpu\\n";; esac');
  assert.deepEqual((await slurm())[1], { what: 'Slurm', found: '22.05.8 on me@login: partitions main, gpu' });
});
