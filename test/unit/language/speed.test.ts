import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ghostTextAt } from '../../../src/language/insertion/ghostText.ts';
import type { CodeFile } from '../../../src/language/insertion/sites.ts';
import { openCodeFile } from '../../../src/language/openCodeFile.ts';
import { optunaFindings } from '../../../src/language/optuna/optunaFindings.ts';
import { sayIn } from '../../../src/language/say.ts';
import { scriptFindings } from '../../../src/language/scriptFindings.ts';

const BLOCK = `
def objective_N(trial, depth=3):
    lr = trial.suggest_float("lr_N", 1e-5, 1e-1, log=True)  # rate
    config = {"lr": lr, "dropout": 0.1, 'layers': [1, 2, 3]}
    model = build(config, hidden=trial.suggest_int("hidden_N", 8, 256), seed=N)
    for step in range(100):
        trial.report(model.step(step), step)
    return model.score()
`;

/** Everything that a keystroke asks for. */
function keystroke(text: string, earlier: CodeFile | null): CodeFile | null {
  const file = openCodeFile('python', text, earlier);
  if (!file) return null;
  optunaFindings(file, sayIn('en'));
  scriptFindings(file);
  ghostTextAt(file, [], text.length);
  assert.ok(file.anchors.length >= 0 && file.sites.length > 0);
  return file;
}

describe('cost of a keystroke', () => {
  // A ratio rather than a time: how much more a six times longer file costs on this machine, now.
  it('grows no faster than the file', () => {
    const source = (blocks: number) =>
      Array.from({ length: blocks }, (_, at) => BLOCK.replaceAll('N', String(at))).join('');
    const cost = (text: string): number => {
      let file = keystroke(text, null);
      const times: number[] = [];
      for (let round = 0; round < 5; round++) {
        const started = process.cpuUsage();
        file = keystroke(`${text}x${round}`, file);
        const used = process.cpuUsage(started);
        times.push((used.user + used.system) / 1000);
      }
      return Math.min(...times);
    };
    const small = source(60);
    const large = source(360);
    cost(small);
    const [a, b] = [cost(small), cost(large)];
    assert.ok(b < a * 6 * 3, `540 lines: ${a} ms, 3,240 lines: ${b} ms`);
  });

  // One pass through the tree: what is found may not cost as much again as reading the whole file does.
  it('is small beside reading the file anew', () => {
    const text = `import optuna\n${Array.from({ length: 360 }, (_, at) => BLOCK.replaceAll('N', String(at))).join('')}`;
    const used = (work: () => unknown): number => {
      const times = Array.from({ length: 9 }, () => {
        const started = process.cpuUsage();
        work();
        const { user, system } = process.cpuUsage(started);
        return user + system;
      });
      return Math.min(...times.slice(2));
    };
    const anew = used(() => openCodeFile('python', text));
    let file = openCodeFile('python', text);
    let round = 0;
    const edited = used(() => {
      file = openCodeFile('python', `${text}x${round++}`, file);
      assert.ok(file && optunaFindings(file, sayIn('en')).length >= 0 && file.anchors.length > 0);
    });
    assert.ok(edited < anew * 0.75, `after an edit ${edited} µs, anew ${anew} µs`);
  });
});
