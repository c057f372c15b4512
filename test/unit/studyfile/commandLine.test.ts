import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { fillPlaceholders, placeholdersIn, splitCommandLine } from '../../../src/studyfile/commandLine.ts';
import { durationMs } from '../../../src/studyfile/duration.ts';

describe('splitCommandLine', () => {
  it('splits at blanks and keeps quoted parts together', () => {
    assert.deepEqual(splitCommandLine(`python "my train.py" --name 'it is' --x=a\\ b ""`), [
      'python',
      'my train.py',
      '--name',
      'it is',
      '--x=a b',
      '',
    ]);
  });

  it('leaves the backslashes of Windows paths alone', () => {
    assert.deepEqual(splitCommandLine('C:\\Python\\python.exe train.py'), ['C:\\Python\\python.exe', 'train.py']);
  });

  it('tells an open quote', () => {
    assert.equal(splitCommandLine('echo "a'), null);
  });

  it('gives back any words that were quoted', () => {
    const word = fc.string().filter((text) => !/["\\]/.test(text));
    fc.assert(
      fc.property(fc.array(word), (words) => {
        assert.deepEqual(splitCommandLine(words.map((text) => `"${text}"`).join(' ')), words);
      }),
    );
  });
});

describe('placeholders', () => {
  it('are names in single braces; doubled braces and other text stay', () => {
    const template = '{"lr": {lr}, "x": {{lr}}, "é": {学习率}} {1}';
    assert.deepEqual(
      placeholdersIn('--lr={lr} {{no}} {a.b-c}').map(({ name }) => name),
      ['lr', 'a.b-c'],
    );
    assert.equal(
      fillPlaceholders(template, (name) => `<${name}>`),
      '{"lr": <lr>, "x": {lr}, "é": <学习率>} {1}',
    );
  });
});

describe('durationMs', () => {
  it('adds up units; a bare number is seconds', () => {
    assert.equal(durationMs('1h30m'), 5_400_000);
    assert.equal(durationMs('1.5s 20ms'), 1520);
    assert.equal(durationMs(90), 90_000);
  });
});
