import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { draftStudyFile } from '../../../src/language/draft/draftStudyFile.ts';
import { unknownFlags } from '../../../src/language/parameters/commandFlags.ts';
import { declaredFlags } from '../../../src/language/parameters/declaredFlags.ts';
import { sayIn } from '../../../src/language/say.ts';
import { open } from './support.ts';

const SCRIPTS = new URL('../../fixtures/scripts/', import.meta.url);

function unknown(script: string, args: string): string[] {
  const text = `objective:\n  command: python fit.py ${args}\n`;
  const program = { name: 'fit.py', file: open('python', script), readBeside: () => null };
  return unknownFlags(text, program, sayIn('en')).map(({ start, end }) => text.slice(start, end));
}

const HEAD = 'import argparse\nparser = argparse.ArgumentParser()\n';

describe('flags of a command', () => {
  it('are all known in the draft of every script', () => {
    const names = readdirSync(SCRIPTS, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.py'));
    let checked = 0;
    for (const name of names) {
      const text = readFileSync(new URL(name, SCRIPTS), 'utf8');
      const draft = draftStudyFile({ languageId: 'python', text, scriptPath: 'fit.py', uri: 'file:///fit.py' });
      if (draft.text === null) continue;
      const program = { name: 'fit.py', file: open('python', text), readBeside: () => null };
      const found = unknownFlags(draft.text, program, sayIn('en'));
      assert.deepEqual(
        found.map(({ message }) => message),
        [],
        name,
      );
      if (declaredFlags(program.file)) checked++;
    }
    assert.ok(checked >= 5, `only ${checked} scripts were judged`);
  });

  it('are unknown where the parser stands in the script and declares no such flag', () => {
    const script = `${HEAD}parser.add_argument("--lr", "-l")\nparser.add_argument("--amp", action=argparse.BooleanOptionalAction)\n`;
    assert.deepEqual(unknown(script, '--lr 1 --rl=2 --no-amp --am --help -x --other-thing 3'), [
      '--rl',
      '--other-thing',
    ]);
    const sub = `${HEAD}sub = parser.add_subparsers()\np = sub.add_parser("train")\np.add_argument("--lr")\nq = sub.add_parser("eval")\nq.add_argument("--ckpt")\n`;
    assert.deepEqual(unknown(sub, 'train --lr 1 --ckpt 2 --nothing'), ['--nothing']);
    const click = 'import click\n@click.command()\n@click.option("--shout/--no-shout")\ndef f(shout): pass\n';
    assert.deepEqual(unknown(click, '--no-shout --loud'), ['--loud']);
  });

  it('are not judged where the script alone does not say what it takes', () => {
    const one = `${HEAD}parser.add_argument("--lr")\n`;
    for (const open of [
      `${one}args, rest = parser.parse_known_args()\n`,
      `${one}from common import add_arguments\nadd_arguments(parser)\n`,
      `${one}for name in NAMES:\n    parser.add_argument(f"--{name}")\n`,
      `${one}for name in NAMES:\n    parser.add_argument("--" + name)\n`,
      `import argparse\nfrom common import base\nparser = argparse.ArgumentParser(parents=[base])\nparser.add_argument("--lr")\n`,
      'import click\nfrom common import shared\n@click.command()\n@click.option("--lr")\n@shared\ndef f(lr): pass\n',
      'from transformers import HfArgumentParser\nimport argparse\n',
      'print("--lr")\n',
    ]) {
      assert.deepEqual(unknown(open, '--unknown 3'), [], open);
    }
  });
});
