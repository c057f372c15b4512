/** Takes a picture of every state of the History panel into `.cache/screenshots/panel/`: `node test/support/panelHarness/screenshots.ts [NAME…]`. */
import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { launchBrowser } from '../vscode/browser.ts';
import { openPanel, settle } from './panelPage.ts';
import type { THEMES } from './themes.ts';

const folder = fileURLToPath(new URL('../../../.cache/screenshots/panel/', import.meta.url));

interface Shot {
  readonly name: string;
  readonly study: string;
  readonly theme: keyof typeof THEMES;
  readonly width?: number;
  readonly height?: number;
}

const SHOTS: readonly Shot[] = [
  ...(['dark', 'light', 'hc', 'hcLight'] as const).map((theme) => ({ name: `sixty-${theme}`, study: 'sixty', theme })),
  ...['empty', 'twelve', 'failedRun', 'allNan', 'exploded', 'multi', 'tenThousand'].map((study) => ({
    name: `${study}-dark`,
    study,
    theme: 'dark' as const,
  })),
  { name: 'sixty-narrow', study: 'sixty', theme: 'light', width: 560, height: 1300 },
  { name: 'sixty-wide', study: 'sixty', theme: 'dark', width: 1860, height: 1290 },
];

async function main(): Promise<void> {
  const wanted = process.argv.slice(2);
  mkdirSync(folder, { recursive: true });
  const browser = await launchBrowser();
  try {
    for (const { name, study, ...options } of SHOTS) {
      if (wanted.length > 0 && !wanted.includes(name)) continue;
      const panel = await openPanel(browser, options);
      await panel.show(study);
      await settle(panel.page);
      await panel.page.screenshot({ path: `${folder}${name}.png` });
      console.log(`${name}${panel.problems.map((problem) => `\n  ${problem}`).join('')}`);
      await panel.page.close();
    }
  } finally {
    await browser.close();
  }
}

await main();
