/** The extension through VS Code's own API, inside the extension host. */
import { join } from 'node:path';
import { test } from 'node:test';
import { repository } from '../support/cache.ts';
import { needs } from '../support/parts.ts';
import { runInExtensionHost } from '../support/vscode/extensionHost.ts';
import { Workspace } from '../support/vscode/workspace.ts';

const BROKEN = `name: broken
direction: maximize
metric: accuracy
objective:
  command: node train.mjs --lr {lr}
space:
  lr: { type: float, low: 1.0, high: 0.1 }
`;

const SCRIPT = `import optuna


def objective(trial):
    return trial.suggest_float("x", -1.0, 1.0) ** 2


study = optuna.create_study()
study.optimize(objective, n_trials=10)
`;

/** Fails in its second line for the first trial of its study. */
const PROGRAM = `const lr = Number(process.argv[2]);
if (lr > 0.5) throw new RangeError('too fast');
console.log(\`loss=\${lr}\`);
`;

const FAILING = `name: failing
direction: minimize
metric: loss
objective: { command: "node program.mjs {lr}" }
space:
  lr: { type: float, low: 0.001, high: 1 }
start: [{ lr: 0.9 }, { lr: 0.1 }]
budget: { trials: 2 }
`;

test('inside the extension host', needs('vscode', 'browser'), async () => {
  const workspace = new Workspace();
  try {
    workspace.write('broken.study.yaml', BROKEN);
    workspace.write('tune.py', SCRIPT);
    workspace.write('program.mjs', PROGRAM);
    workspace.write('failing.study.yaml', FAILING);
    await runInExtensionHost(join(repository, 'test', 'e2e', 'host.suite.ts'), workspace.folder);
  } finally {
    workspace.dispose();
  }
});
