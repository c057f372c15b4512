import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { importedSources, type Source } from '../../../src/server/importedSources.ts';

const FOLDER = join('/', 'work');

function python(name: string, text: string): Source {
  return { path: join(FOLDER, name), languageId: 'python', text };
}

/** Reads from a table of files and notes each path that it is asked for. */
function readerOf(files: readonly (Source & { readonly isFollowed?: boolean })[]) {
  const asked: string[] = [];
  const read = (path: string) => {
    asked.push(path);
    return files.find((file) => file.path === path) ?? null;
  };
  return { asked, read };
}

describe('importedSources', () => {
  it('finds modules of modules, from the script and from their own folder, each once', () => {
    const { asked, read } = readerOf([
      python('model.py', 'from .layers import Dense\nimport train\nfrom pkg import blocks\n'),
      python('layers.py', ''),
      python(join('pkg', 'blocks.py'), 'import near\nimport layers\nimport model\n'),
      python(join('pkg', 'near.py'), ''),
    ]);
    const found = importedSources(python('train.py', 'import model\nimport absent\n'), 50, read);
    assert.deepEqual(
      found.map(({ path }) => path),
      ['model.py', 'layers.py', join('pkg', 'blocks.py'), join('pkg', 'near.py')].map((name) => join(FOLDER, name)),
    );
    assert.equal(new Set(asked).size, asked.length);
  });

  it('does not follow the imports of a file that is left out of it', () => {
    const { read } = readerOf([
      { ...python('model.py', 'import layers\n'), isFollowed: false },
      python('layers.py', ''),
    ]);
    const found = importedSources(python('train.py', 'import model\n'), 50, read);
    assert.deepEqual(
      found.map(({ path }) => path),
      [join(FOLDER, 'model.py')],
    );
  });

  it('stops at the most files, and tries a bounded number of paths of a script with endless imports', () => {
    const names = Array.from({ length: 20_000 }, (_, at) => `import m${at}\n`).join('');
    const absent = readerOf([]);
    assert.deepEqual(importedSources(python('train.py', names), 50, absent.read), []);
    assert.equal(absent.asked.length, 5000);
    const found = importedSources(python('train.py', names), 3, (path) => ({ path, languageId: 'python', text: '' }));
    assert.equal(found.length, 3);
  });
});
