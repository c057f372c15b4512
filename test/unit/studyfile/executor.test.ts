/** `executor:` in a study file: what its blocks mean, what is wrong with them, and what the editor offers. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { completeStudyFile } from '../../../src/studyfile/editing/completions.ts';
import { hoverStudyFile } from '../../../src/studyfile/editing/hover.ts';
import { parseStudyFile } from '../../../src/studyfile/parseStudyFile.ts';

const BASE = `metric: loss
objective: { command: "train --lr {lr}" }
space:
  lr: { type: float, low: 0.0, high: 1.0 }
`;
const SERVER = 'storage: postgresql://me@db/studies\n';

function executorOf(text: string) {
  const { file, problems } = parseStudyFile(`${BASE}${text}`);
  assert.deepEqual(
    problems.filter(({ severity }) => severity === 'error').map(({ message }) => message),
    [],
  );
  return file?.executor;
}

function findings(text: string): string[] {
  return parseStudyFile(`${BASE}${text}`).problems.map(({ code }) => code);
}

test('a study runs here unless it says otherwise', () => {
  assert.deepEqual(executorOf(''), { type: 'local' });
  assert.deepEqual(executorOf('executor: local\n'), { type: 'local' });
  assert.deepEqual(executorOf('executor: { type: local }\n'), { type: 'local' });
});

test('an engine by its name alone has its defaults', () => {
  assert.deepEqual(executorOf('executor: ray\n'), {
    type: 'ray',
    node: 'node',
    heartbeatMs: 30_000,
    checkpoints: null,
    address: null,
    verify: null,
    resources: { entrypoint_num_cpus: 1 },
    runtimeEnv: {},
    workingDir: '.',
    excludes: [],
  });
});

test("Ray's options go to the places that Ray has for them", () => {
  const ray = executorOf(`executor:
  type: ray
  address: https://head:8265
  verify: certificates/ca.pem
  entrypoint_num_cpus: 0.5
  entrypoint_num_gpus: 1
  entrypoint_resources: { accel: 2 }
  runtime_env: { working_dir: code, excludes: ["*.ckpt"], pip: [torch], env_vars: { A: b } }
  heartbeat: 5s
  checkpoints: /shared/c
`);
  assert.equal(ray?.type, 'ray');
  assert.deepEqual(ray, {
    type: 'ray',
    node: 'node',
    heartbeatMs: 5000,
    checkpoints: '/shared/c',
    address: 'https://head:8265',
    verify: 'certificates/ca.pem',
    resources: { entrypoint_num_cpus: 0.5, entrypoint_num_gpus: 1, entrypoint_resources: { accel: 2 } },
    runtimeEnv: { pip: ['torch'], env_vars: { A: 'b' } },
    workingDir: 'code',
    excludes: ['*.ckpt'],
  });
});

test("Slurm's options are the long options of sbatch", () => {
  const slurm = executorOf(`executor:
  type: slurm
  partition: gpu
  time: "4:00:00"
  mem: 8000
  cpus-per-task: 4
  gres: gpu:1
  array-limit: 8
  ssh: me@login
  setup: |
    module load nodejs
    ulimit -n 4096
`);
  assert.deepEqual(slurm, {
    type: 'slurm',
    node: 'node',
    heartbeatMs: 30_000,
    checkpoints: null,
    options: { partition: 'gpu', time: '4:00:00', mem: '8000', 'cpus-per-task': '4', gres: 'gpu:1' },
    arrayLimit: 8,
    ssh: 'me@login',
    chdir: null,
    setup: 'module load nodejs\nulimit -n 4096\n',
  });
});

test('what a cluster cannot do is found where it stands', () => {
  const found = (text: string, code: string) => assert.ok(findings(text).includes(code), `${code} in ${text}`);
  found('executor: { type: ray, address: "ray://head:10001" }\n', 'ray-address');
  found('executor: { type: ray, runtime_env: { working_dir: "s3://bucket/a.zip" } }\n', 'ray-working-dir');
  found('executor: { type: ray, address: "http://head:8265" }\n', 'executor-storage');
  found('executor: { type: slurm, ssh: me@login }\nstorage: sqlite:///a.db\n', 'executor-storage');
  const named = `storage: "\${env:STUDY_DB}"\nexecutor: { type: ray, address: "http://head:8265" }\n`;
  assert.ok(!findings(named).includes('executor-storage'), 'what a variable names may be a server');
  found('executor: { type: slurm, time: 4h }\n', 'slurm-time');
  found('executor: { type: slurm, chdir: /scratch }\n', 'slurm-chdir');
  found('executor: slurm\ngpus: [0]\n', 'executor-gpus');
  found(`${SERVER}scheduler: pbt\nexecutor: { type: slurm, ssh: login }\n`, 'executor-checkpoints');
  found('executor: { type: ray, heartbeat: soon }\n', 'wrong-duration');
  found('executor: { type: ray, partition: gpu }\n', 'unknown-option');
  found('executor: { type: slurm, partitions: gpu }\n', 'misspelt-key');
  found('executor: { type: slurm, ssh: "-oProxyCommand=x" }\n', 'wrong-value');
  found('executor: { type: kubernetes }\n', 'not-one-of');
  found('executor: kubernetes\n', 'not-one-of');
  assert.deepEqual(
    parseStudyFile('objective: { optuna: a.py }\nexecutor: ray\n').problems.map(({ code }) => code),
    ['executor-script'],
  );
});

test('what goes together is not complained of', () => {
  assert.deepEqual(findings('executor: ray\n'), []);
  assert.deepEqual(findings('executor: { type: ray, address: "http://127.0.0.1:8265" }\n'), []);
  assert.deepEqual(findings('executor: { type: slurm, time: 1-12:00:00 }\n'), []);
  assert.deepEqual(findings('executor: { type: slurm, time: 90 }\n'), []);
});

test('keys, kinds and explanations are offered, in Chinese too', () => {
  const at = (text: string) => completeStudyFile(text, text.length).map(({ label }) => label);
  assert.deepEqual(at('executor: '), ['local', 'ray', 'slurm']);
  assert.deepEqual(at('executor:\n  type: '), ['local', 'ray', 'slurm']);
  const slurm = at('executor:\n  type: slurm\n  ');
  assert.ok(slurm.includes('cpus-per-task') && slurm.includes('ssh') && !slurm.includes('address'));
  assert.ok(at('executor:\n  type: ray\n  runtime_env:\n    ').includes('env_vars'));
  const text = 'executor:\n  type: slurm\n  gres: gpu:1\n';
  const offset = text.indexOf('gres') + 1;
  assert.match(hoverStudyFile(text, offset)?.text ?? '', /Generic resources/);
  assert.match(hoverStudyFile(text, offset, 'zh-cn')?.text ?? '', /通用资源/);
});
