import type { PanelOptions } from './panelPage.ts';

export interface Shot extends PanelOptions {
  readonly name: string;
  readonly study: string;
}

/** One picture of every state of the panel that is worth a look, in every kind of theme. */
export const SHOTS: readonly Shot[] = [
  ...(['dark', 'light', 'hc', 'hcLight'] as const).map((theme) => ({ name: `sixty-${theme}`, study: 'sixty', theme })),
  ...['empty', 'twelve', 'failedRun', 'allNan', 'exploded', 'multi', 'tenThousand'].map((study) => ({
    name: `${study}-dark`,
    study,
    theme: 'dark' as const,
  })),
  { name: 'sixty-narrow', study: 'sixty', theme: 'light', width: 560, height: 1300 },
  { name: 'sixty-wide', study: 'sixty', theme: 'dark', width: 1860, height: 1290 },
];
