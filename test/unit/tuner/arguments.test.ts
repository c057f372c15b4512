import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  quoteForShell,
  renderArguments,
  renderConfig,
  renderShellLine,
} from '../../../src/tuner/objectives/arguments.ts';

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

test('a value is one word for sh, whatever is in it', { skip: process.platform === 'win32' }, () => {
  const value = fc.string({
    unit: fc.constantFrom('a', "'", '"', '$', '`', '\\', ' ', '\n', ';', '&', '*', '~', '中', '(', '#', '!'),
  });
  fc.assert(
    fc.property(value, (text) => {
      const line = renderShellLine('printf %s {lr}', { ...values, params: { lr: text } });
      assert.equal(execFileSync('/bin/sh', ['-c', line], { encoding: 'utf8' }), text);
    }),
    { numRuns: 40 },
  );
});

test('an empty or plain word for the shell', () => {
  assert.equal(quoteForShell('', 'linux'), "''");
  assert.equal(quoteForShell('a-b/c.d=1e-05', 'linux'), 'a-b/c.d=1e-05');
  assert.equal(quoteForShell('say "hi"', 'win32'), '"say ""hi"""');
});
