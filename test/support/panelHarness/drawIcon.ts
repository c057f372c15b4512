/** Draws `media/icon.png` from `media/icon.svg`: `node test/support/panelHarness/drawIcon.ts`. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { launchBrowser } from '../vscode/browser.ts';

const media = fileURLToPath(new URL('../../../media/', import.meta.url));

async function drawIcon(): Promise<void> {
  const browser = await launchBrowser();
  try {
    const page = await browser.newPage({ viewport: { width: 256, height: 256 } });
    await page.setContent(`<body style="margin:0">${readFileSync(`${media}icon.svg`, 'utf8')}</body>`);
    await page.screenshot({ path: `${media}icon.png`, omitBackground: true });
  } finally {
    await browser.close();
  }
}

await drawIcon();
