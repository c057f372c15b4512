import assert from 'node:assert/strict';
import { test } from 'node:test';
import { browserPanels, closePanel, withBrowser } from '../support/panelHarness/browserPanels.ts';
import { type OpenPanel, settle } from '../support/panelHarness/panelPage.ts';

const open = browserPanels();

async function compare(panel: OpenPanel, set: string): Promise<void> {
  await panel.page.evaluate(`window.postMessage(studies.compared(${JSON.stringify(set)}), '*')`);
  await settle(panel.page);
}

const rowsOf = ({ page }: OpenPanel) =>
  page.$$eval('.studies-table tbody tr', (rows) =>
    rows.map((row) => [...row.children].map((cell) => cell.textContent ?? '')),
  );

const labelOf = ({ page }: OpenPanel, chart: string) =>
  page.$eval(`.figure-${chart} canvas`, (canvas) => canvas.getAttribute('aria-label') ?? '');

test('the tab of studies asks for those that are kept, and for none elsewhere', withBrowser, async () => {
  const panel = await open('sixty', { state: { tab: 'studies', compared: ['/a#one'] } });
  const asked = async () => (await panel.posted()).filter(({ type }) => type === 'compare').map(({ ids }) => ids);
  assert.deepEqual(await asked(), [['/a#one']]);
  await panel.page.click('.tab[data-tab="overview"]');
  await settle(panel.page);
  assert.deepEqual(await asked(), [['/a#one'], null]);
  assert.equal(await panel.page.isVisible('.studies'), false);
  await closePanel(panel);
});

test(
  'studies that a person chose are kept, drawn and in numbers, and can be taken out again',
  withBrowser,
  async () => {
    const panel = await open('sixty', { state: { tab: 'studies' } });
    await compare(panel, 'alone');
    assert.equal(await panel.page.isVisible('.studies-hint'), true);
    await panel.page.click('.studies-add');
    assert.equal((await panel.posted()).at(-1)?.type, 'chooseCompared');
    await compare(panel, 'three');
    assert.equal(await panel.page.isVisible('.studies-hint'), false);
    assert.deepEqual((await panel.state())?.['compared'], [
      '/storage#optuna-tpe',
      '/storage#random',
      '/storage#<img src=x onerror=alert(1)>',
    ]);
    const rows = await rowsOf(panel);
    assert.deepEqual(
      rows.map(([name, finished]) => [name, finished]),
      [
        ['bert-digits', '60'],
        ['optuna-tpe', '100'],
        ['random', '45'],
        ['<img src=x onerror=alert(1)>', 'It has 2 objectives, this study 1.'],
      ],
    );
    assert.match(rows[0]?.[4] ?? '', /^after \d+$/);
    assert.equal(rows[2]?.[4], 'not yet');
    assert.match(await labelOf(panel, 'studiesBest'), /^Best eval_f1 by finished trials: bert-digits [\d.]+, optuna/);
    await panel.page.click('.studies-table tr:nth-child(2) button');
    await settle(panel.page);
    assert.deepEqual((await panel.posted()).findLast(({ type }) => type === 'compare')?.['ids'], [
      '/storage#random',
      '/storage#<img src=x onerror=alert(1)>',
    ]);
    await closePanel(panel);
  },
);

test(
  'repeats are one line with a band where a word says so, any numbers where a person does',
  withBrowser,
  async () => {
    const panel = await open('sixty', { state: { tab: 'studies' } });
    await compare(panel, 'repeats');
    const names = async () => (await labelOf(panel, 'studiesBest')).split(': ')[1]?.replaceAll(/ 0\.\d+\.?/g, '');
    assert.equal(await names(), 'gp (6 repeats), random (3 repeats), resnet18, resnet50');
    const toggle = panel.page.locator('.studies-tools .toggle', { hasText: 'repeats' });
    assert.equal(await toggle.getAttribute('aria-pressed'), 'true');
    await toggle.click();
    await settle(panel.page);
    assert.match((await names()) ?? '', /^gp-seed1, gp-seed2, .*random seed=1.*resnet50$/);
    await toggle.click();
    await settle(panel.page);
    assert.equal(await names(), 'gp (6 repeats), random (3 repeats), resnet (2 repeats)');
    await closePanel(panel);
  },
);

test(
  'pointing at a line names its study, a click on it selects no trial, and its data name it too',
  withBrowser,
  async () => {
    const panel = await open('sixty', { state: { tab: 'studies' } });
    await compare(panel, 'three');
    const box = await panel.page.locator('.figure-studiesBest .figure-stage').boundingBox();
    assert.ok(box);
    let title = '';
    for (let up = 0.05; up < 0.95 && title === ''; up += 0.02) {
      await panel.page.mouse.move(box.x + 0.8 * box.width, box.y + up * box.height);
      if (await panel.page.isVisible('.tooltip')) title = (await panel.page.textContent('.tooltip-title')) ?? '';
    }
    assert.match(title, /^(bert-digits|optuna-tpe|random)$/);
    await panel.page.mouse.down();
    await panel.page.mouse.up();
    await panel.page.keyboard.press('ArrowRight');
    await settle(panel.page);
    assert.equal(
      (await panel.posted()).some(({ type }) => type === 'select'),
      false,
    );
    await panel.page.click('.figure-studiesBest .chart-menu');
    await panel.page.click('.menu-item:has-text("CSV")');
    const saved = (await panel.posted()).findLast(({ type }) => type === 'save');
    assert.match(String(saved?.['text']), /^study,finished trials,eval_f1,.*\nbert-digits,1,0\.\d+,study0,true\n/);
    await closePanel(panel);
  },
);

test('by time, with several objectives and with more lines than colours', withBrowser, async () => {
  const panel = await open('sixty', { state: { tab: 'studies', byTime: true } });
  await compare(panel, 'three');
  assert.match(await labelOf(panel, 'studiesBest'), /^Best eval_f1 by time: bert-digits/);
  await compare(panel, 'many');
  assert.match((await panel.page.textContent('.figure-studiesBest .figure-note')) ?? '', /best 12 of 20 lines/);
  await closePanel(panel);
  const several = await open('multi', { state: { tab: 'studies' } });
  await compare(several, 'several');
  assert.match(await labelOf(several, 'studiesBest'), /^Hypervolume by finished trials: bert-digits [\d.]+, nsga/);
  assert.match((await rowsOf(several))[1]?.[2] ?? '', /^[\d.]+$/);
  await closePanel(several);
});
