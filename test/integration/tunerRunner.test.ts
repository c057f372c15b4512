/** The contract of objective runners, kept by the runner of commands. */

import { floatDistribution } from '../../src/core/space/distributionRules.ts';
import { searchSpace } from '../../src/core/space/searchSpace.ts';
import { clientSocketPath, newSocketPath } from '../../src/runs/platform.ts';
import { runFolderOf } from '../../src/runs/runFolder.ts';
import { createRunFolder } from '../../src/runs/runRecords.ts';
import type { CommandObjective } from '../../src/studyfile/studyFile.ts';
import { CommandRunner } from '../../src/tuner/objective/command/commandObjective.ts';
import { commandContext } from '../../src/tuner/objective/launch/launchContext.ts';
import { type Behaviour, runnerContract } from '../support/contracts/runnerContract.ts';
import { TunerFolder } from './tunerHarness.ts';

const PROGRAMS: Readonly<Record<Behaviour, string>> = {
  reports: `for (let step = 1; step <= 3; step++) console.log('step=' + step + ' score=' + step / 10);`,
  silent: '',
  fails: `console.error('boom'); process.exit(7);`,
  hangs: `console.log('score=0.5 step=1'); setInterval(() => 0, 1000);`,
  echoes: `console.log('score=' + JSON.parse(process.env.TUNEBOARD_PARAMS).x);`,
};

runnerContract('command', async (behaviour) => {
  const folder = new TunerFolder();
  const source = folder.study(PROGRAMS[behaviour]);
  const runs = runFolderOf(source, 'contract');
  createRunFolder(runs);
  const objective: CommandObjective = {
    kind: 'command',
    argv: [process.execPath, 'train.mjs'],
    shell: false,
    cwd: '.',
    env: {},
    configTemplate: null,
    trialTimeoutMs: null,
  };
  const runner = await CommandRunner.open({
    objective,
    socket: clientSocketPath(newSocketPath()),
    studyName: 'contract',
    space: searchSpace([{ name: 'x', distribution: floatDistribution(0, 1) }]),
    sites: new Map(),
    metrics: ['score'],
    constraints: [],
    folder: runs,
    base: folder.path,
    launch: await commandContext({ objective, base: folder.path, python: null, env: process.env }),
  });
  return { runner, dispose: async () => folder.remove() };
});
