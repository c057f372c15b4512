import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { optunaFindings } from '../../../src/language/optuna/optunaFindings.ts';
import { sayIn } from '../../../src/language/say.ts';
import { apply, open } from './support.ts';

interface Fault {
  readonly part: string;
  readonly line: number;
  readonly code: string;
}

const FOLDER = new URL('../../fixtures/faults/', import.meta.url);

/** The parts of a file of planted faults, without the marks, and what is planted in them. */
function read(name: string): { parts: Map<string, string>; faults: Fault[] } {
  const parts = new Map<string, string>();
  const faults: Fault[] = [];
  for (const text of readFileSync(new URL(name, FOLDER), 'utf8')
    .split(/^# --- /m)
    .slice(1)) {
    const [part = '', ...lines] = text.split('\n');
    const plain = lines.map((line, index) => {
      const [code, fault] = line.split('  # FAULT: ');
      if (fault) faults.push({ part, line: index, code: fault });
      return code;
    });
    parts.set(part, plain.join('\n'));
  }
  return { parts, faults };
}

function found(parts: ReadonlyMap<string, string>): Fault[] {
  return [...parts].flatMap(([part, text]) =>
    optunaFindings(open('python', text), sayIn('en')).map(({ code, start }) => ({
      part,
      line: text.slice(0, start).split('\n').length - 1,
      code,
    })),
  );
}

const key = ({ part, line, code }: Fault) => `${part}:${line + 1} ${code}`;

for (const name of ['shown.py.txt', 'aside.py.txt']) {
  describe(`planted faults of ${name}`, () => {
    const { parts, faults } = read(name);
    const marks = found(parts).map(key);

    it('nine of ten are found', () => {
      assert.ok(faults.length >= 30);
      const missed = faults.map(key).filter((fault) => !marks.includes(fault));
      assert.ok(missed.length <= faults.length / 10, `missed ${missed.join(', ')}`);
    });

    it('nothing else is marked', () => {
      const planted = faults.map(key);
      assert.deepEqual(
        marks.filter((mark) => !planted.includes(mark)),
        [],
      );
    });

    it('a fix takes its finding away and leaves text that parses', () => {
      for (const [part, text] of parts) {
        for (const { code, fix, start } of optunaFindings(open('python', text), sayIn('en'))) {
          if (!fix) continue;
          const edits = fix.edits.map((edit) => ({ ...edit, label: '' })).sort((a, b) => a.start - b.start);
          const fixed = apply(text, { edits });
          const left = optunaFindings(open('python', fixed), sayIn('en'));
          assert.ok(!left.some((one) => one.code === code && one.start === start), `${part}: ${code}\n${fixed}`);
        }
      }
    });
  });
}
