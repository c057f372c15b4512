import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { pathToFileURL } from 'node:url';
import { BEST_PARAMS_EDITS, type BestParamsEdits } from '../../../src/protocol/editor.ts';
import { type Client, startClient } from './harness.ts';

const SCRIPT = `lr = 0.5
class Net:
    def __init__(self, dropout=0.1): ...
def main():
    net = Net(dropout=0.3)
    opt = Adam(net, lr=1e-3)
    batch = 64
`;

const STUDY = `metric: loss
objective: { command: python train.py }
space:
  lr: { type: float, low: 1.0e-5, high: 1.0e-2, at: "train.py#Adam(lr)" }
  p: { type: float, low: 0.0, high: 0.5, at: 'train.py#Net(dropout)' }
  width: { type: int, low: 1, high: 9, at: "model.toml#net.width" }
  gone: { type: int, low: 1, high: 9, at: "train.py#missing" }
  batch: { type: int, low: 1, high: 256 }
`;

const BEST = {
  number: 3,
  value: 0.1,
  params: [
    { name: 'lr', value: 2e-3, kind: 'float' },
    { name: 'p', value: 0.1, kind: 'float' },
    { name: 'width', value: 5, kind: 'int' },
    { name: 'gone', value: 5, kind: 'int' },
    { name: 'batch', value: 32, kind: 'int' },
  ],
} as const;

describe('inserting parameters that live in the code', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tuneboard-placed-'));
  const uriOf = (name: string) => pathToFileURL(join(folder, name)).toString();
  let client: Client;

  before(async () => {
    writeFileSync(join(folder, 'train.study.yaml'), STUDY);
    client = await startClient();
    client.open(uriOf('train.py'), 'python', SCRIPT);
    client.open(uriOf('model.toml'), 'toml', '[net]\nwidth = 3\n');
  });
  after(async () => {
    await client.dispose();
    rmSync(folder, { recursive: true, force: true });
  });

  it('finds what the command passes under another name, and tells it by its own', async () => {
    const script =
      'parser.add_argument("--hidden-units", type=int, default=32)\nparser.add_argument("--b", default=1)\n';
    const command = '"python fit.py --hidden-units {width} --nothing={gone} --b {lr}"';
    writeFileSync(
      join(folder, 'fit.study.yaml'),
      `metric: loss\nobjective: { command: ${command} }\nspace:\n  width: { type: int, low: 1, high: 9 }\n  lr: { type: float, low: 0, high: 1, at: "train.py#Adam(lr)" }\n`,
    );
    client.open(uriOf('fit.py'), 'python', script);
    const found = await edits('fit.py', uriOf('fit.study.yaml'));
    assert.deepEqual(
      found.edits.map(({ label }) => label),
      ['hidden_units: 32 → 5'],
    );
    assert.deepEqual(found.unmatched.toSorted(), ['batch', 'gone', 'lr', 'p']);
  });

  const edits = (name: string, studyFile?: string) =>
    client.request<BestParamsEdits>(BEST_PARAMS_EDITS, { uri: uriOf(name), best: BEST, cursor: null, studyFile });
  const changed = (text: string, found: BestParamsEdits) => {
    const lines = text.split('\n');
    for (const { range, newText } of found.edits.toReversed()) {
      const line = lines[range.start.line] as string;
      lines[range.start.line] = line.slice(0, range.start.character) + newText + line.slice(range.end.character);
    }
    return lines.join('\n');
  };

  it('writes exactly the places that the study file names, and the others by their name', async () => {
    const found = await edits('train.py', uriOf('train.study.yaml'));
    const expected = SCRIPT.replace('lr=1e-3', 'lr=0.002').replace('batch = 64', 'batch = 32');
    assert.equal(changed(SCRIPT, found), expected);
    assert.deepEqual(found.unchanged, ['p']);
    assert.deepEqual(found.unmatched, ['width', 'gone']);
  });

  it('writes an entry of a file that is no code', async () => {
    const found = await edits('model.toml', uriOf('train.study.yaml'));
    assert.equal(changed('[net]\nwidth = 3\n', found), '[net]\nwidth = 5\n');
  });

  it('goes by names where no study file is given', async () => {
    assert.match(changed(SCRIPT, await edits('train.py')), /^lr = 0\.002$/m);
  });
});
