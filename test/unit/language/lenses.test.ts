import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { lensesFor } from '../../../src/language/lenses.ts';
import { comparableUri, linksOf } from '../../../src/language/links.ts';
import { notebookUriOf } from '../../../src/language/notebooks.ts';
import { sayIn } from '../../../src/language/say.ts';
import type { StudyLink } from '../../../src/protocol/editor.ts';
import { bestOf, open } from './support.ts';

const IDLE: StudyLink = {
  id: 'journal.log#s',
  studyName: 's',
  sources: ['file:///a.py'],
  run: 'idle',
  finished: 0,
  total: null,
  direction: null,
  metric: null,
  best: null,
  bestText: null,
};

/** `line: titles` of the lenses of a document. */
function titles(languageId: string, text: string, links: readonly StudyLink[] = []): string[] {
  const { anchors } = open(languageId, text);
  return lensesFor(anchors, links, 'file:///a.py', sayIn('en')).map(
    ({ offset, title }) => `${text.slice(0, offset).split('\n').length}: ${title.replace('$(play)\u00a0', '')}`,
  );
}

const TWO = `import optuna

@cache
def objective_svm(trial):
    return trial.suggest_float("c", 0, 1)

class Forest:
    def __call__(self, trial):
        return 1

svm = optuna.create_study(study_name="svm")
svm.optimize(objective_svm, n_trials=3)
rf = optuna.create_study(study_name="rf")
rf.optimize(objective_rf, n_trials=3)

def objective_rf(trial):
    return trial.suggest_int("depth", 1, 9)
`;

describe('lenses of a script with two studies', () => {
  const best = (id: string, more: Partial<StudyLink> = {}): StudyLink => ({
    ...IDLE,
    id,
    studyName: id,
    run: 'finished',
    finished: 3,
    best: bestOf({ x: 1 }),
    bestText: id,
    ...more,
  });
  const inserted = (links: readonly StudyLink[]) =>
    titles('python', TWO, links).flatMap(
      (title) => /^(\d+): Insert best \((\w+)/.exec(title)?.slice(1).join(' ') ?? [],
    );

  it('show each its own best, by the name of the study in the source', () => {
    assert.deepEqual(inserted([best('rf'), best('svm')]), ['4 svm', '12 svm', '14 rf', '16 rf']);
  });

  it('show each its own best, by the objective that ran, whatever the study is called', () => {
    const links = [best('a', { objective: 'objective_svm' }), best('b', { objective: 'objective_rf' })];
    assert.deepEqual(inserted(links), ['4 a', '12 a', '14 b', '16 b']);
  });

  it('show nothing of one study over the objective of another that has not run', () => {
    assert.deepEqual(inserted([best('rf')]), ['14 rf', '16 rf']);
  });
});

describe('lenses', () => {
  it('offer to look, and nothing that runs, in a workspace that is not trusted', () => {
    const text = 'study.optimize(objective, n_trials=3)\n';
    const { anchors } = open('python', text);
    const commands = (links: readonly StudyLink[]) =>
      lensesFor(anchors, links, 'file:///a.py', sayIn('en'), false).map(({ title, command }) => [title, command]);
    const best = bestOf({ x: 0.5 });
    const insert = ['Insert best (0.5, trial 0)', 'tuneboard.insertBestParameters'];
    assert.deepEqual(commands([]), [['View studies', 'tuneboard.studies.focus']]);
    for (const run of ['idle', 'running', 'finished'] as const) {
      const [view, inserted] = commands([{ ...IDLE, run, best, bestText: '0.5' }]);
      assert.deepEqual(view, ['View study', 'tuneboard.showHistory']);
      assert.equal(inserted?.[1], insert[1]);
    }
  });

  it('say how long the Pareto front is that is to be chosen from', () => {
    const link = { ...IDLE, run: 'finished', finished: 20, front: 3 } as const;
    const [line] = titles('python', 'study.optimize(objective, n_trials=3)\n', [link]);
    assert.equal(line, '1: Insert best (3 on the Pareto front)');
  });

  it('stand over objectives, searches and optimize calls of any shape', () => {
    const shapes: readonly (readonly [string, string])[] = [
      ['def my_objective(trial):\n    pass\n', '1'],
      ['class T:\n    def objective(self, trial):\n        pass\n', '2'],
      ['def f(t):\n    pass\nstudy.optimize(f, n_trials=3)\n', '1 3'],
      ['study.optimize(func=lambda t: g(t), n_trials=3)\n', '1'],
      ['def g(t, x): ...\nstudy.optimize(functools.partial(g, x=3))\n', '1 2'],
      ['class Loss:\n    def __call__(self, trial): ...\nstudy.optimize(Loss())\n', '2 3'],
      ['class Loss:\n    def __call__(self, t): ...\nstudy.optimize(Loss(data), 3)\n', '2 3'],
      ['import optuna\nfor _ in range(3):\n    trial = study.ask()\n', '3'],
      ['best = trainer.hyperparameter_search(\n    n_trials=3)\n', '1'],
      ['import optuna\noptuna.create_study().optimize(objective)\n', '2'],
    ];
    for (const [text, lines] of shapes) {
      assert.deepEqual(
        titles('python', text),
        lines.split(' ').map((line) => `${line}: Start study`),
        text,
      );
    }
    assert.deepEqual(titles('typescript', "export default async (trial) => trial.suggestInt('x', 1, 2);\n"), [
      '1: Start study',
    ]);
  });

  it('do not appear over other code', () => {
    const others = [
      'def hp_space(trial):\n    return {}\n',
      'def objective(x):\n    pass\n',
      'solver.optimize(model)\n',
      'import optuna\nname = user.ask()\n',
      'class A:\n    def __call__(self, x): ...\nrun(A())\n',
      'p = argparse.ArgumentParser()\n',
      '# study.optimize(objective)\n"study.optimize(objective)"\n',
      'def hyperparameter_search(): ...\n',
    ];
    for (const text of others) assert.deepEqual(titles('python', text), [], text);
    assert.deepEqual(titles('javascript', 'compiler.optimize(objective);\n'), []);
  });

  it('stand over the arguments of a script that only its study file starts', () => {
    const text = 'import x\np = argparse.ArgumentParser()\np.add_argument("--lr")\n';
    assert.deepEqual(titles('python', text, [{ ...IDLE, best: bestOf({ lr: 1 }), bestText: '0.9300' }]), [
      '2: Insert best (0.9300, trial 6)',
      '2: History',
      '2: Start study',
    ]);
    assert.deepEqual(titles('yaml', 'a: 1\n', [{ ...IDLE, run: 'running', finished: 3 }]), [
      '1: ● 3 trials',
      '1: Stop',
    ]);
  });

  it('take a running study of a file before one that has ended', () => {
    const links = [IDLE, { ...IDLE, id: 'other', run: 'running' as const }];
    assert.deepEqual(
      linksOf(links, 'file:///a.py').map(({ id }) => id),
      ['other', IDLE.id],
    );
    assert.deepEqual(linksOf(links, 'file:///b.py'), []);
  });
});

describe('names of files', () => {
  it('are the same however they are encoded', () => {
    assert.equal(comparableUri('file:///c%3A/a%20b/%E8%AE%AD.py'), comparableUri('file:///C:/a b/训.py'));
    assert.equal(comparableUri('file:///100%.py'), 'file:///100%.py');
  });

  it('of a cell are those of its notebook, on another machine too', () => {
    assert.equal(notebookUriOf('vscode-notebook-cell:/a%20b/n.ipynb#W0sZmlsZQ'), 'file:///a%20b/n.ipynb');
    assert.equal(notebookUriOf('vscode-notebook-cell://ssh-remote%2Bx/a/n.ipynb#W1'), 'file:///a/n.ipynb');
    assert.equal(notebookUriOf('file:///a/n.py'), 'file:///a/n.py');
  });
});
