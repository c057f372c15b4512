import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { test } from 'node:test';
import { newSocketPath } from '../../src/runs/platform.ts';
import { ClientEndpoint } from '../../src/tuner/objective/command/clientEndpoint.ts';
import type { TrialHandle } from '../../src/tuner/objective/objective.ts';
import { pythonFolder } from '../../src/tuner/pythonFolder.ts';
import { needPython } from '../support/python.ts';

interface Reported {
  readonly metrics: Readonly<Record<string, number>>;
  readonly step: number | null;
}

test('the client reports, prunes and keeps attributes; parameters have their types', async (t) => {
  const python = needPython(t, 'python');
  if (!python) return;
  const reported: Reported[] = [];
  const attrs = new Map<string, unknown>();
  const trial: TrialHandle = {
    number: 7,
    params: {},
    marker: { name: 'A', value: 'b' },
    gpu: null,
    best: null,
    report: (metrics, step) => reported.push({ metrics, step }),
    flush: async () => undefined,
    earlyEnd: () => (reported.length > 2 ? 'pruned' : undefined),
    onEarlyEnd: () => undefined,
    isBeyondEnd: false,
    reportGradient: (gradient) => void attrs.set('gradient', gradient),
    setConstraint: async (name, value) => void attrs.set(`constraint ${name}`, value),
    part: { checkpoint: '/c', step: 3, budget: 9 },
    setUserAttr: async (key, value) => void attrs.set(key, value),
  };
  const endpoint = await ClientEndpoint.open(newSocketPath());
  t.after(() => endpoint.close());
  const session = endpoint.register(trial, 'f1');
  const code = `
import tuneboard
p = tuneboard.params({"lr": 1.0, "extra": "kept"})
assert p == {"lr": 1e-05, "n": 3, "flag": True, "none": None, "name": "é", "extra": "kept"}, p
assert type(p["n"]) is int and type(p["lr"]) is float and tuneboard.trial_number() == 7
tuneboard.set_attr("note", "é\\n")
tuneboard.report(0.5, step=0)
tuneboard.report(float("nan"))
assert tuneboard.should_prune() is False
tuneboard.report(0.25, loss=1.5)
try: tuneboard.set_attr("bad", [1])
except ValueError as e: print(e)
assert tuneboard.checkpoint() == "/c" and tuneboard.start() == 3 and tuneboard.budget() == 9 and tuneboard.budget(5) == 9
assert tuneboard.artifact("a/b.png") == "a/b.png" and tuneboard.artifact("/x/y.csv", "z") == "/x/y.csv"
try: tuneboard.artifact("long", "n" * 999)
except ValueError as e: print(e)
tuneboard.set_constraint("ms", -2)
tuneboard.report_gradient({"lr": 0.5, "wd": float("inf")})
if tuneboard.should_prune(): raise tuneboard.TrialPruned()
print("not reached")
`;
  const params = '{"lr": 1e-05, "n": 3, "flag": true, "none": null, "name": "\\u00e9"}';
  const part = { TUNEBOARD_CHECKPOINT: '/c', TUNEBOARD_STEP: '3', TUNEBOARD_BUDGET: '9' };
  const env = { ...session.env, ...part, TUNEBOARD_PARAMS: params, TUNEBOARD_TRIAL_NUMBER: '7' };
  const { output, exit } = await runPython(python, code, env);
  assert.equal(exit, 0, output);
  assert.match(output, /An attribute must be/);
  assert.match(output, /An artifact needs a name of 400 characters/);
  assert.match(String(attrs.get('tuneboard:artifact:a/b.png')), /^\/.*\/a\/b\.png$/);
  assert.equal(attrs.get('tuneboard:artifact:z'), '/x/y.csv');
  assert.doesNotMatch(output, /not reached/);
  assert.deepEqual(reported, [
    { metrics: { f1: 0.5 }, step: 0 },
    { metrics: { f1: Number.NaN }, step: null },
    { metrics: { f1: 0.25 }, step: 2 },
    { metrics: { loss: 1.5 }, step: 2 },
  ]);
  assert.equal(attrs.get('constraint ms'), -2);
  assert.deepEqual(attrs.get('gradient'), { lr: 0.5, wd: Number.POSITIVE_INFINITY });
  assert.equal(attrs.get('note'), 'é\n');
  assert.equal(session.toldEnd, 'pruned');
});

test('outside a study the client does nothing', async (t) => {
  const python = needPython(t, 'python');
  if (!python) return;
  const code = `
import tuneboard
assert tuneboard.params({"lr": 1.0}) == {"lr": 1.0} and tuneboard.params() == {}
tuneboard.report(0.5); tuneboard.report(loss=1); tuneboard.set_attr("a", 1)
assert tuneboard.artifact("p") == "p"
assert tuneboard.should_prune() is False and tuneboard.trial_number() is None
`;
  const { output, exit } = await runPython(python, code, {});
  assert.equal(exit, 0, output);
});

test('a tuner that is gone is told once and the script goes on', async (t) => {
  const python = needPython(t, 'python');
  if (!python) return;
  const code = 'import tuneboard\nfor i in range(3): tuneboard.report(i)\nprint("done")';
  const env = { TUNEBOARD_ENDPOINT: 'tcp:127.0.0.1:1', TUNEBOARD_TOKEN: 'x', TUNEBOARD_TRIAL_NUMBER: '0' };
  const { output, exit } = await runPython(python, code, env);
  assert.equal(exit, 0, output);
  assert.equal(output.match(/cannot be reached/g)?.length, 1);
  assert.match(output, /done/);
});

function runPython(
  python: string,
  code: string,
  env: Record<string, string>,
): Promise<{ output: string; exit: number }> {
  const child = spawn(python, ['-c', code], {
    env: { ...process.env, PYTHONPATH: pythonFolder, PYTHONIOENCODING: 'utf-8', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk));
  return new Promise((resolve) => child.on('close', (code) => resolve({ output, exit: code ?? -1 })));
}
