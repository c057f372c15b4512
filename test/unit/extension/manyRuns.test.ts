import assert from 'node:assert/strict';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { test } from 'node:test';
import { StudyRegistry } from '../../../src/extension/model/studyRegistry.ts';
import { english } from '../../../src/extension/model/translate.ts';
import { TreeModel } from '../../../src/extension/model/treeModel.ts';
import { treeRow } from '../../../src/extension/model/treeRow.ts';
import { makeRuns } from '../../support/manyRuns.ts';
import { temporaryFolder } from '../../support/temporaryFolder.ts';

/** Five times what is wanted of an idle machine: other tests may keep this one's cores busy. */
const LONGEST_BLOCK_MS = 250;

test('a thousand runs block the event loop for no longer than a moment, and have few watchers', async (t) => {
  const workspace = temporaryFolder(t);
  await makeRuns(workspace, 1000);
  const registry = new StudyRegistry({ explain: String, report: (error) => assert.fail(String(error)) });
  t.after(() => registry.dispose());
  const model = new TreeModel(registry);
  let changes = 0;
  registry.onDidChange(({ studies }) => {
    changes++;
    for (const study of studies) model.changed(study);
  });
  const delays = monitorEventLoopDelay({ resolution: 5 });
  delays.enable();
  await registry.list([workspace]);
  assert.equal(registry.studies.length, 1000, 'all are listed before any is read');
  const roots = model.roots();
  assert.equal(treeRow(roots[0] ?? assert.fail(), english, 0).description, 'reading');
  await registry.settled();
  for (const node of roots) treeRow(node, english, 0);
  delays.disable();
  const longest = delays.max / 1e6;
  t.diagnostic(`longest block ${longest.toFixed(0)} ms`);
  assert.ok(longest < LONGEST_BLOCK_MS, `blocked for ${longest.toFixed(0)} ms`);
  assert.ok(registry.studies.every(({ history }) => history?.length === 20));
  assert.ok(changes < 100, `told ${changes} times`);
  const watchers = process.getActiveResourcesInfo().filter((name) => name === 'FSEventWrap').length;
  assert.ok(watchers <= 40, `${watchers} watchers`);
});
