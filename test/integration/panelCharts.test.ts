/** Pareto front, importance, rungs and populations in the History panel, in a real browser. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { browserPanels, closePanel, withBrowser } from '../support/panelHarness/browserPanels.ts';
import { type OpenPanel, settle } from '../support/panelHarness/panelPage.ts';

const open = browserPanels({ height: 1300 });

async function questions(panel: OpenPanel): Promise<unknown[]> {
  await settle(panel.page);
  return (await panel.posted()).filter(({ type }) => type === 'importance').map((message) => message['question']);
}

const ROW = { low: 0.1, high: 0.8, isNoise: false, trials: 51, isApart: false };

async function answer(panel: OpenPanel, part: Record<string, unknown>): Promise<void> {
  const leftOut = { pruned: 0, failed: 0, notFinite: 0 };
  const used = { complete: 51, pruned: 0, sample: null, leftOut };
  const importance = { evaluator: 'pedAnova', objective: 0, problem: null, parameters: [], ...used, ...part };
  await panel.page.evaluate(`postMessage(${JSON.stringify({ type: 'importance', importance })}, '*')`);
  await settle(panel.page);
}

test('which charts there are follows from the study', withBrowser, async () => {
  const wanted: Record<string, string[]> = {
    sixty: ['history', 'importance', 'curves', 'parameter', 'parallel'],
    multi: ['history', 'pareto', 'volume', 'importance', 'curves', 'parameter', 'parallel'],
    three: ['history', 'pareto', 'volume', 'importance', 'parameter', 'parallel'],
    rungs: ['history', 'importance', 'curves', 'parameter', 'schedule', 'parallel'],
    population: ['history', 'importance', 'curves', 'parameter', 'schedule', 'parallel'],
    evolution: ['history', 'pareto', 'volume', 'importance', 'parameter', 'schedule', 'parallel'],
    empty: ['history'],
  };
  const panel = await open('sixty');
  const shown = `[...document.querySelectorAll('.figure')].filter((one) => one.offsetParent && one.clientHeight > 0)
    .map((one) => one.className.match(/figure-(\\w+)/)[1])`;
  for (const [study, figures] of Object.entries(wanted)) {
    await panel.show(study);
    assert.deepEqual(await panel.page.evaluate(shown), figures, study);
  }
  await closePanel(panel);
});

test('a point of the Pareto front is hovered, clicked and selected like any other', withBrowser, async () => {
  const panel = await open('multi');
  const { page } = panel;
  await page.click('button.close');
  const stage = page.locator('.figure-pareto .figure-stage');
  const box = await stage.boundingBox();
  assert.ok(box);
  for (let x = box.width - 10; x > 60 && !(await page.isVisible('.tooltip')); x -= 6) {
    for (let y = 10; y < box.height - 30 && !(await page.isVisible('.tooltip')); y += 12) {
      await page.mouse.move(box.x + x, box.y + y);
    }
  }
  const title = (await page.textContent('.tooltip-title')) ?? '';
  await page.mouse.down();
  await page.mouse.up();
  assert.equal(await page.textContent('.detail-title'), title.split(' · ')[0]);
  await stage.focus();
  await page.keyboard.press('Home');
  assert.equal(await page.textContent('.detail-title'), 'Trial 0');
  const label = (await page.getAttribute('.figure-pareto canvas', 'aria-label')) ?? '';
  const marked = await page.locator('td:text-is("on the front")').count();
  assert.match(label, new RegExp(`latency_ms against eval_f1 for \\d+ trials, ${marked} of them on the Pareto front`));
  assert.ok(marked > 2);
  assert.equal(await page.isVisible('[data-action="insertBest"]'), true, 'a front is something to insert from');
  assert.equal(await page.textContent('header .front'), `${marked} on the Pareto front`);
  await page.click('td:text-is("on the front") >> nth=0');
  assert.match((await page.textContent('.detail-status')) ?? '', /^complete · .* · on the front$/);
  await closePanel(panel);
});

test('with three objectives a person chooses two, never one twice, and the choice is kept', withBrowser, async () => {
  const panel = await open('three');
  const { page } = panel;
  const [y, x] = ['.figure-pareto select >> nth=0', '.figure-pareto select >> nth=1'] as const;
  assert.deepEqual([await page.inputValue(x), await page.inputValue(y)], ['0', '1']);
  await page.selectOption(y, '2');
  assert.match((await page.getAttribute('.figure-pareto canvas', 'aria-label')) ?? '', /^size_mb against eval_f1/);
  await page.selectOption(x, '2');
  assert.deepEqual([await page.inputValue(x), await page.inputValue(y)], ['2', '0'], 'they change places');
  const state = await panel.state();
  await closePanel(panel);
  const again = await open('three', { state });
  assert.deepEqual([await again.page.inputValue(x), await again.page.inputValue(y)], ['2', '0']);
  await closePanel(again);
});

test('importance is asked for while it is seen, for the chosen method and objective', withBrowser, async () => {
  const panel = await open('multi');
  const { page } = panel;
  assert.deepEqual((await questions(panel)).at(-1), { evaluator: 'pedAnova', objective: 0 });
  assert.equal(await page.textContent('.figure-importance .figure-empty'), 'Measuring.');
  await page.selectOption('.figure-history select', '1');
  assert.deepEqual((await questions(panel)).at(-1), { evaluator: 'pedAnova', objective: 1 });
  await answer(panel, { objective: 0, parameters: [{ ...ROW, name: 'optim', importance: 1 }] });
  assert.equal(await page.locator('.bar').count(), 0, 'an answer to another question');
  const parameters = [
    { ...ROW, name: 'optim', importance: 0.7 },
    { ...ROW, name: 'learning_rate', importance: 0.3, isNoise: true },
  ];
  await answer(panel, { objective: 1, parameters });
  assert.deepEqual(await page.locator('.bar').allInnerTexts(), [
    'optim\n70 %',
    'learning_rate\n30 %\nnot distinguishable from noise',
  ]);
  const note = () => page.textContent('.figure-importance .figure-note');
  assert.match((await note()) ?? '', /of 51 complete trials/);
  assert.match(
    (await page.getAttribute('.bar >> nth=1', 'aria-label')) ?? '',
    /^learning_rate, 30 %, interval 10–80 %, not/,
  );
  await answer(panel, { objective: 1, parameters: parameters.map((row) => ({ ...row, isNoise: true })) });
  assert.deepEqual(await page.locator('.bar').allInnerTexts(), ['optim\n70 %', 'learning_rate\n30 %']);
  assert.match((await note()) ?? '', /^too few trials/, 'said once, above');
  const progress = { type: 'importanceProgress', question: { evaluator: 'pedAnova', objective: 1 }, done: 0.4 };
  await page.evaluate(`postMessage(${JSON.stringify(progress)}, '*')`);
  await settle(page);
  assert.match((await note()) ?? '', /^Measuring: 40 %/);
  assert.equal(await page.locator('.bar').count(), 2, 'the answer before stays');
  await page.selectOption('.figure-importance select', 'fanova');
  assert.deepEqual((await questions(panel)).at(-1), { evaluator: 'fanova', objective: 1 });
  await answer(panel, { evaluator: 'fanova', objective: 1, problem: 'fANOVA needs something.' });
  assert.equal(await page.textContent('.figure-importance .figure-empty'), 'fANOVA needs something.');
  const count = (await questions(panel)).length;
  await page.evaluate(`[...studies.liveDeltas(80, 3, 13, 2)].forEach((delta) => postMessage(delta, '*'))`);
  assert.equal((await questions(panel)).length, count, 'a delta asks nothing anew');
  await page.setViewportSize({ width: 1240, height: 200 });
  assert.equal((await questions(panel)).at(-1), null, 'out of sight');
  await page.locator('.figure-importance').scrollIntoViewIfNeeded();
  assert.deepEqual((await questions(panel)).at(-1), { evaluator: 'fanova', objective: 1 });
  await closePanel(panel);
});

test('a bar shows its parameter in the chart beside, by mouse and by key', withBrowser, async () => {
  const panel = await open('sixty');
  const { page } = panel;
  const names = ['optim', 'momentum', 'learning_rate'];
  await answer(panel, { parameters: names.map((name, at) => ({ ...ROW, name, importance: 0.5 - at / 5 })) });
  await page.click('.bar >> nth=1');
  assert.equal(await page.inputValue('.figure-parameter select'), 'momentum');
  assert.equal(await page.getAttribute('.bar >> nth=1', 'aria-pressed'), 'true');
  await page.focus('.bar >> nth=0');
  await page.keyboard.press('Enter');
  assert.equal(await page.inputValue('.figure-parameter select'), 'optim');
  assert.equal(await page.evaluate('document.activeElement.dataset.parameter'), 'optim', 'the focus stays');
  await closePanel(panel);
});

test('paused trials have their own word and shape; the table has the steps of every trial', withBrowser, async () => {
  const panel = await open('rungs');
  const { page } = panel;
  await page.click('th button[data-key="rung"]');
  await page.click('th button[data-key="rung"]');
  await page.evaluate('document.querySelector(".table-scroll").scrollLeft = 9999');
  await settle(page);
  assert.equal(await page.locator('tbody tr[data-trial] >> nth=0').locator('td').nth(-2).textContent(), '27');
  await page.evaluate('document.querySelector(".table-scroll").scrollLeft = 0');
  await settle(page);
  await page.click('th button[data-key="state"]');
  await page.click('th button[data-key="state"]');
  const row = page.locator('tbody tr[data-trial] >> nth=0');
  assert.equal(await row.locator('td').nth(1).textContent(), 'paused');
  assert.equal(await row.locator('.icon-paused').count(), 1);
  await row.click();
  assert.match((await page.textContent('.detail-status')) ?? '', /^paused/);
  await page.focus('.figure-schedule .figure-stage');
  await page.keyboard.press('Home');
  assert.equal(await page.textContent('.detail-title'), 'Trial 0');
  const label = (await page.getAttribute('.figure-schedule canvas', 'aria-label')) ?? '';
  assert.match(label, /^Training lengths of 120 trials\. 1: \d+, 3: \d+, 9: \d+, 27: \d+$/);
  await closePanel(panel);
});

test('the side column says in words what a scheduler or sampler noted', withBrowser, async () => {
  const panel = await open('rungs');
  const { page } = panel;
  const facts = [
    { name: 'Rung', text: '2, up to step 9' },
    { name: 'Constraints', text: '<b>1 of 2 violated</b>' },
  ];
  const detail = { number: 40, reason: null, hasOutput: false, curves: [], facts, attributes: [] };
  await page.evaluate(`postMessage(${JSON.stringify({ type: 'detail', detail })}, '*')`);
  await settle(page);
  const texts = await page.locator('.detail-lists dl >> nth=-1').locator('dd').allTextContents();
  assert.deepEqual(texts, ['2, up to step 9', '<b>1 of 2 violated</b>']);
  await closePanel(panel);
});

test('a chart out of sight is drawn when it comes into sight', withBrowser, async () => {
  const panel = await open('sixty', { height: 320 });
  const { page } = panel;
  await settle(page);
  const picture = 'document.querySelector(".figure-parameter canvas").toDataURL()';
  const stale = await page.evaluate(picture);
  await page.evaluate(`[...studies.liveDeltas(60, 30, 99)].forEach((delta) => postMessage(delta, '*'))`);
  await page.waitForTimeout(600);
  assert.equal(await page.evaluate(picture), stale, 'nobody sees it');
  await page.locator('.figure-parameter').scrollIntoViewIfNeeded();
  await settle(page);
  assert.notEqual(await page.evaluate(picture), stale);
  await closePanel(panel);
});

for (const study of ['tenThousandSeveral', 'tenThousandRungs']) {
  test(`${study} and a delta every 20 ms: the panel answers in between, and nothing is lost`, withBrowser, async () => {
    const panel = await open(study);
    const objectives = study === 'tenThousandSeveral' ? 2 : 1;
    const { drawings, busy, longest, rows } = await panel.page.evaluate<Record<string, number>>(`(async () => {
      const deltas = [...studies.liveDeltas(10000, 100, 41, ${objectives})];
      let longest = 0, busy = 0, drawings = 0;
      const observer = new PerformanceObserver((list) => {
        for (const { duration } of list.getEntries()) longest = Math.max(longest, duration), busy += duration;
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
      const rowCount = () => Number(document.querySelector('table').getAttribute('aria-rowcount'));
      for (let waited = 0; rowCount() < 10102 && waited < 100000; waited += 100) await new Promise((done) => setTimeout(done, 100));
      observer.disconnect();
      const rows = rowCount();
      return { longest, busy: busy / took, drawings: drawings / (took / 1000), rows };
    })()`);
    const share = (100 * (busy as number)).toFixed(0);
    console.log(`longest task ${Math.round(longest as number)} ms, busy ${share} %, ${drawings} drawings a second`);
    assert.equal(rows, 10_102);
    assert.ok((drawings as number) <= 11);
    await closePanel(panel);
  });
}

test('the history is drawn by time, and curves are smoothed, as a person chooses', withBrowser, async () => {
  const panel = await open('twelve');
  const { page } = panel;
  const title = () => page.textContent('.figure-history h2');
  assert.equal(await title(), 'eval_f1 by trial');
  await page.selectOption('.figure-history select[aria-label="What the horizontal axis is"]', 'byTime');
  assert.equal(await title(), 'eval_f1 by time');
  await page.locator('.figure-curves .slider').fill('0.6');
  await settle(page);
  assert.match(
    (await page.getAttribute('.figure-history canvas', 'aria-label')) ?? '',
    /^eval_f1 by time of 12 trials/,
  );
  const state = await panel.state();
  await closePanel(panel);
  const again = await open('twelve', { state });
  assert.equal(await again.page.inputValue('.figure-curves .slider'), '0.6');
  assert.equal(await again.page.textContent('.figure-history h2'), 'eval_f1 by time');
  await closePanel(again);
});

test('trials are coloured by what a person chooses in the menu of a chart, with a scale', withBrowser, async () => {
  const panel = await open('sixty');
  const { page } = panel;
  assert.equal(await page.locator('.figure-history .scale').isVisible(), false);
  await page.click('.figure-history .chart-menu');
  await page.click('.menu >> text="Colour by…"');
  await page.click('.menu >> text="learning_rate"');
  await settle(page);
  const scale = page.locator('.figure-history .scale');
  assert.equal(await scale.getAttribute('aria-label'), 'Coloured by learning_rate');
  assert.equal(await scale.getAttribute('data-kind'), 'colours');
  assert.equal(await page.locator('.figure-parameter .scale').isVisible(), true, 'the other charts of trials too');
  await page.click('.figure-history .chart-menu');
  await page.click('.menu >> text="Colour by…"');
  await page.click('.menu >> text="one colour"');
  await settle(page);
  assert.equal(await scale.isVisible(), false);
  await closePanel(panel);
});
