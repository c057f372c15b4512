/** Drafts for the ways in which scripts of real repositories declare their arguments. What each command does was tried with the real packages. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { draftStudyFile } from '../../../src/language/draft/draftStudyFile.ts';
import { parseStudyFile } from '../../../src/studyfile/parseStudyFile.ts';

/** The command of a script's draft, which has no error and no warning, and the parameters that it searches. */
function drafted(text: string, files: Readonly<Record<string, string>> = {}) {
  const scriptPath = 'train.py';
  const beside = (path: string) => files[path.replace(/^\.\//, '')] ?? null;
  const made = draftStudyFile({ uri: 'file:///w/train.py', languageId: 'python', text, scriptPath }, undefined, beside);
  const { file, problems } = parseStudyFile(made.text ?? '');
  assert.deepEqual(problems, [], made.text ?? '');
  assert.ok(file?.objective.kind === 'command');
  const space = Object.fromEntries(file.space.parameters.map(({ name, distribution }) => [name, distribution]));
  return { command: file.objective.argv.slice(2).join(' '), names: Object.keys(space), space, check: made.check };
}

describe('argparse with parents', () => {
  const parents = (ofProgram: string) => `
import argparse
common = argparse.ArgumentParser(add_help=False)
common.add_argument("--lr", default=0.1, type=float)
parser = argparse.ArgumentParser(${ofProgram})
sub = parser.add_subparsers(dest="cmd", required=True)
train = sub.add_parser("train", parents=[common])
train.add_argument("--dropout", default=0.1, type=float)
sub.add_parser("eval", parents=[common]).add_argument("checkpoint")
only = argparse.ArgumentParser(add_help=False)
only.add_argument("--beam", default=4, type=int)
sub.add_parser("export", parents=[only])
`;

  it('writes what the subcommand has too behind it, where its own default does not undo it', () => {
    for (const ofProgram of ['', 'parents=[common]']) {
      const { command, names } = drafted(parents(ofProgram));
      assert.equal(command, 'train --lr {lr} --dropout {dropout}');
      assert.deepEqual(names, ['lr', 'dropout'], 'not what other subcommands take');
    }
  });

  it('writes what the program alone takes before it', () => {
    const script = parents('parents=[only]');
    assert.equal(drafted(script).command, '--beam {beam} train --lr {lr} --dropout {dropout}');
  });
});

describe('Hydra', () => {
  it('is read from arguments by place', () => {
    const script = `import hydra
@hydra.main("conf", "config", None)
def main(cfg): print("loss=1")
`;
    assert.equal(drafted(script, { 'conf/config.yaml': 'lr: 0.01\n' }).command, 'lr={lr}');
  });
});
