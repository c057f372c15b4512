import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { parser } from '@lezer/javascript';
import { superLinear } from '../../support/patternGrowth.ts';

/**
 * Patterns whose time may grow faster than their input, each with why no stranger's text of any length reaches it. A file
 * that is not here may hold linear patterns only.
 */
const EXCEPTIONS: Readonly<Record<string, string>> = {
  '/\\.?0+e/': 'a number that toExponential wrote',
  '/\\.?0+$/': 'a number that toFixed or toExponential wrote',
  '/(\\.\\d*?)0+$/': 'a number that formatNumber wrote',
  '/\\B(?=(\\d{3})+$)/g': 'the digits of one number',
};

interface Literal {
  readonly place: string;
  readonly text: string;
  readonly pattern: RegExp;
}

function literalsIn(path: string): Literal[] {
  const text = readFileSync(path, 'utf8');
  const literals: Literal[] = [];
  parser
    .configure({ dialect: 'ts' })
    .parse(text)
    .iterate({
      enter({ name, from, to }) {
        if (name !== 'RegExp') return;
        const literal = text.slice(from, to);
        const end = literal.lastIndexOf('/');
        const line = text.slice(0, from).split('\n').length;
        const pattern = new RegExp(literal.slice(1, end), literal.slice(end + 1));
        literals.push({ place: `${path}:${line}`, text: literal, pattern });
      },
    });
  return literals;
}

const files = globSync(['src/**/*.ts', 'webview/**/*.ts']).map((path) => path.replaceAll('\\', '/'));
const literals = files.flatMap(literalsIn);

test('every regular expression takes time that grows with its input, not with a power of it', () => {
  assert.ok(literals.length > 500, `only ${literals.length} regular expressions were found`);
  const bad = literals.flatMap(({ place, text, pattern }) => {
    if (EXCEPTIONS[text] !== undefined) return [];
    const fault = superLinear(pattern);
    return fault ? [`${place} ${text}: ${fault}`] : [];
  });
  assert.deepEqual(bad, []);
});

test('an exception names a pattern that exists', () => {
  const known = new Set(literals.map(({ text }) => text));
  assert.deepEqual(
    Object.keys(EXCEPTIONS).filter((text) => !known.has(text)),
    [],
  );
});

test('the check finds quadratic, cubic and exponential patterns', () => {
  for (const pattern of [
    /\s+$/,
    /(a+)+$/,
    /metrics\s*=\s*\[([^\]]*)\]/,
    /\{([A-Za-z_]\w*)=(?::[^}]*|![rsa])?\}/,
    /step\s*[:=#]?\s*[[(]?\s*(\d+)/,
  ])
    assert.ok(superLinear(pattern), String(pattern));
  for (const pattern of [/^\s+/, /[^\s:]+:/y, /"(?:[^"\\]|\\.)*"/y]) assert.equal(superLinear(pattern), undefined);
});
