/** Input A as a person uses it: an unchanged Optuna script, in a window that is reloaded, stopped and resumed. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { needs, pythonOf } from '../support/parts.ts';
import { eventually } from '../support/vscode/eventually.ts';
import { inVscode } from '../support/vscode/session.ts';

/** Slow enough that a person could look; nothing in it knows of Tuneboard. */
const SCRIPT = `import time

import optuna
from sklearn.datasets import load_digits
from sklearn.model_selection import cross_val_score
from sklearn.tree import DecisionTreeClassifier

X, y = load_digits(return_X_y=True)
DEFAULTS = {"max_depth": 3, "min_samples_leaf": 20, "criterion": "gini"}


def objective(trial):
    max_depth = trial.suggest_int("max_depth", 2, 16)
    min_samples_leaf = trial.suggest_int("min_samples_leaf", 1, 64, log=True)
    criterion = trial.suggest_categorical("criterion", ["gini", "entropy"])
    time.sleep(0.5)
    tree = DecisionTreeClassifier(
        max_depth=max_depth, min_samples_leaf=min_samples_leaf, criterion=criterion, random_state=0
    )
    return cross_val_score(tree, X, y, cv=3).mean()


if __name__ == "__main__":
    study = optuna.create_study(direction="maximize", study_name="tree")
    study.optimize(objective, n_trials=60)
    print(study.best_params)
`;

const python = { settings: { 'tuneboard.python.interpreterPath': pythonOf('optuna') } };

test(
  'an Optuna script: watched, reloaded, stopped, resumed, inserted',
  needs('vscode', 'browser', 'optuna'),
  async (context) => {
    await inVscode(
      context,
      (workspace) => workspace.write('tune_tree.py', SCRIPT),
      async ({ window, workspace }) => {
        await window.openFile('tune_tree.py');
        await eventually(
          () => window.lensTexts(),
          (texts) => /Start study/.test(texts.join()),
          'a lens over the objective',
        );
        await window.screenshot('optuna-1-script');

        await window.palette('Tuneboard: Start Study');
        await window.palette('Tuneboard: Focus on Studies View');
        await window.expand(/^tree/);
        await window.waitForTreeRow(/Complete\s*\d/);
        await window.screenshotInAllThemes('optuna-2-running');

        await window.reload();
        await window.palette('Tuneboard: Focus on Studies View');
        await window.expand(/^tree/);
        await window.waitForTreeRow(/Running\s*\d/);
        assert.equal(workspace.runRecords().length, 1, 'the reloaded window attached to the run and started none');
        await window.screenshot('optuna-3-reloaded');

        await window.palette('Tuneboard: Stop Study');
        await window.pick('After the current trials');
        const stopped = await eventually(
          () => workspace.runRecord(),
          (record) => record?.state === 'stopped',
          'the study stops after its current trial',
        );
        assert.ok(stopped?.storage);
        await window.screenshot('optuna-4-stopped');

        await window.palette('Tuneboard: Resume Study');
        await eventually(
          () => workspace.runRecord()?.state,
          (state) => state === 'finished',
          'the resumed study finishes',
          300_000,
        );
        await window.screenshotInAllThemes('optuna-5-finished');

        await window.openFile('tune_tree.py');
        await window.palette('Tuneboard: Insert Best Parameters');
        const ways = await eventually(
          () => window.quickInput.textsFromTop(),
          (rows) => rows.some((row) => /Replace the search/.test(row)),
          'the ways to use the best parameters',
        );
        assert.match(ways[0] ?? '', /Put the values into tune_tree\.py/);
        assert.match(ways.at(-1) ?? '', /its ranges are lost/);
        await window.screenshot('optuna-6-ways');
        await window.pick('Put the values into');
        await window.previewRows();
        await window.screenshot('optuna-7-preview');
        await window.applyPreview();
        const best = workspace.bestParams(stopped.storage);
        await window.save();
        const text = await eventually(
          () => workspace.read('tune_tree.py'),
          (now) => now !== SCRIPT,
          'the best parameters are in the script',
        );
        assert.match(text, new RegExp(`"max_depth": ${best['max_depth']}`));
        assert.match(text, /trial\.suggest_int\("max_depth", 2, 16\)/, 'the ranges stay');

        // The next search starts at the best.
        await window.palette('Tuneboard: Insert Best Parameters');
        await window.pick('Start the next search there');
        await window.previewRows();
        await window.screenshot('optuna-8-enqueue');
        await window.applyPreview();
        await window.save();
        await eventually(
          () => workspace.read('tune_tree.py'),
          (now) => /# tuneboard: tree, trial \d+, 0\.\d+.*\n {4}study\.enqueue_trial\(\{/.test(now),
          'a trial is enqueued before the search',
        );

        // From the code back to the trial, and to the code that it ran.
        await window.page
          .locator('.view-line', { hasText: /tuneboard:/ })
          .first()
          .click();
        await window.palette('Tuneboard: Where Does This Value Come From?');
        const number = /# tuneboard: tree, trial (\d+)/.exec(workspace.read('tune_tree.py'))?.[1];
        await eventually(
          () => window.page.locator('.monaco-list-row.selected').allInnerTexts(),
          (rows) => rows.some((row) => row.includes(`${number}`)),
          'its trial is selected in the tree',
        );
        await window.screenshot('optuna-9-origin');
        await window.palette('Tuneboard: Compare Code with Trial…');
        await window.page.locator('.tab', { hasText: /tune_tree\.py: trial \d+/ }).waitFor();
        await window.page.locator('.diff-editor, .monaco-diff-editor').first().waitFor();
        await window.screenshot('optuna-10-compare');
      },
      python,
    );
  },
);
