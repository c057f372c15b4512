/** Charts of many trials in a real browser: what is painted has the shares of the data, and can be pointed at. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { browserPanels, closePanel, withBrowser } from '../support/panelHarness/browserPanels.ts';
import { type OpenPanel, settle } from '../support/panelHarness/panelPage.ts';

const open = browserPanels({ height: 1300 });

/**
 * How many trials the pixels of a chart stand for, by columns of a quarter of the points' width: the counts of the cells,
 * read from the colours through the legend's scale. The chart's area is found by its painted cells.
 */
function paintedQuarters({ page }: OpenPanel, figure: string): Promise<number[]> {
  return page.evaluate<number[]>(`(() => {
    const canvas = document.querySelector('.figure-${figure} canvas[role=img]');
    const { width, height } = canvas;
    const { data } = canvas.getContext('2d').getImageData(0, 0, width, height);
    const most = Number(document.querySelector('.figure-${figure} .scale span:last-child').textContent.replaceAll(',', ''));
    const [accent, text] = [[55, 148, 255], [204, 204, 204]];
    const countAt = (at) => {
      const [red, green, blue, alpha] = data.subarray(at, at + 4);
      // Lanes, axes, labels and marks are of other hues.
      if (alpha === 0 || blue - red < 3 || blue < green) return 0;
      const beyond = (red - accent[0]) / (text[0] - accent[0]) / 0.75;
      const level = alpha < 252 ? ((alpha / 255 - 0.18) / 0.82) * 0.65 : 0.65 + Math.max(0, beyond) * 0.35;
      return Math.exp(Math.max(0, level) * Math.log(most));
    };
    const columns = new Float64Array(width);
    for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) columns[x] += countAt(4 * (y * width + x));
    const first = columns.findIndex((count) => count > 10);
    const last = columns.findLastIndex((count) => count > 10) + 1;
    const quarter = (last - first) / 4;
    const sums = [0, 0, 0, 0];
    for (let x = first; x < last; x++) sums[Math.min(3, Math.floor((x - first) / quarter))] += columns[x];
    const all = sums.reduce((sum, count) => sum + count, 0);
    return sums.map((count) => count / all);
  })()`);
}

for (const scale of [1, 2]) {
  test(
    `100,000 log-uniform rates are painted with a quarter a decade, ${scale} device pixels a pixel`,
    withBrowser,
    async () => {
      const panel = await open('spread100000', { scale });
      await panel.page.locator('.figure-parameter').scrollIntoViewIfNeeded();
      await settle(panel.page);
      const quarters = await paintedQuarters(panel, 'parameter');
      for (const share of quarters) assert.ok(Math.abs(share - 0.25) < 0.02, `painted ${quarters}`);
      const note = (await panel.page.textContent('.figure-parameter .figure-note')) ?? '';
      assert.match(note, /^density of 100,000 trials · .* in the lane below: 2,000 failed, 3 running$/);
      const scaleLabel = await panel.page.getAttribute('.figure-parameter .scale', 'aria-label');
      assert.match(scaleLabel ?? '', /^Trials in a cell of the density: from 1 to \d+$/);
      await closePanel(panel);
    },
  );
}

test('a cell tells its ranges, trials and states, and a click selects a trial of it', withBrowser, async () => {
  const panel = await open('spread100000');
  const { page } = panel;
  const stage = page.locator('.figure-history .figure-stage');
  const box = await stage.boundingBox();
  assert.ok(box);
  const [x, y] = [box.x + 0.4 * box.width, box.y + 0.62 * box.height];
  await page.mouse.move(x, y);
  assert.match((await page.textContent('.tooltip-title')) ?? '', /^\d+ trials here$/);
  const rows = await page.locator('.tooltip-row').allInnerTexts();
  assert.match(rows[0] ?? '', /^val_loss\n0\.\d+ … 0\.\d+$/);
  const [from, to] = (rows[1]?.match(/^trial\n(\d+) … (\d+)$/) ?? []).slice(1).map(Number) as [number, number];
  assert.ok(to > from, rows[1]);
  assert.match(rows[2] ?? '', /^state\n\d+ complete(, \d+ pruned)?$/);
  assert.match(rows[3] ?? '', /^nearest marked\ntrial \d+$/);
  await page.mouse.down();
  await page.mouse.up();
  const selected = Number(((await page.textContent('.detail-title')) ?? '').match(/\d+/)?.[0]);
  assert.ok(selected >= from && selected <= to, `trial ${selected} of ${from} … ${to}`);
  await closePanel(panel);
});

test('bands tell their quantiles and how many curves reach a step', withBrowser, async () => {
  const panel = await open('curves10000');
  const { page } = panel;
  const box = await page.locator('.figure-curves .figure-stage').boundingBox();
  assert.ok(box);
  await page.mouse.move(box.x + 0.6 * box.width, box.y + 0.2 * box.height);
  const title = (await page.textContent('.tooltip-title')) ?? '';
  const [, reached, step] = title.match(/^([\d,]+) of 10,000 curves reach step (\d+)$/) ?? [];
  assert.ok(Number(reached?.replace(',', '')) < 10_000 && Number(step) > 20, title);
  const values = await page.locator('.tooltip-row').allInnerTexts();
  const numbers = values.slice(0, 5).map((text) => Number(text.split('\n')[1]));
  assert.deepEqual(
    numbers,
    numbers.toSorted((one, other) => other - one),
  );
  await closePanel(panel);
});

test('a density follows the width of the panel and its theme, in all four of them', withBrowser, async () => {
  const panel = await open('spread5001');
  const { page } = panel;
  const picture = 'document.querySelector(".figure-history canvas").toDataURL()';
  const seen = new Set([await page.evaluate(picture)]);
  for (const theme of ['light', 'hc', 'hcLight', 'dark'] as const) {
    await panel.setTheme(theme);
    seen.add(await page.evaluate(picture));
  }
  assert.equal(seen.size, 4);
  await page.setViewportSize({ width: 700, height: 1300 });
  await settle(page);
  const overflow = await page.evaluate('document.documentElement.scrollWidth - innerWidth');
  assert.equal(overflow, 0);
  assert.match(
    (await page.locator('.figure-parameter .figure-note:visible').textContent()) ?? '',
    /^density of 5,001 trials/,
    'however narrow',
  );
  const narrow = await page.evaluate<number>('document.querySelector(".figure-history canvas").clientWidth');
  assert.ok(narrow < 700);
  const box = await page.locator('.figure-history .figure-stage').boundingBox();
  assert.ok(box);
  for (let y = 30; y < box.height - 30 && !(await page.isVisible('.tooltip')); y += 3) {
    await page.mouse.move(box.x + 0.4 * narrow, box.y + y);
  }
  assert.match((await page.textContent('.tooltip-title')) ?? '', /trials? here|^Trial \d+/);
  await closePanel(panel);
});

test('200 trials are points, without a scale of counts', withBrowser, async () => {
  const panel = await open('spread200');
  assert.equal(await panel.page.locator('.scale:visible').count(), 0);
  assert.doesNotMatch((await panel.page.textContent('.figure-history .figure-note')) ?? '', /density/);
  await closePanel(panel);
});

test('a trial that comes to 100,000 is taken in without counting the others again', withBrowser, async () => {
  const panel = await open('hundredThousand');
  const times = await panel.page.evaluate<{ first: number; each: number }>(`(async () => {
    const deltas = [...studies.liveDeltas(100000, 12, 19)];
    let long = 0, longest = 0;
    new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) long += duration, longest = Math.max(longest, duration);
    }).observe({ type: 'longtask' });
    const rowCount = () => Number(document.querySelector('table').getAttribute('aria-rowcount'));
    for (const delta of deltas) {
      postMessage(delta, '*');
      await new Promise((done) => setTimeout(done, 150));
    }
    while (rowCount() < 100014) await new Promise((done) => setTimeout(done, 50));
    return { first: longest, each: long / deltas.length };
  })()`);
  console.log(`longest task ${Math.round(times.first)} ms, ${Math.round(times.each)} ms of long tasks a delta`);
  const note = (await panel.page.textContent('.figure-history .figure-note')) ?? '';
  assert.match(note, /^density of 100,013 trials/);
  await closePanel(panel);
});
