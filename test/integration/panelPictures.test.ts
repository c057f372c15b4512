/**
 * Pictures of the History panel in every state and theme, in `.cache/screenshots/panel/` for people to look at, and the
 * extension's icon. `TUNEBOARD_UPDATE=1` draws `media/icon.png` anew from `media/icon.svg`.
 */
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { openPanel, settle } from '../support/panelHarness/panelPage.ts';
import { SHOTS } from '../support/panelHarness/shots.ts';
import { needs } from '../support/parts.ts';
import { launchBrowser } from '../support/vscode/browser.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const folder = `${root}.cache/screenshots/panel/`;
const withBrowser = needs('browser');
let browser: Browser | undefined;

before(async () => {
  mkdirSync(folder, { recursive: true });
  if (!withBrowser.skip) browser = await launchBrowser();
});
after(() => browser?.close());

for (const { name, study, ...options } of SHOTS) {
  test(`picture ${name}`, withBrowser, async () => {
    const { page, problems, show } = await openPanel(browser as Browser, options);
    await show(study);
    await page.evaluate(`postMessage(studies.importanceAnswer(${JSON.stringify(study)}), '*')`);
    await settle(page);
    await page.screenshot({ path: `${folder}${name}.png` });
    assert.deepEqual(problems, []);
    const overflow = await page.evaluate('document.documentElement.scrollWidth - innerWidth');
    assert.equal(overflow, 0, 'nothing is wider than the panel');
    assert.deepEqual(await blankCharts(page), [], 'each chart is painted or says a sentence');
    await page.close();
  });
}

/** Charts that show neither a sentence nor bars nor pixels of at least three colours. */
function blankCharts(page: Page): Promise<string[]> {
  return page.evaluate(`[...document.querySelectorAll('.figure')].filter((figure) => {
    if (figure.offsetParent === null) return false;
    const isThere = (selector) => [...figure.querySelectorAll(selector)].some((one) => one.offsetParent !== null);
    if (isThere('.figure-empty') || isThere('.bar')) return false;
    const canvas = figure.querySelector('canvas[role=img]');
    if (!canvas || canvas.clientWidth === 0) return true;
    const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
    return new Set(new Uint32Array(data.buffer)).size < 3;
  }).map((figure) => figure.className)`);
}

test('the icon is the picture of its drawing', withBrowser, async () => {
  const page = await (browser as Browser).newPage({ viewport: { width: 256, height: 256 } });
  const svg = readFileSync(`${root}media/icon.svg`, 'utf8');
  const file = `${root}media/icon.png`;
  if (process.env['TUNEBOARD_UPDATE']) {
    await page.setContent(`<body style="margin:0">${svg}</body>`);
    writeFileSync(file, await page.screenshot({ omitBackground: true }));
  }
  const sources = [
    `data:image/svg+xml,${encodeURIComponent(svg)}`,
    `data:image/png;base64,${readFileSync(file, 'base64')}`,
  ];
  const difference = await page.evaluate<number>(`(async () => {
    const pixels = async (source) => {
      const image = new Image();
      image.src = source;
      await image.decode();
      const context = new OffscreenCanvas(256, 256).getContext('2d');
      context.drawImage(image, 0, 0);
      return { width: image.width, data: context.getImageData(0, 0, 256, 256).data };
    };
    const [drawn, kept] = await Promise.all(${JSON.stringify(sources)}.map(pixels));
    if (kept.width !== 256) return Infinity;
    let sum = 0;
    for (let index = 0; index < drawn.data.length; index++) sum += Math.abs(drawn.data[index] - kept.data[index]);
    return sum / drawn.data.length;
  })()`);
  assert.ok(difference < 1, `mean difference ${difference}`);
  await page.close();
});
