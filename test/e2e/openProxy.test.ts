/** A study behind Optuna's storage proxy: opened by its URL, watched, and run from the window. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TrialState } from '../../src/core/study/states.ts';
import { openTrialLog } from '../../src/storage/openTrialLog.ts';
import { openWritableStorage, storagePlace } from '../../src/storage/writableStorage.ts';
import { needs } from '../support/parts.ts';
import { startProxy } from '../support/storageProxies.ts';
import { eventually } from '../support/vscode/eventually.ts';
import { openAgain, openAndWatch, openByUrl } from '../support/vscode/openAndWatch.ts';
import { inVscode } from '../support/vscode/session.ts';

test(
  'what is behind a storage proxy is opened, and its trials come by themselves',
  needs('vscode', 'browser', 'optuna'),
  async (context) => {
    const proxy = await startProxy('memory');
    context.after(() => proxy.stop());
    const log = await openWritableStorage(storagePlace(proxy.url, '.'));
    await openAndWatch(context, {
      log,
      url: proxy.url,
      name: 'proxy',
      afterwards: async (window) => {
        await openAgain(window, proxy.url.slice('grpc://'.length));
        await openByUrl(window, 'grpc://127.0.0.1:9');
        await eventually(
          () => window.allMessages(),
          (messages) => messages.some((message) => /no server listens there/.test(message)),
          'a proxy that is not there is told of',
        );
      },
    });
  },
);

test(
  'a study whose file names a storage proxy is run from the window',
  needs('vscode', 'browser', 'optuna'),
  async (context) => {
    const proxy = await startProxy('memory');
    context.after(() => proxy.stop());
    await inVscode(
      context,
      (workspace) => {
        workspace.write('train.mjs', "console.log('score=' + Number(process.argv[2]) ** 2);\n");
        workspace.write('shared.study.yaml', studyFile(proxy.url));
      },
      async ({ window, workspace }) => {
        await window.openFile('shared.study.yaml');
        await window.palette('Tuneboard: Start Study');
        await window.palette('Tuneboard: Show History');
        const panel = await window.webviewFrame('#root canvas');
        await window.waitForPaintedCanvas(panel);
        await eventually(
          () => workspace.runRecord()?.state,
          (state) => state === 'finished',
          'the study finishes',
        );
        await window.palette('Tuneboard: Focus on Studies View');
        await window.waitForTreeRow(/^shared.*16\/16/);
        await eventually(
          () => panel.locator('#root').textContent(),
          (text) => !/Importance needs complete trials/.test(text ?? ''),
          'how much each parameter decides is told',
        );
        await window.screenshot('proxy-3-run');
        assert.equal(workspace.runRecord()?.storage, proxy.url);
      },
    );
    const log = await openTrialLog(proxy.url);
    context.after(() => log.close());
    const history = log.studies()[0]?.history;
    assert.equal(history?.count(TrialState.complete), 16);
    assert.ok(history?.best !== undefined);
  },
);

function studyFile(url: string): string {
  return `name: shared
direction: maximize
metric: score
objective:
  command: ["${process.execPath}", train.mjs, "{x}", "{y}"]
space:
  x: { type: float, low: -1, high: 1 }
  y: { type: int, low: 0, high: 9 }
budget: { trials: 16 }
storage: ${url}
`;
}
