import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { pathToFileURL } from 'node:url';
import { type Client, startClient } from './harness.ts';

const SCRIPT = `import model

LEARNING_RATE = 0.003
BATCH = 64
`;
const HEAD = `name: train
objective:
  command: python train.py
space:
`;
const STUDY = `${HEAD}  lr: { type: float, low: 1.0e-5, high: 1.0e-2, log: true, at: "train.py#LEARNING_RATE" }
  depth: { type: int, low: 1, high: 9, at: conf/model.yaml#net.depth }
  gone: { type: int, low: 1, high: 9, at: "train.py#NOT_THERE" }
`;

interface Item {
  readonly label: string;
  readonly detail?: string;
  readonly textEdit: { readonly newText: string; readonly range: unknown };
}

interface Place {
  readonly uri: string;
  readonly range: { readonly start: { readonly line: number; readonly character: number } };
}

describe('`at` in a study file', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tuneboard-调参 places-'));
  const uriOf = (name: string) => pathToFileURL(join(folder, name)).toString();
  const [script, study] = [uriOf('train.py'), uriOf('train.study.yaml')];
  let client: Client;
  let typed = 0;

  before(async () => {
    mkdirSync(join(folder, 'conf'));
    mkdirSync(join(folder, 'node_modules', 'other'), { recursive: true });
    writeFileSync(join(folder, 'node_modules', 'other', 'index.js'), 'const x = 1;\n');
    writeFileSync(join(folder, 'train.py'), SCRIPT);
    writeFileSync(join(folder, 'notes.txt'), 'x = 1\n');
    writeFileSync(join(folder, 'conf', 'model.yaml'), 'net:\n  depth: 3\n  name: "a, b"\n');
    writeFileSync(join(folder, 'train.study.yaml'), STUDY);
    client = await startClient();
    client.open(script, 'python', SCRIPT);
    client.open(study, 'yaml', STUDY);
    client.notify('tuneboard/studyFiles', { uris: [study] });
  });
  after(async () => {
    await client.dispose();
    rmSync(folder, { recursive: true, force: true });
  });

  /** What is offered at the mark `|` of a line of the space, of a study file beside the others. */
  async function offered(line: string): Promise<Item[]> {
    const uri = uriOf(`typed${typed++}.study.yaml`);
    client.open(uri, 'yaml', `${HEAD}${line.replace('|', '')}`);
    const position = { line: HEAD.split('\n').length - 1, character: line.indexOf('|') };
    return client.request<Item[]>('textDocument/completion', { textDocument: { uri }, position });
  }
  const at = (uri: string, line: number, character: number) => ({
    textDocument: { uri },
    position: { line, character },
  });
  const linesOf = (text: string, line: number, word: string) => text.split('\n')[line]?.indexOf(word) ?? -1;

  it('completes the files that have places, and none of other people', async () => {
    for (const line of [
      '  lr: { at: "|" }',
      '  lr: { at: "tr|',
      '  lr: { at: |',
      '  lr: { type: float, at: "|',
      '  lr: { at: | }',
    ]) {
      const items = await offered(line);
      assert.deepEqual(
        items.map(({ label }) => label),
        ['train.py', 'conf/model.yaml'],
        line,
      );
      assert.equal(items[0]?.textEdit.newText, 'train.py#');
    }
  });

  it('completes the places of a file with their values', async () => {
    const [lr, batch, ...others] = await offered('  lr: { type: float, at: "train.py#L|" }');
    assert.deepEqual(
      [lr?.label, lr?.detail, lr?.textEdit.newText],
      ['LEARNING_RATE', '0.003 · train.py:3', 'train.py#LEARNING_RATE'],
    );
    assert.deepEqual([batch?.label, others], ['BATCH', []]);
    const start = '  lr: { type: float, at: "'.length;
    assert.deepEqual(lr?.textEdit.range, {
      start: { line: 4, character: start },
      end: { line: 4, character: start + 'train.py#L'.length },
    });
    const plain = await offered('  lr: { at: conf/model.yaml#|');
    assert.deepEqual(
      plain.map(({ label, detail, textEdit }) => [label, detail, textEdit.newText]),
      [
        ['depth', '3 · conf/model.yaml:2', '"conf/model.yaml#depth"'],
        ['name', '"a, b" · conf/model.yaml:3', '"conf/model.yaml#name"'],
      ],
    );
    assert.deepEqual(await offered('  lr: { at: "missing.py#|" }'), []);
    assert.deepEqual(await offered('  lr: { at: "../outside.py#|" }'), []);
  });

  it('offers keys and words elsewhere as before', async () => {
    assert.ok((await offered('  lr: { type: |')).some(({ label }) => label === 'float'));
    assert.ok((await offered('  lr: { at: "train.py#LEARNING_RATE", |')).some(({ label }) => label === 'type'));
  });

  it('says beside the place what stands there now, and nothing where nothing is', async () => {
    const hints = await client.request<{ label: string; tooltip: string; position: { line: number } }[]>(
      'textDocument/inlayHint',
      { textDocument: { uri: study }, range: { start: { line: 0, character: 0 }, end: { line: 20, character: 0 } } },
    );
    assert.deepEqual(
      hints.map(({ label, tooltip, position }) => [label, tooltip, position.line]),
      [
        ['‹0.003›', 'train.py:3', 4],
        ['‹3›', 'conf/model.yaml:2', 5],
      ],
    );
  });

  it('follows a file on the disk that is not open, and the text of one that is', async () => {
    const uri = uriOf('follow.study.yaml');
    const text = `${HEAD}  a: { type: int, low: 1, high: 9, at: other.py#A }\n`;
    const labels = async () => {
      const hints = await client.request<{ label: string }[]>('textDocument/inlayHint', {
        textDocument: { uri },
        range: { start: { line: 0, character: 0 }, end: { line: 20, character: 0 } },
      });
      return hints.map(({ label }) => label);
    };
    writeFileSync(join(folder, 'other.py'), 'A = 3\n');
    client.open(uri, 'yaml', text);
    assert.deepEqual(await labels(), ['‹3›']);
    writeFileSync(join(folder, 'other.py'), 'A = 44\n');
    assert.deepEqual(await labels(), ['‹44›']);
    client.open(uriOf('other.py'), 'python', 'A = 5\n');
    assert.deepEqual(await labels(), ['‹5›'], 'what is not saved counts');
    client.notify('textDocument/didClose', { textDocument: { uri: uriOf('other.py') } });
    assert.deepEqual(await labels(), ['‹44›']);
    rmSync(join(folder, 'other.py'));
    assert.deepEqual(await labels(), []);
    client.notify('textDocument/didClose', { textDocument: { uri } });
  });

  it('tells the value and the line under the mouse', async () => {
    const hover = await client.request<{ contents: { value: string } } | null>(
      'textDocument/hover',
      at(study, 4, linesOf(STUDY, 4, 'LEARNING')),
    );
    assert.equal(hover?.contents.value, '`0.003` · train.py:3');
    const key = await client.request<{ contents: { value: string } } | null>(
      'textDocument/hover',
      at(study, 4, linesOf(STUDY, 4, 'at:')),
    );
    assert.match(key?.contents.value ?? '', /^\*\*at\*\*/);
    assert.equal(await client.request('textDocument/hover', at(study, 6, linesOf(STUDY, 6, 'NOT_'))), null);
  });

  it('goes to the value in the code, and back', async () => {
    const there = await client.request<Place[]>('textDocument/definition', at(study, 4, 3));
    assert.deepEqual(
      there.map(({ uri, range }) => [uri, range.start]),
      [[script, { line: 2, character: 16 }]],
    );
    const back = await client.request<Place[]>('textDocument/definition', at(script, 2, 18));
    assert.deepEqual(
      back.map(({ uri, range }) => [uri, range.start]),
      [[study, { line: 4, character: 2 }]],
    );
    assert.deepEqual(await client.request('textDocument/definition', at(script, 3, 9)), []);
    assert.deepEqual(await client.request('textDocument/definition', at(study, 6, 3)), []);
  });
});
