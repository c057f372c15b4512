/** A notebook with magics and shell lines: from the lens over its cell to the best parameters in its cells. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { needs, pythonOf } from '../support/parts.ts';
import { eventually } from '../support/vscode/eventually.ts';
import { inVscode } from '../support/vscode/session.ts';

/** Cells of a person's notebook; running them in plain Python fails unless magics and shell lines are left out. */
const CELLS = [
  { cell_type: 'markdown', source: '# Tune a tree' },
  {
    cell_type: 'code',
    source: `%matplotlib inline
!pip --version
import time
import optuna
from sklearn.datasets import load_digits
from sklearn.model_selection import cross_val_score
from sklearn.tree import DecisionTreeClassifier`,
  },
  {
    cell_type: 'code',
    source: `X, y = load_digits(return_X_y=True)
DEFAULTS = {"max_depth": 3, "criterion": "entropy"}
min_samples_leaf = 21`,
  },
  {
    cell_type: 'code',
    source: `def objective(trial):
    time.sleep(0.3)
    params = {
        "max_depth": trial.suggest_int("max_depth", 4, 16),
        "criterion": trial.suggest_categorical("criterion", ["gini", "log_loss"]),
    }
    leaf = trial.suggest_int("min_samples_leaf", 1, 16, log=True)
    tree = DecisionTreeClassifier(**params, min_samples_leaf=leaf, random_state=0)
    return cross_val_score(tree, X, y, cv=3).mean()`,
  },
  {
    cell_type: 'code',
    source: `study = optuna.create_study(direction="maximize", study_name="cells")
study.optimize(objective, n_trials=6)
%time len(study.trials)`,
  },
];

const NOTEBOOK = JSON.stringify(
  {
    cells: CELLS.map((cell, index) => ({
      ...cell,
      id: `cell-${index}`,
      metadata: {},
      source: cell.source.split(/(?<=\n)/),
      ...(cell.cell_type === 'code' ? { outputs: [], execution_count: null } : {}),
    })),
    metadata: { language_info: { name: 'python' } },
    nbformat: 4,
    nbformat_minor: 5,
  },
  null,
  1,
);

interface Notebook {
  readonly cells: readonly { readonly source: string | readonly string[] }[];
}

/** The notebook's sources as one text. */
function sourceOf(json: string): string {
  const { cells } = JSON.parse(json) as Notebook;
  return cells.map(({ source }) => (typeof source === 'string' ? source : source.join(''))).join('\n');
}

test(
  'a notebook: started from its lens, inserted into its cells, undone',
  needs('vscode', 'browser', 'optuna'),
  async (context) => {
    await inVscode(
      context,
      (workspace) => workspace.write('tune.ipynb', NOTEBOOK),
      async ({ window, workspace }) => {
        await window.openFile('tune.ipynb');
        await window.waitForLens(/Start study/);
        assert.equal(await window.dirtyTab().count(), 0, 'opening it changes nothing');
        await window.screenshotInAllThemes('notebook-1-lens');
        await window.clickLens('Start study');
        await window.palette('Tuneboard: Focus on Studies View');
        await window.expand(/^cells/);
        const ended = await eventually(
          () => workspace.runRecord(),
          (record) => record?.state === 'finished' || record?.state === 'failed',
          'the study ends',
        );
        assert.equal(ended?.state, 'finished', ended?.message);
        assert.ok(ended.storage);
        await window.waitForTreeRow(/^cells.*6\/6/);
        await window.waitForTreeRow(/^Complete\s*6/);
        assert.equal(workspace.read('tune.ipynb'), NOTEBOOK, 'running it leaves the file as it is');
        await window.waitForLens(/Insert best/);

        await window.clearNotifications();
        await window.openFile('tune.ipynb');
        await window.palette('Tuneboard: Insert Best Parameters');
        await window.pick('Put the values into');
        const rows = (await window.previewRows()).join('\n');
        for (const name of ['max_depth', 'criterion', 'min_samples_leaf']) assert.match(rows, new RegExp(name));
        await window.screenshot('notebook-2-preview');
        await window.applyPreview();
        await window.dirtyTab().waitFor();
        await window.screenshot('notebook-3-inserted');
        await window.save();
        const best = workspace.bestParams(ended.storage);
        const source = sourceOf(workspace.read('tune.ipynb'));
        assert.ok(source.includes(`"max_depth": ${best['max_depth']}, "criterion": "${best['criterion']}"`), source);
        assert.ok(source.includes(`min_samples_leaf = ${best['min_samples_leaf']}`), source);
        assert.ok(source.includes('%matplotlib inline\n!pip --version'), 'what only IPython understands stays');

        // VS Code keeps the steps of each cell apart (`notebook.undoRedoPerCell`).
        await window.undo('DEFAULTS');
        await window.save();
        await eventually(
          () => sourceOf(workspace.read('tune.ipynb')),
          (text) => text === sourceOf(NOTEBOOK),
          'one undo takes it out of the cell',
        );
      },
      { settings: { 'tuneboard.python.interpreterPath': pythonOf('optuna') } },
    );
  },
);
