/** Starts that fail, each mended by its button, after which the study goes on by itself; and a command of the terminal. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { venvPython } from '../../src/runs/platform.ts';
import { needs } from '../support/parts.ts';
import { findPython } from '../support/python.ts';
import { temporaryFolder } from '../support/temporaryFolder.ts';
import { eventually } from '../support/vscode/eventually.ts';
import { inVscode, type Session } from '../support/vscode/session.ts';

function study(command: string): string {
  return `direction: minimize\nmetric: loss\nobjective:\n  command: ${command}\nspace:\n  lr: { type: float, low: 0.1, high: 1.0 }\nbudget: { trials: 2 }\n`;
}

const TRAIN = `import argparse, os, sys
parser = argparse.ArgumentParser()
parser.add_argument("--lr", type=float, default=0.5)
parser.add_argument("--epochs", type=int, default=2)
args = parser.parse_args()
for epoch in range(args.epochs):
    print(f"epoch {epoch}: train_loss={1 / (epoch + 1):.3f} val_accuracy={0.5 + args.lr / 10 + epoch / 10:.3f}")
print("mode", os.environ.get("MODE"), sys.prefix)
`;

/** A wheel of one module, as pip finds it in a folder. */
const WHEEL = `import sys, zipfile
with zipfile.ZipFile(sys.argv[1] + "/tunedmod-1.0-py3-none-any.whl", "w") as wheel:
    wheel.writestr("tunedmod.py", "VALUE = 1\\n")
    wheel.writestr("tunedmod-1.0.dist-info/METADATA", "Metadata-Version: 2.1\\nName: tunedmod\\nVersion: 1.0\\n")
    wheel.writestr("tunedmod-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\\nGenerator: x\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
    wheel.writestr("tunedmod-1.0.dist-info/RECORD", "")
`;

/** Starts a study file, waits for what it says about its failure, and presses the button. */
async function press({ window }: Session, file: string, sentence: RegExp, button: string): Promise<void> {
  await window.clearNotifications();
  await window.openFile(file);
  await window.palette('Tuneboard: Start Study');
  await window.waitForNotification(sentence);
  // The sentence has room in the message; the status bar says which study it is of.
  const [name] = file.split('.');
  await window.page.locator('.statusbar-item', { hasText: new RegExp(`^\\s*${name}: failed\\s*$`) }).waitFor();
  await window.screenshot(`launching-${file.replace(/\W.*/, '')}`);
  await window.page
    .locator('.notification-list-item-buttons-container .monaco-button', { hasText: button })
    .first()
    .click();
}

async function goesOn({ workspace }: Session, name: string): Promise<void> {
  const ended = await eventually(
    () => workspace.runRecords().find(({ studyName }) => studyName === name),
    (record) => record?.state === 'finished',
    `${name} goes on to its end by itself`,
  );
  assert.equal(ended?.state, 'finished');
}

test(
  'each cause is mended by its button, and a command of the terminal is tuned',
  needs('vscode', 'browser', 'python'),
  (context) => {
    const wheels = temporaryFolder(context);
    const python = findPython('python') as string;
    execFileSync(python, ['-c', WHEEL, wheels]);
    return inVscode(
      context,
      (workspace) => {
        execFileSync(python, ['-m', 'venv', workspace.path('.venv')]);
        mkdirSync(workspace.path('.git'));
        workspace.write('src/pkg/__init__.py', '');
        workspace.write('src/pkg/helper.py', 'LOSS = 0.5\n');
        workspace.write('src/pkg/relative.py', 'from .helper import LOSS\nprint("loss=", LOSS)\n');
        workspace.write('module.study.yaml', study('python src/pkg/relative.py --lr {lr}'));
        workspace.write('mit daten/data/x.csv', '1\n');
        workspace.write('mit daten/reader.py', 'print("loss=" + open("data/x.csv").read())\n');
        workspace.write('folder.study.yaml', study('python "mit daten/reader.py" {lr}'));
        workspace.write(
          'needy.py',
          'import argparse\np = argparse.ArgumentParser()\np.add_argument("--lr")\np.add_argument("--data", required=True)\na = p.parse_args()\nprint("loss=0.1", a.data)\n',
        );
        workspace.write('arguments.study.yaml', study('python needy.py --lr {lr}'));
        workspace.write('missing.py', 'import tunedmod\nprint("loss=", tunedmod.VALUE)\n');
        workspace.write('install.study.yaml', study('python missing.py {lr}'));
        workspace.write('plain.py', 'print("loss=1")\n');
        workspace.write('python.study.yaml', study('python plain.py {lr}\n  python: gone/bin/python'));
        workspace.write('sub/tr äin.py', TRAIN);
      },
      async (session) => {
        const { window, workspace } = session;
        const quick = window.quickInput;
        await press(session, 'module.study.yaml', /relative\.py/, 'Run as Module');
        await goesOn(session, 'module');
        assert.match(workspace.read('module.study.yaml'), /-m pkg\.relative/);

        await press(session, 'arguments.study.yaml', /--data/, 'Add Arguments');
        await window.screenshot('launching-arguments-box');
        await quick.answer('--data x.csv');
        await goesOn(session, 'arguments');

        await press(session, 'install.study.yaml', /tunedmod/, 'Install tunedmod');
        await goesOn(session, 'install');

        await press(session, 'python.study.yaml', /gone/, 'Choose Interpreter');
        assert.ok((await quick.rows()).some((row) => row.includes('.venv')));
        await window.screenshot('launching-interpreters');
        await quick.pick('.venv');
        await goesOn(session, 'python');

        await press(session, 'folder.study.yaml', /data\/x\.csv/, 'Run in Folder');
        await window.page.locator('.quick-input-widget .monaco-button', { hasText: 'Run Here' }).click();
        await goesOn(session, 'folder');
        assert.match(workspace.read('folder.study.yaml'), /cwd: mit daten/);

        await window.clearNotifications();
        await window.palette('Terminal: Create New Terminal');
        const terminal = window.page.locator('.terminal-wrapper.active .xterm-helper-textarea');
        await terminal.focus();
        const type = async (line: string) => {
          await terminal.focus();
          await window.page.keyboard.type(line);
          await window.page.keyboard.press('Enter');
        };
        await type('export HF_TOKEN=hf_abcdefghijklmnopqrstuv');
        await type('. .venv/bin/activate');
        await type(`cd sub && MODE=quick python "tr äin.py" --lr 0.3 | tee ../log.txt`);
        const hint = window.page.locator('.statusbar-item', { hasText: 'Tune tr äin.py' });
        await hint.waitFor();
        await window.screenshot('launching-terminal-hint');
        await hint.click();
        await window.page.locator('.tab.active', { hasText: 'tr äin.study.yaml' }).waitFor();
        const draft = await eventually(
          () => window.editorText(),
          (text) => /space:/.test(text) && /budget/.test(text),
          'the draft is on screen',
        );
        await window.screenshot('launching-terminal-draft');
        assert.match(draft, /metric: val_accuracy/);
        assert.match(draft, /python "tr äin\.py" --lr \{lr\}/);
        assert.match(draft, /MODE: quick/);
        assert.match(draft, /\.venv\/bin\/python/);
        assert.match(draft, /lr: 0\.3/);
        assert.doesNotMatch(draft, /hf_abc/);
        assert.ok(existsSync(join(workspace.folder, 'log.txt')) && existsSync(venvPython(workspace.path('.venv'))));
      },
      { env: { PIP_NO_INDEX: '1', PIP_FIND_LINKS: wheels, PIP_DISABLE_PIP_VERSION_CHECK: '1' } },
    );
  },
);
