import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { Direction, TrialState } from '../../../src/core/study/states.ts';
import type { WritableTrialLog } from '../../../src/core/study/studyStore.ts';
import { eventually } from './eventually.ts';
import { inVscode } from './session.ts';
import type { VscodeWindow } from './window.ts';

const X = { name: 'x', distribution: { type: 'float', low: 0, high: 1, log: false, step: null } } as const;

export interface ElsewhereOptions {
  /** Closed at the end. */
  readonly log: WritableTrialLog;
  readonly url: string;
  /** What is answered when a password is asked for, the right one last. None is shown. */
  readonly passwords?: readonly string[];
  /** What screenshots are named after. */
  readonly name: string;
  readonly afterwards?: (window: VscodeWindow) => Promise<void>;
}

/** Opens a storage in a window by its URL, and sees a trial come that another process adds. */
export async function openAndWatch(context: TestContext, options: ElsewhereOptions): Promise<void> {
  const { log, url, passwords = [], name, afterwards } = options;
  context.after(() => log.close());
  const study = await log.createStudy({ name: 'shared-study', directions: [Direction.maximize] });
  const complete = (value: number) =>
    log.createTrial(study, { state: TrialState.complete, values: [value], params: [{ ...X, internal: value }] });
  await complete(0.25);
  await inVscode(
    context,
    (workspace) => workspace.write('notes.txt', 'A folder without studies.\n'),
    async ({ window }) => {
      await openByUrl(window, url);
      for (const password of passwords) await window.answer(password);
      await window.waitForTreeRow(/^shared-study/);
      await window.screenshot(`${name}-1-opened`);
      await complete(0.75);
      await eventually(
        () => window.treeRows(),
        (rows) => rows.some((row) => /shared-study.*0\.75/.test(row)),
        'the new best trial is in the tree',
      );
      const shown = (await window.treeRows()).join('\n');
      for (const password of passwords) assert.ok(!shown.includes(password));
      assert.deepEqual(await window.allMessages(), []);
      await window.screenshot(`${name}-2-news`);
      await afterwards?.(window);
    },
  );
}

export async function openByUrl(window: VscodeWindow, url: string): Promise<void> {
  await window.palette('Tuneboard: Open Storage');
  await window.pick('Enter a path or URL');
  await window.answer(url);
}

/** Opens one that was opened before: it needs no password then. `host` is what its row begins with. */
export async function openAgain(window: VscodeWindow, host: string): Promise<void> {
  await window.palette('Tuneboard: Open Storage');
  await window.pick(host);
  await window.waitForTreeRow(/^shared-study/);
}
