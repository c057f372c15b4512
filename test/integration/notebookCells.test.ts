import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import fc from 'fast-check';
import { pythonFolder } from '../../src/tuner/pythonFolder.ts';
import { needPython } from '../support/python.ts';

const RUN = `
import ast, json, sys
from _tuneboard_notebook import without_magics
def compiles(text):
    try:
        compile(text, "c", "exec", flags=ast.PyCF_ONLY_AST | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
        return True
    except (SyntaxError, ValueError):
        return False
print(json.dumps([[*without_magics(cell), compiles(cell), compiles(without_magics(cell)[0])] for cell in json.load(sys.stdin)]))
`;

type Result = [source: string, leftOut: string[], compiledBefore: boolean, compilesAfter: boolean];

function withoutMagics(python: string, cells: readonly string[]): Result[] {
  const printed = execFileSync(python, ['-W', 'ignore', '-c', RUN], {
    input: JSON.stringify(cells),
    env: { ...process.env, PYTHONPATH: pythonFolder, PYTHONIOENCODING: 'utf-8' },
    encoding: 'utf8',
    maxBuffer: 2 ** 26,
  });
  return JSON.parse(printed);
}

const CODE = [
  'x = 1',
  'if x:\n    y = 2',
  'def f(a,\n      b=2):\n    return a % b',
  'text = """\n%matplotlib\n!ls\n"""',
  'values = [\n  1,\n  2,\n]',
  '# ! comment ?',
  'print("what?")',
  'z = 5 \\\n  % 2',
  'await g()',
];
const MAGIC = [
  '%matplotlib inline',
  '!pip install x',
  'files = !ls',
  'x?',
  '??f',
  'a = %time 1',
  '!make \\\n  all',
  "get_ipython().system('ls')",
];

test('magics and shell lines are left out line for line, whatever else a cell holds', (t) => {
  const python = needPython(t, 'python');
  if (!python) return;
  const part = fc.oneof(fc.constantFrom(...CODE), fc.constantFrom(...MAGIC));
  const cells = fc.sample(fc.array(part, { minLength: 1, maxLength: 7 }), { numRuns: 300, seed: 11 });
  const texts = cells.map((lines) => lines.join('\n'));
  for (const [index, [source, leftOut, compiledBefore, compilesAfter]] of withoutMagics(python, texts).entries()) {
    const text = texts[index] as string;
    assert.ok(compilesAfter, `${text}\n---\n${source}`);
    assert.equal(source.split('\n').length, text.split('\n').length, text);
    if (compiledBefore && !text.includes('get_ipython')) assert.equal(source, text);
    else assert.ok(leftOut.length > 0, text);
  }
});

test('any text is taken without a fault and keeps its number of lines', (t) => {
  const python = needPython(t, 'python');
  if (!python) return;
  const marks = ['\n', '%', '%%', '!', '?', '"""', "'", '(', ')', '\\', '    ', '#'];
  const piece = fc.oneof(fc.string({ maxLength: 6 }), fc.constantFrom(...marks));
  const samples = fc.sample(fc.array(piece, { maxLength: 14 }), { numRuns: 400, seed: 3 });
  const texts = samples.map((pieces) => pieces.join(''));
  for (const [index, [source]] of withoutMagics(python, texts).entries()) {
    assert.equal(source.split('\n').length, (texts[index] as string).split('\n').length);
  }
});
