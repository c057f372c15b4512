import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import * as attributes from '../../../src/core/study/attributes.ts';

const ROOT = join(import.meta.dirname, '../../..');
const DECLARED = ['src/core/study/attributes.ts', 'src/tuner/python/_tuneboard_attributes.py'];
/** Also a field of the study file, of which a literal says nothing. */
const ALSO_A_FIELD = 'constraints';

const declared = Object.entries(attributes).filter(([, value]) => typeof value !== 'function');
const keys = declared.flatMap(([, value]) => (typeof value === 'string' ? [value] : Object.values(value).flat()));

describe('the keys of attributes', () => {
  it('are declared once', () => {
    assert.deepEqual(
      keys.filter((key, index) => keys.indexOf(key) !== index),
      [],
    );
    assert.ok(keys.length >= 40, `${keys.length} keys`);
  });

  it('have the same names and values in Python', () => {
    const python = readFileSync(join(ROOT, DECLARED[1] as string), 'utf8');
    const entries = [...python.matchAll(/^([A-Z_]+) = "(.+)"$/gm)].map(([, name, value]) => [name, value]);
    assert.ok(entries.length >= 10);
    const byName = new Map(declared);
    for (const [name, value] of entries) assert.equal(byName.get(name as string), value, name);
  });

  it('are not written out in any other file of src or webview', () => {
    const found = sources().flatMap((file) => literalsIn(file).map((literal) => `${file}: ${literal}`));
    assert.deepEqual(found, []);
  });

  it('are not read or written by a literal that is no declared key', () => {
    const literal =
      /(?:[sS]ystem|[uU]ser)_?[aA]ttrs?(?:\([^()]*\))?(?:\.get\(|\[)['"]|_(?:system|user)_attr\([^()]*, ["']/;
    const found = sources().filter((file) => literal.test(code(file)));
    assert.deepEqual(found, []);
  });
});

function sources(): string[] {
  const files = ['src', 'webview'].flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name)),
  );
  const found = files.filter((name) => /\.(ts|py)$/.test(name) && !name.endsWith('.d.ts') && !DECLARED.includes(name));
  assert.ok(found.length > 500);
  return found.filter((name) => !name.includes('node_modules'));
}

function code(file: string): string {
  const text = readFileSync(join(ROOT, file), 'utf8');
  return file.endsWith('.py')
    ? text.replace(/^\s*#.*$/gm, '').replace(/"""[\s\S]*?"""/g, '')
    : text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/^\s*\/\/.*$/gm, '');
}

/** Quoted, also with something after it, or the name of a property. */
function literalsIn(file: string): string[] {
  const text = code(file);
  return keys
    .filter((key) => key !== ALSO_A_FIELD && text.includes(key))
    .filter((key) => {
      const plain = key.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
      // A prefix of Tuneboard's other names says nothing.
      const end = key === attributes.OWN_PREFIX ? `['"\`]` : '';
      return new RegExp(`['"\`/(|]${plain}${end}|(?<![\\w.])${plain}: `).test(text);
    });
}
