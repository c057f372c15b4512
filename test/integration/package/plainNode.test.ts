/** The packed tarball on the Nodes that people have: installed for all, and with npx in a project. */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { before, describe, test } from 'node:test';
import { repository } from '../../support/cache.ts';
import { type NodeRelease, nodeFolder } from '../../support/nodes.ts';
import { packProject } from '../../support/packedProject.ts';
import { needs } from '../../support/parts.ts';
import { temporaryFolder } from '../../support/temporaryFolder.ts';

const STUDY = `name: parabola
direction: minimize
metric: loss
objective:
  command: node train.mjs --x {x}
space: { x: { type: float, low: -1, high: 1 } }
sampler: { type: random, seed: 1 }
budget: { trials: 3 }
`;
const SCRIPT = 'console.log("loss=" + Number(process.argv[3]) ** 2);';

/** No variable of the npm that runs the tests, and this release's `node` first. */
function environment(release: NodeRelease): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !/^npm_/i.test(name));
  const path = (process.env['PATH'] ?? '').split(delimiter).filter((folder) => !folder.includes('node_modules'));
  return { ...Object.fromEntries(kept), PATH: [nodeFolder(release), ...path].join(delimiter) };
}

const npm = realpathSync(execFileSync('which', ['npm'], { env: environment(24), encoding: 'utf8' }).trim());

function run(release: NodeRelease, cwd: string, program: string, ...args: string[]) {
  const ended = spawnSync(program, args, { cwd, env: environment(release), encoding: 'utf8' });
  return { ...ended, said: `${ended.stdout}${ended.stderr}` };
}

describe('the packed tarball', needs('nodes'), () => {
  let tarball: string;

  before(() => {
    tarball = packProject('plain-node');
  });

  for (const release of [22, 24] as const) {
    test(`is installed for all, and with npx in a project, on Node ${release}`, (t) => {
      const folder = temporaryFolder(t);
      const node = join(nodeFolder(release), 'node');
      const prefix = join(folder, 'global');
      const installed = run(release, folder, node, npm, 'install', '-g', '--offline', '--prefix', prefix, tarball);
      assert.equal(installed.status, 0, installed.said);
      assert.doesNotMatch(installed.said, /EBADENGINE/);
      writeFileSync(join(folder, 'parabola.study.yaml'), STUDY);
      writeFileSync(join(folder, 'train.mjs'), SCRIPT);
      const ran = run(release, folder, join(prefix, 'bin', 'tuneboard'), 'run', 'parabola.study.yaml');
      assert.equal(ran.status, 0, ran.said);
      assert.match(ran.said, /trial 2 complete/);

      const project = join(folder, 'project');
      mkdirSync(project);
      writeFileSync(join(project, 'package.json'), '{}');
      const added = run(release, project, node, npm, 'install', '--offline', tarball);
      assert.equal(added.status, 0, added.said);
      const npx = run(release, project, node, npm, 'exec', '--offline', '--', 'tuneboard', '--version');
      const { version } = JSON.parse(readFileSync(join(repository, 'package.json'), 'utf8')) as { version: string };
      assert.equal(npx.stdout.trim(), version, npx.said);
    });
  }

  test('one sentence says on Node 20 which Node it needs', (t) => {
    const folder = temporaryFolder(t);
    const prefix = join(folder, 'global');
    const node = join(nodeFolder(24), 'node');
    const installed = run(24, folder, node, npm, 'install', '-g', '--offline', '--prefix', prefix, tarball);
    assert.equal(installed.status, 0, installed.said);
    const { status, stdout, stderr } = run(20, folder, join(prefix, 'bin', 'tuneboard'), 'run', 'parabola.study.yaml');
    assert.equal(status, 1);
    assert.equal(stdout, '');
    assert.match(stderr, /^tuneboard needs Node 22 or newer, and this is Node 20\.[\d.]+: install a newer Node\.\n$/);
  });

  test('package.json says the same as the program', () => {
    const { engines } = JSON.parse(readFileSync(join(repository, 'package.json'), 'utf8')) as {
      engines: { node: string };
    };
    assert.equal(engines.node, '>=22');
  });
});
