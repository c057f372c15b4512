/** The History panel in a real browser, under the extension's content security policy, with mouse and keyboard. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { browserPanels, closePanel, withBrowser } from '../support/panelHarness/browserPanels.ts';
import { type OpenPanel, settle } from '../support/panelHarness/panelPage.ts';

const open = browserPanels();

async function selections(panel: OpenPanel): Promise<unknown[]> {
  await settle(panel.page);
  return (await panel.posted()).filter(({ type }) => type === 'select').map((message) => message['number']);
}

test('a click in the chart selects the trial everywhere and tells the extension', withBrowser, async () => {
  const panel = await open('sixty');
  const { page } = panel;
  await page.click('button.close');
  assert.equal(await page.isVisible('.side'), false, 'nothing is selected: nothing takes room');
  const stage = page.locator('.figure-history .figure-stage');
  const box = await stage.boundingBox();
  assert.ok(box);
  await page.mouse.move(box.x + box.width - 30, box.y + 20);
  assert.equal(await page.isVisible('.tooltip'), false);
  await findTrial(panel, box);
  const title = (await page.textContent('.tooltip-title')) ?? '';
  await page.mouse.down();
  await page.mouse.up();
  const number = Number(title.match(/\d+/)?.[0]);
  assert.equal(await page.textContent('.detail-title'), `Trial ${number}`);
  assert.equal((await selections(panel)).at(-1), number);
  await closePanel(panel);
});

/** Moves the pointer over the chart until a trial answers. */
async function findTrial(
  { page }: OpenPanel,
  box: { x: number; y: number; width: number; height: number },
): Promise<void> {
  for (let y = box.y + 10; y < box.y + box.height - 30; y += 12) {
    for (let x = box.x + 60; x < box.x + box.width / 2; x += 12) {
      await page.mouse.move(x, y);
      if (await page.isVisible('.tooltip')) return;
    }
  }
  assert.fail('no trial under the pointer');
}

test('arrow keys go through the chart and the table, and a held key is told once', withBrowser, async () => {
  const panel = await open('sixty');
  const { page } = panel;
  await page.focus('.figure-history .figure-stage');
  await page.keyboard.press('Home');
  assert.equal(await page.textContent('.detail-title'), 'Trial 0');
  // A held key: all at once, however slow the machine.
  await page.evaluate(`(() => {
    const stage = document.activeElement;
    for (let count = 0; count < 5; count++) stage.dispatchEvent(new KeyboardEvent('keydown', { key: 'ArrowRight', bubbles: true }));
  })()`);
  assert.equal(await page.textContent('.detail-title'), 'Trial 5');
  const told = await selections(panel);
  assert.equal(told.at(-1), 5);
  assert.ok(told.length < 6, `${told.length} messages for six keys`);
  await page.keyboard.press('Escape');
  assert.equal((await selections(panel)).at(-1), null);
  await page.focus('table');
  await page.keyboard.press('End');
  const last = page.locator('tr[aria-selected="true"]');
  assert.equal(await last.getAttribute('aria-rowindex'), '63');
  assert.equal(await page.getAttribute('table', 'aria-activedescendant'), await last.getAttribute('id'));
  assert.equal(await last.isVisible(), true);
  await closePanel(panel);
});

test('everything can be reached with Tab, in reading order', withBrowser, async () => {
  const panel = await open('sixty');
  const reached: string[] = [];
  for (let count = 0; count < 44; count++) {
    await panel.page.keyboard.press('Tab');
    const name = `(() => { const one = document.activeElement; return one.dataset.action ?? (one.tagName === 'BUTTON' ? one.dataset.key : null) ?? (one.className || one.tagName); })()`;
    reached.push(await panel.page.evaluate(name));
  }
  const wanted = [
    'stop',
    'insertBest',
    'toggle',
    'figure-stage',
    'SELECT',
    'insertTrial',
    'TABLE',
    'param:optim',
    'duration',
  ];
  for (const name of wanted)
    assert.ok(
      reached.some((one) => one.startsWith(name)),
      `${name} in ${reached.join(', ')}`,
    );
  await closePanel(panel);
});

test('what a person chose is there again after a reload', withBrowser, async () => {
  const first = await open('sixty');
  await first.page.selectOption('.figure-parameter select', 'optim');
  await first.page.click('.figure-history .toggle');
  await first.page.click('th button[data-key="duration"]');
  await first.page.click('tbody tr[data-trial] >> nth=3');
  await first.page.evaluate('document.querySelector(".table-scroll").scrollTop = 240');
  await settle(first.page);
  const state = await first.state();
  assert.equal(state?.['studyId'], 'harness');
  const selected = await first.page.textContent('.detail-title');
  await closePanel(first);
  const again = await open('sixty', { state: { ...state, selected: null } });
  assert.equal(await again.page.inputValue('.figure-parameter select'), 'optim');
  assert.equal(await again.page.getAttribute('.figure-history .toggle', 'aria-pressed'), 'true');
  assert.equal(await again.page.getAttribute('th[aria-sort]', 'aria-sort'), 'ascending');
  assert.equal(await again.page.evaluate('document.querySelector(".table-scroll").scrollTop'), 240);
  await closePanel(again);
  const twelve = await open('allNan', { state: { ...state, selected: 2 } });
  assert.equal(await twelve.page.textContent('.detail-title'), 'Trial 2', 'kept where the extension has no selection');
  assert.deepEqual(await selections(twelve), [2]);
  assert.notEqual(selected, null);
  await closePanel(twelve);
});

test('buttons send their action; a missing study and a failed one say so', withBrowser, async () => {
  const panel = await open('failedRun');
  const { page } = panel;
  assert.match((await page.textContent('.message')) ?? '', /failed three times in a row/);
  await page.click('[data-action="showRunLog"]');
  await page.click('[data-action="insertBest"]');
  await page.click('tbody tr[data-trial]');
  await page.click('.side [data-action="insertTrial"]');
  const actions = (await panel.posted()).filter(({ type }) => type === 'action');
  assert.deepEqual(
    actions.map(({ action, number }) => [action, number]),
    [
      ['showRunLog', null],
      ['insertBest', null],
      ['insertTrial', 9],
    ],
  );
  await page.evaluate(
    `postMessage({ type: 'detail', detail: { number: 9, reason: 'ValueError: <b>no</b>', hasOutput: true, attributes: [] } }, '*')`,
  );
  await page.waitForSelector('[data-action="showOutput"]');
  assert.equal(await page.textContent('.detail-reason'), 'ValueError: <b>no</b>');
  await page.evaluate(`postMessage({ type: 'gone', message: 'study.db was deleted.' }, '*')`);
  await page.waitForSelector('text=study.db was deleted.');
  await closePanel(panel);
});

test('another theme recolours the canvases, other words replace English', withBrowser, async () => {
  const panel = await open('twelve', { strings: { trials: '试验' } });
  const picture = 'document.querySelector(".figure-history canvas").toDataURL()';
  const dark = await panel.page.evaluate(picture);
  await panel.setTheme('light');
  assert.notEqual(await panel.page.evaluate(picture), dark);
  assert.equal(await panel.page.textContent('.trials h2'), '试验');
  await closePanel(panel);
});

test(
  '10,000 trials and a delta every 20 ms: ten drawings a second at most, and nothing is lost',
  withBrowser,
  async () => {
    const panel = await open('tenThousand');
    const { page } = panel;
    const frames = await page.evaluate<{
      longest: number;
      busy: number;
      count: number;
      drawings: number;
      rows: number;
    }>(`(async () => {
    const deltas = [...studies.liveDeltas(10000, 150, 17)];
    let longest = 0, busy = 0, drawings = 0;
    const observer = new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) longest = Math.max(longest, entry.duration), busy += entry.duration;
    });
    observer.observe({ type: 'longtask' });
    const note = new MutationObserver(() => drawings++);
    note.observe(document.querySelector('.trials .figure-note'), { childList: true, characterData: true, subtree: true });
    const started = performance.now();
    for (const delta of deltas) {
      postMessage(delta, '*');
      await new Promise((done) => setTimeout(done, 20));
    }
    const took = performance.now() - started;
    const perSecond = drawings / (took / 1000);
    const rowCount = () => Number(document.querySelector('table').getAttribute('aria-rowcount'));
    for (let waited = 0; rowCount() < 10152 && waited < 100000; waited += 100) await new Promise((done) => setTimeout(done, 100));
    observer.disconnect();
    return { longest, busy: busy / took, count: drawings, drawings: perSecond, rows: rowCount() };
  })()`);
    console.log(
      `longest task ${Math.round(frames.longest)} ms, busy ${(100 * frames.busy).toFixed(0)} %, ${frames.drawings.toFixed(1)} drawings a second`,
    );
    assert.equal(frames.rows, 10_152);
    assert.ok(frames.drawings <= 11, `${frames.drawings} drawings a second`);
    assert.ok(frames.count >= 2, 'it is live, however slow the machine');
    await closePanel(panel);
  },
);

test('100,000 rows exist only where they are seen', withBrowser, async () => {
  const panel = await open('hundredThousand');
  const { page } = panel;
  await page.focus('table');
  await page.keyboard.press('End');
  await settle(page);
  assert.equal(await page.locator('tr[aria-selected="true"]').getAttribute('aria-rowindex'), '100001');
  assert.ok((await page.locator('tbody tr').count()) < 120);
  await closePanel(panel);
});

test('a drag filters every chart and the table, and each way back leads to all trials', withBrowser, async () => {
  const panel = await open('sixty');
  const { page } = panel;
  const count = () => page.textContent('.filter-count');
  const rows = async () => Number(await page.getAttribute('table', 'aria-rowcount')) - 1;
  const chips = () => page.locator('.chip-text').allTextContents();
  const pictures = () =>
    page.evaluate<string[]>(
      `[...document.querySelectorAll('.figure canvas[role=img]')].filter((one) => one.clientWidth > 0).map((one) => one.toDataURL())`,
    );
  await page.setViewportSize({ width: 1240, height: 1400 });
  await settle(page);
  const whole = await pictures();
  const drag = async (figure: string, from: [number, number], to: [number, number]) => {
    const box = await page.locator(`.figure-${figure} .figure-stage`).boundingBox();
    assert.ok(box);
    await page.mouse.move(box.x + from[0] * box.width, box.y + from[1] * box.height);
    await page.mouse.down();
    await page.mouse.move(box.x + to[0] * box.width, box.y + to[1] * box.height, { steps: 4 });
    await page.mouse.up();
    await settle(page);
  };
  await drag('parameter', [0.5, 0.4], [0.75, 0.42]);
  assert.match((await chips()).join(), /^[\d.e-]+ <= learning_rate <= [\d.e-]+$/);
  const left = await rows();
  assert.ok(left > 0 && left < 62, `${left} rows`);
  assert.equal(await count(), `${left} of 62`);
  for (const [at, picture] of (await pictures()).entries()) assert.notEqual(picture, whole[at], `chart ${at} follows`);
  assert.equal(await page.locator('.figure-history [data-state]').count(), 4);

  await page.click('[data-state="complete"]');
  assert.deepEqual((await chips()).at(-1), 'state != complete');
  const hidden = await rows();
  assert.ok(hidden < left);
  await page.click('[data-state="complete"]');
  assert.equal(await rows(), left, 'a second click shows the state again');

  await drag('parallel', [0.5, 0.1], [0.5, 0.6]);
  assert.equal((await chips()).length, 2, 'an upright axis is brushed as well');
  await page.focus('.figure-history .figure-stage');
  await page.keyboard.press('Escape');
  if ((await chips()).length === 2) await page.keyboard.press('Escape');
  assert.equal((await chips()).length, 1, 'Escape takes back the last one');
  await settle(page);
  const asked = (await panel.posted()).findLast(({ type }) => type === 'importance')?.['question'];
  assert.match(JSON.stringify(asked), /learning_rate/, 'importance is asked for of the trials that are left');

  await page.fill('.filter-field input', 'optim == sgd');
  await page.keyboard.press('Enter');
  assert.deepEqual((await chips()).at(-1), 'optim == sgd');
  await page.fill('.filter-field input', 'nowhere > 3');
  await page.keyboard.press('Enter');
  assert.equal(await page.textContent('.filter-error'), 'This study has no column “nowhere”.');
  assert.equal((await chips()).length, 2, 'the filter stays as it was');
  const state = await panel.state();
  await page.click('.filter-clear');
  await settle(page);
  assert.equal(await rows(), 62);
  assert.deepEqual(await pictures(), whole, 'all is as before');
  await closePanel(panel);
  const again = await open('sixty', { state });
  assert.equal(await again.page.locator('.chip').count(), 2, 'a reload keeps the filter');
  await closePanel(again);
});

test('the wheel zooms at the pointer, and a double click shows all again', withBrowser, async () => {
  const panel = await open('sixty');
  const { page } = panel;
  const picture = () => page.evaluate<string>(`document.querySelector('.figure-history canvas').toDataURL()`);
  const whole = await picture();
  const box = await page.locator('.figure-history .figure-stage').boundingBox();
  assert.ok(box);
  await page.mouse.move(box.x + box.width / 3, box.y + box.height / 2);
  await page.mouse.wheel(0, -400);
  await settle(page);
  assert.notEqual(await picture(), whole);
  assert.equal(await page.isVisible('.figure-history .reset-zoom'), true);
  await page.mouse.dblclick(box.x + box.width - 20, box.y + box.height - 40);
  await settle(page);
  await page.keyboard.press('Escape');
  await settle(page);
  assert.equal(await page.isVisible('.figure-history .reset-zoom'), false);
  assert.equal(await picture(), whole);
  await closePanel(panel);
});

test(
  'columns, rows and sorts are chosen as in a list, and what leaves the table is what is shown',
  withBrowser,
  async () => {
    const panel = await open('sixty');
    const { page } = panel;
    const heads = () => page.locator('th[data-column] button span:first-child').allTextContents();
    const sent = async (type: string) => (await panel.posted()).findLast((message) => message.type === type)?.['text'];
    const marked = () => page.locator('tr.is-marked').count();
    const row = (at: number) => page.locator('tbody tr[data-trial]').nth(at);
    await row(1).click();
    await row(3).click({ modifiers: ['ControlOrMeta'] });
    assert.equal(await marked(), 2);
    await row(6).click({ modifiers: ['Shift'] });
    assert.equal(await marked(), 4, 'from the last one');
    await page.focus('table');
    await page.keyboard.press('ControlOrMeta+c');
    assert.equal(
      String(await sent('copy'))
        .trimEnd()
        .split('\n').length,
      5,
      'a head and four rows',
    );
    await page.keyboard.press('Escape');
    assert.equal(await marked(), 0);

    await page.click('.table-tools >> text=Columns');
    await page.click('[role=menuitemcheckbox] >> text=optim');
    await page.click('[role=menuitemcheckbox] >> text=started');
    await page.keyboard.press('Escape');
    assert.ok(!(await heads()).includes('optim'));
    assert.ok((await heads()).includes('started'));
    await page.click('th[data-column="duration"]', { button: 'right' });
    await page.click('[role=menuitem] >> text=Pin to the left');
    assert.deepEqual((await heads()).slice(0, 2), ['trial', 'time']);
    await page.click('th button[data-key="param:num_train_epochs"]');
    await page.click('th button[data-key="value:0"]', { modifiers: ['Shift'] });
    assert.match((await page.textContent('.table-tools .figure-note')) ?? '', /num_train_epochs, eval_f1/);
    const epochs = await page.evaluate<number[]>(
      `[...document.querySelectorAll('tbody tr[data-trial]')].map((one) => Number(one.cells[5].textContent))`,
    );
    assert.deepEqual(
      epochs,
      [...epochs].sort((one, other) => one - other),
    );
    await page.click('.table-tools >> text=Export');
    await page.click('[role=menuitem] >> text=Shown as CSV');
    const [head = '', ...lines] = String(await sent('save'))
      .trimEnd()
      .split('\n');
    assert.deepEqual(head.split(','), await heads());
    assert.equal(lines.length, 62);
    const state = await panel.state();
    await closePanel(panel);
    const again = await open('sixty', { state });
    assert.equal(await again.page.locator('th[data-column="param:optim"]').count(), 0, 'a reload keeps the columns');
    await closePanel(again);
  },
);

test('the row under the reader stays where it is when better trials come in', withBrowser, async () => {
  const panel = await open('tenThousand');
  const { page } = panel;
  await page.click('.tab[data-tab="table"]');
  await page.click('th button[data-key="trial"]');
  await page.click('th button[data-key="trial"]');
  await page.evaluate('document.querySelector(".table-scroll").scrollTop = 2400');
  await settle(page);
  const top = `(() => {
    const table = document.querySelector('.table-scroll').getBoundingClientRect();
    const row = document.elementFromPoint(table.left + 30, table.top + 60).closest('tr');
    return [row.dataset.trial, Math.round(row.getBoundingClientRect().top)];
  })()`;
  const before = await page.evaluate(top);
  await page.evaluate(
    '(async () => { for (const delta of studies.liveDeltas(10000, 60, 17)) postMessage(delta, "*"); })()',
  );
  await page.waitForSelector('.news:not([hidden])');
  await settle(page);
  assert.deepEqual(await page.evaluate(top), before);
  assert.match((await page.textContent('.news')) ?? '', /^↑ \d+ new$/);
  await page.click('.news');
  await settle(page);
  assert.equal(await page.isVisible('.news'), false);
  assert.equal(await page.evaluate('document.querySelector(".table-scroll").scrollTop'), 0);
  await closePanel(panel);
});

type Sent = Readonly<Record<string, unknown>>;

const send = ({ page }: OpenPanel, message: object) =>
  page.evaluate(`window.postMessage(${JSON.stringify(message)}, '*')`);
const sentOf = async (panel: OpenPanel, type: string): Promise<readonly Sent[]> =>
  (await panel.posted()).filter((message) => message.type === type);
const noted = (trials: readonly unknown[], readOnly: string | null = null) => ({
  type: 'annotations',
  annotations: { study: { version: 0, text: '', star: false, tags: [] }, trials, readOnly },
});

test('the header steers: what is asked is shown muted until it is settled', withBrowser, async () => {
  const panel = await open('sixty');
  const { page } = panel;
  await page.evaluate(`(() => {
    const snapshot = studies.STUDIES.sixty();
    snapshot.header.steering = ['pause', 'setBudget', 'setParallel'];
    window.postMessage(snapshot, '*');
  })()`);
  await page.click('[data-action="budget"]');
  await page.click('.menu-item >> text=Other');
  await page.keyboard.type('20');
  await page.keyboard.press('Enter');
  assert.deepEqual(await sentOf(panel, 'order'), [], 'fewer than are finished are not taken');
  await page.fill('.number-prompt input', '150');
  await page.keyboard.press('Enter');
  await page.click('[data-action="pause"]');
  assert.deepEqual(await sentOf(panel, 'order'), [
    { type: 'order', order: { order: 'setBudget', trials: 150 } },
    { type: 'order', order: { order: 'pause' } },
  ]);
  assert.equal(await page.textContent('[data-action="budget"].is-waiting'), '60 of 150');
  assert.equal(await page.textContent('.state-text.is-waiting'), 'Paused');
  await send(panel, { type: 'ordered', order: 'setBudget' });
  await send(panel, { type: 'ordered', order: 'pause' });
  await page.waitForSelector('[data-action="pause"]:not([hidden])');
  assert.equal(await page.textContent('[data-action="budget"]:not(.is-waiting)'), '60 of 100', 'the tuner refused');
  await closePanel(panel);
});

test('a note is kept while it is written and until it is saved, and runs nothing', withBrowser, async () => {
  const panel = await open('sixty');
  const { page } = panel;
  const text = '<img src=x onerror="document.title=1">\n[bad](command:quit) ![p](https://a.b/c.png) **so**';
  await send(panel, { type: 'select', number: 48 });
  await send(panel, noted([[48, { version: 2, text, star: true, tags: ['paper'] }]]));
  await page.waitForSelector('.side .markdown strong');
  assert.equal(await page.locator('.side .markdown img').count(), 0);
  assert.deepEqual(
    await page
      .locator('.side .markdown a')
      .evaluateAll((all) => all.map((one) => (one as never as { href: string }).href)),
    ['https://a.b/c.png'],
  );
  assert.equal(await page.locator('td', { hasText: '48 ★' }).count(), 1);
  const more = [48, 47].map((number) => [number, { version: 2, text, star: true, tags: ['paper'] }]);
  await send(panel, noted(more));
  await page.locator('td', { hasText: '47 ★' }).waitFor();
  await page.click('.side .note-edit');
  await page.fill('.side .note textarea', 'mine');
  await send(panel, noted([[48, { version: 3, text: 'theirs', star: true, tags: [] }]]));
  await settle(page);
  assert.equal(await page.inputValue('.side .note textarea'), 'mine');
  await page.keyboard.press('Control+Enter');
  assert.deepEqual(await sentOf(panel, 'note'), [{ type: 'note', number: 48, text: 'mine', version: 2 }]);
  assert.equal(await page.textContent('.side .note.is-waiting .markdown'), 'mine');
  await send(panel, { type: 'saved', what: 'note', number: 48, isSaved: false });
  await page.waitForSelector('.side .note textarea');
  assert.equal(await page.inputValue('.side .note textarea'), 'mine', 'what could not be saved is not lost');
  await page.click('.side .note .secondary');
  await send(panel, noted([], 'You may not write it.'));
  await page.waitForSelector('.side .note-why >> text=You may not write it.');
  assert.equal(await page.isVisible('.side .note-edit'), false);
  await closePanel(panel);
});

test('a log is followed until a person scrolls away from its end, and again after that', withBrowser, async () => {
  const panel = await open('sixty');
  const { page } = panel;
  const lines = (count: number) => Array.from({ length: count }, (_, line) => `line ${line}`).join('\n');
  const detail = (count: number) => {
    const log = {
      text: `File "train.py", line 3\n${lines(count)}`,
      isEnd: true,
      links: [{ start: 6, end: 14, link: 4 }],
    };
    const rest = {
      reason: null,
      hasOutput: true,
      canDebug: false,
      curves: [],
      facts: [],
      attributes: [],
      artifacts: [],
    };
    return { type: 'detail', detail: { number: 7, ...rest, log, traceback: null } };
  };
  await send(panel, { type: 'select', number: 7 });
  await send(panel, detail(60));
  await settle(page);
  const log = page.locator('.log-text:visible');
  const below = () => log.evaluate((one) => one.scrollHeight - one.clientHeight - one.scrollTop);
  assert.ok((await below()) < 2);
  await send(panel, detail(90));
  await settle(page);
  assert.ok((await below()) < 2, 'what is new is in sight');
  await log.evaluate((one) => one.scrollTo(0, 0));
  await page.waitForSelector('.log-follow:visible');
  await send(panel, detail(120));
  await settle(page);
  assert.equal(await log.evaluate((one) => one.scrollTop), 0);
  await log.locator('.log-link').click();
  assert.deepEqual(await sentOf(panel, 'openLink'), [{ type: 'openLink', link: 4 }]);
  await page.click('.log-follow:visible');
  assert.ok((await below()) < 2);
  await closePanel(panel);
});
