import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { renderArguments, renderConfig, renderShellLine } from '../../../src/tuner/objective/command/arguments.ts';

const names = new Set(['lr', 'optim', 'momentum']);
const values = { params: { lr: 1e-7, optim: 'sgd' }, names, config: '/run/c.json' };

test('placeholders are filled in, doubled braces are braces, other braces are text', () => {
  assert.deepEqual(renderArguments(['p', '--lr={lr}', '{optim}-{lr}', '{{lr}}', '{"a": 1}', '{config}'], values), [
    'p',
    '--lr=1e-7',
    'sgd-1e-7',
    '{lr}',
    '{"a": 1}',
    '/run/c.json',
  ]);
});

test('an argument with an inactive parameter goes, and the flag before it', () => {
  assert.deepEqual(renderArguments(['p', '--momentum', '{momentum}', '--lr', '{lr}'], values), ['p', '--lr', '1e-7']);
  assert.deepEqual(renderArguments(['p', '--momentum={momentum}', 'x'], values), ['p', 'x']);
  assert.deepEqual(renderArguments(['p', 'sub', '{momentum}'], values), ['p', 'sub']);
  assert.equal(renderConfig('m: {momentum}\nlr: {lr}', values), 'm: null\nlr: 1e-7');
});

test('an unknown name is an error that lists the known ones', () => {
  assert.throws(
    () => renderArguments(['{learning_rate}'], values),
    /\{learning_rate\} is not a parameter.*\{lr\}, \{optim\}/,
  );
  assert.throws(() => renderArguments(['{config}'], { ...values, config: null }), { code: 'unknown-placeholder' });
});

test('a switch that is off is left out, an empty value of a flag is not', () => {
  const off = { ...values, params: { lr: '' } };
  assert.deepEqual(renderArguments(['a.py', '{lr}', '--x', '{lr}', 'n{lr}', ''], off), ['a.py', '--x', '', 'n', '']);
});

test('a value is one argument, whatever is in it', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 20 }), (value) => {
      const rendered = renderArguments(['--x', '{lr}'], { ...values, params: { lr: value } });
      assert.deepEqual(rendered, ['--x', value]);
    }),
  );
});

const SHELLS = ['/bin/sh', '/bin/bash', '/bin/dash'].filter((shell) => existsSync(shell));
/** Lines with the words that a program must be given for a value. */
const PLACES: readonly (readonly [string, (value: string) => string[]])[] = [
  ['show {lr}', (value) => [value]],
  ["show '{lr}'", (value) => [value]],
  ['show "{lr}"', (value) => [value]],
  ['show a{lr}b "c {lr} d" \'e {lr} f\'', (value) => [`a${value}b`, `c ${value} d`, `e ${value} f`]],
  ['v=1; show "$v{lr}" $v{lr}', (value) => [`1${value}`, `1${value}`]],
  ['show --x={lr} "$(echo hi)" {lr}', (value) => [`--x=${value}`, 'hi', value]],
  ['show "it\'s {lr}" \'"{lr}\'', (value) => [`it's ${value}`, `"${value}`]],
  ['show {lr}>&1', (value) => [value]],
];

test('a value arrives as it is wherever its placeholder stands', { skip: process.platform === 'win32' }, () => {
  const hostile = fc.string({ unit: fc.constantFrom(...'a\'"$`\\ \n;&*~中(#!){}=%<>|-2'), maxLength: 12 });
  const any = fc.string({ unit: 'grapheme', maxLength: 12 }).filter((text) => !text.includes('\0'));
  const printed = 'show() { for word; do printf "%s\\0" "$word"; done; }; ';
  for (const [template, expected] of PLACES) {
    fc.assert(
      fc.property(fc.oneof(hostile, any, fc.constantFrom('$(id)', '`id`', '', '1e-05')), (value) => {
        const line = printed.replaceAll(/[{}]/g, '$&$&') + template;
        const rendered = renderShellLine(line, { ...values, params: { lr: value } }, 'linux');
        for (const shell of SHELLS) {
          const words = execFileSync(shell, ['-c', rendered], { encoding: 'utf8' }).split('\0').slice(0, -1);
          assert.deepEqual(words, expected(value));
        }
      }),
      { numRuns: 25 },
    );
  }
});

test('a harmless value is written as it is, in every place', () => {
  const line = renderShellLine('p {lr} --x={lr} "{lr}" \'{lr}\'', { ...values, params: { lr: 1e-5 } }, 'linux');
  assert.equal(line, 'p 0.00001 --x=0.00001 "0.00001" \'0.00001\'');
});

test('a placeholder is refused where the shell would run its value', () => {
  for (const template of [
    'p $(q {lr})',
    'p "$(q "{lr}")"',
    'p `q {lr}`',
    'p "`q {lr}`"',
    'p $(({lr}+1))',
    'p @{{x:-{lr}}}',
    'p "@{{x:-"{lr}"}}"',
    'p # {lr}',
    'cat <<END\n{lr}\nEND',
    'p \\{lr}',
    'p @{lr}',
    "p $'{lr}'",
    'eval p {lr}',
    "sh -c 'p {lr}'",
    'bash -lc "p {lr}"',
    'p <(q {lr})',
    'p $(case a in a) q;; esac; r {lr})',
  ])
    assert.throws(
      () => renderShellLine(template.replace('@', '$'), { ...values, params: { lr: 'x' } }, 'linux'),
      { code: 'unquotable' },
      template,
    );
});

test('passes what cmd.exe can quote and refuses the rest', () => {
  const render = (lr: string) => renderShellLine('p {lr}', { ...values, params: { lr } }, 'win32');
  assert.equal(render('a b'), 'p "a b"');
  assert.equal(render('C:\\a b\\'), 'p "C:\\a b\\\\"');
  for (const value of ['say "hi"', '%PATH%', 'a!b', 'a\nb']) assert.throws(() => render(value), { code: 'unquotable' });
});
