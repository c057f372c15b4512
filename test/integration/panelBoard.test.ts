/** Tabs, tiles, saved views and what leaves a chart, in a real browser. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { browserPanels, closePanel, withBrowser } from '../support/panelHarness/browserPanels.ts';
import { type OpenPanel, settle } from '../support/panelHarness/panelPage.ts';

const open = browserPanels({ height: 1300 });

const TILES = `[...document.querySelectorAll('[data-tile]')].filter((one) => one.offsetParent).map((one) => one.dataset.tile)`;
const tiles = ({ page }: OpenPanel) => page.evaluate<string[]>(TILES);
const sent = async (panel: OpenPanel, type: string) =>
  (await panel.posted()).findLast((message) => message.type === type);
const answer = async ({ page }: OpenPanel, study: string) => {
  await page.evaluate(`postMessage(studies.importanceAnswer(${JSON.stringify(study)}), '*')`);
  await settle(page);
};
const choose = async ({ page }: OpenPanel, tile: string, item: string) => {
  await page.click(`[data-tile="${tile}"] .chart-menu`);
  await page.click(`.menu-item:has-text("${item}")`);
  await settle(page);
};

test('each tab has its charts, is reached by keyboard, and comes back after a reload', withBrowser, async () => {
  const panel = await open('sixty');
  const { page } = panel;
  await answer(panel, 'sixty');
  assert.deepEqual(await tiles(panel), ['history', 'importance', 'curves', 'parameter', 'parallel']);
  await page.focus('.tab[data-tab="overview"]');
  await page.keyboard.press('ArrowRight');
  await settle(page);
  const slices = ['slice0', 'slice1', 'slice2', 'slice3', 'slice4'];
  assert.deepEqual(await tiles(panel), ['importance', ...slices, 'contour', 'rank', 'path', 'parallel']);
  assert.equal(await page.evaluate('document.activeElement.dataset.tab'), 'parameters');
  assert.equal(await page.isVisible('.trials'), false);
  await page.keyboard.press('ArrowRight');
  await settle(page);
  assert.deepEqual(await tiles(panel), ['curves', 'edf']);
  await page.keyboard.press('End');
  await settle(page);
  assert.deepEqual(await tiles(panel), []);
  assert.equal(await page.isVisible('table'), true);
  assert.ok((await page.locator('tbody tr[data-trial]').count()) > 20, 'rows that came into sight are made');
  assert.equal(await page.getAttribute('.tab[data-tab="table"]', 'aria-selected'), 'true');
  const state = await panel.state();
  await closePanel(panel);
  const again = await open('sixty', { state });
  assert.equal(await again.page.getAttribute('.tab[data-tab="table"]', 'aria-selected'), 'true');
  await again.show('allFailed');
  assert.equal(await again.page.isVisible('.tab[data-tab="parameters"]'), false, 'nothing to show there');
  await closePanel(again);
});

test('tiles are moved and resized by drag and by menu, and kept for this kind of study', withBrowser, async () => {
  const panel = await open('sixty');
  const { page } = panel;
  const box = async (tile: string) => {
    const found = await page.locator(`[data-tile="${tile}"]`).boundingBox();
    assert.ok(found);
    return found;
  };
  const [parameter, history] = [await box('parameter'), await box('history')];
  await page.mouse.move(parameter.x + parameter.width - 60, parameter.y + 14);
  await page.mouse.down();
  await page.mouse.move(history.x + 40, history.y + 60, { steps: 6 });
  assert.equal(await page.locator('.drop-before').count(), 1);
  await page.mouse.up();
  await settle(page);
  assert.deepEqual(await tiles(panel), ['parameter', 'history', 'importance', 'curves', 'parallel']);
  const kept = await sent(panel, 'keepBoard');
  assert.equal(kept?.['kind'], 'one plain');

  await choose(panel, 'history', 'Move left');
  assert.deepEqual((await tiles(panel)).slice(0, 2), ['history', 'parameter']);
  const before = await box('history');
  await page.mouse.move(before.x + before.width - 3, before.y + before.height - 3);
  await page.mouse.down();
  await page.mouse.move(before.x + before.width - 3, before.y + before.height + 230, { steps: 4 });
  await page.mouse.up();
  await settle(page);
  assert.ok((await box('history')).height > before.height + 150, 'taller');
  await choose(panel, 'history', 'Hide chart');
  assert.ok(!(await tiles(panel)).includes('history'));

  const board = (await sent(panel, 'keepBoard'))?.['board'];
  await closePanel(panel);
  const other = await open('twelve');
  await other.page.evaluate(
    `postMessage(${JSON.stringify({ type: 'kept', kept: { boards: { 'one plain': board }, views: {} } })}, '*')`,
  );
  await settle(other.page);
  assert.deepEqual((await tiles(other)).slice(0, 2), ['parameter', 'importance'], 'another study of the kind');
  await other.show('multi');
  assert.equal((await tiles(other))[0], 'history', 'a study of another kind');
  await other.show('twelve');
  await other.page.click('.charts-menu');
  await other.page.click('.menu-item:has-text("Reset this tab")');
  await settle(other.page);
  assert.equal((await tiles(other))[0], 'history');
  await closePanel(other);
});

test('Escape gives a drag of a tile up', withBrowser, async () => {
  const panel = await open('sixty');
  const { page } = panel;
  const before = await tiles(panel);
  const box = await page.locator('[data-tile="curves"]').boundingBox();
  assert.ok(box);
  await page.mouse.move(box.x + box.width - 60, box.y + 14);
  await page.mouse.down();
  await page.mouse.move(box.x + 40, box.y - 150, { steps: 4 });
  await page.keyboard.press('Escape');
  await page.mouse.up();
  await settle(page);
  assert.deepEqual(await tiles(panel), before);
  assert.equal(await page.locator('.is-moving, .drop-before, .drop-after').count(), 0);
  await closePanel(panel);
});

test('a chart leaves as SVG and CSV: hostile names are text, and a density has its trials', withBrowser, async () => {
  const panel = await open('sixtyParameters', { state: { tab: 'parameters' } });
  const { page } = panel;
  await answer(panel, 'sixtyParameters');
  await choose(panel, 'slice0', 'Save as SVG');
  const file = await sent(panel, 'save');
  assert.equal(file?.['extension'], 'svg');
  const found = await page.evaluate<Record<string, number>>(`(() => {
    const root = new DOMParser().parseFromString(${JSON.stringify(file?.['text'])}, 'image/svg+xml');
    const count = (selector) => root.querySelectorAll(selector).length;
    return { errors: count('parsererror'), circles: count('circle'), texts: count('text'), scripts: count('script, img, foreignObject') };
  })()`);
  assert.deepEqual([found['errors'], found['scripts']], [0, 0]);
  assert.ok((found['circles'] as number) > 90, `${found['circles']} points`);
  assert.ok((found['texts'] as number) > 5, `${found['texts']} labels`);
  await panel.show('tenThousand');
  await choose(panel, 'slice0', 'Save the data as CSV');
  const lines = String((await sent(panel, 'save'))?.['text'])
    .trim()
    .split('\n');
  assert.ok(lines.length > 10_000, `${lines.length} lines`);
  await closePanel(panel);
});

test('a saved view brings back filter, columns, charts and tab', withBrowser, async () => {
  const panel = await open('sixty');
  const { page } = panel;
  await page.fill('.filter-field input', 'optim == sgd');
  await page.keyboard.press('Enter');
  await page.click('.tab[data-tab="parameters"]');
  await page.click('.views-menu');
  await page.click('.menu-item:has-text("Save this view")');
  const view = (await sent(panel, 'saveView'))?.['view'];
  const hostile = '<img src=x onerror=alert(1)>';
  const kept = { boards: {}, views: { [hostile]: view, broken: 7 } };
  await page.evaluate(`postMessage(${JSON.stringify({ type: 'kept', kept })}, '*')`);
  await page.click('.filter-clear');
  await page.click('.tab[data-tab="overview"]');
  await page.click('.views-menu');
  await page.click(`.menu-item >> nth=0`);
  await settle(page);
  assert.deepEqual(await page.locator('.chip-text').allTextContents(), ['optim == sgd']);
  assert.equal(await page.getAttribute('.tab[data-tab="parameters"]', 'aria-selected'), 'true');
  assert.equal(await page.locator('.menu-item:has-text("Delete") span >> nth=1').textContent(), `Delete “${hostile}”`);
  await closePanel(panel);
});

test(
  'at every width and for every study nothing overflows, and a chart without data is no tile',
  withBrowser,
  async () => {
    const studies = [
      'one',
      'five',
      'sixtyParameters',
      'fiftyChoices',
      'allFailed',
      'allPruned',
      'nanAndInfinite',
      'three',
    ];
    for (const tab of ['overview', 'parameters'] as const) {
      const panel = await open('twelve', { state: { tab } });
      const { page } = panel;
      for (const study of studies) {
        await panel.show(study);
        await answer(panel, study);
        for (const width of [320, 700, 2200]) {
          await page.setViewportSize({ width, height: 900 });
          await settle(page);
          const name = `${study} on ${tab} at ${width}`;
          assert.equal(await page.evaluate('document.documentElement.scrollWidth - innerWidth'), 0, name);
          const empty = await page.evaluate<string[]>(
            `${TILES}.filter((id) => document.querySelector('[data-tile=' + id + '] .figure-empty:not([hidden])'))`,
          );
          // The history says why there is nothing to see, and then it is the only one.
          assert.ok(empty.length === 0 || (study === 'allFailed' && empty.join() === 'history'), `${name}: ${empty}`);
          const outside = await page.evaluate<string[]>(`[...document.querySelectorAll('[data-tile]')]
          .filter((one) => one.offsetParent && one.getBoundingClientRect().right > innerWidth + 1)
          .map((one) => one.dataset.tile)`);
          assert.deepEqual(outside, [], name);
        }
      }
      await closePanel(panel);
    }
  },
);

test('every picture has a sentence for those who do not see it', withBrowser, async () => {
  const panel = await open('multi');
  const { page } = panel;
  for (const tab of ['overview', 'parameters', 'curves', 'timeline']) {
    await page.click(`.tab[data-tab="${tab}"]`);
    await answer(panel, 'multi');
    for (const tile of await tiles(panel)) {
      if (tile === 'importance') continue;
      await page.locator(`[data-tile="${tile}"]`).scrollIntoViewIfNeeded();
      await settle(page);
      const label = (await page.getAttribute(`[data-tile="${tile}"] canvas[role=img]`, 'aria-label')) ?? '';
      assert.match(label, /^.{20,}\./, tile);
    }
  }
  await closePanel(panel);
});
