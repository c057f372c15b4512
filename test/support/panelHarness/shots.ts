import type { PanelOptions } from './panelPage.ts';

export interface Shot extends PanelOptions {
  readonly name: string;
  readonly study: string;
}

/** One picture of every state of the panel that is worth a look, in every kind of theme. */
export const SHOTS: readonly Shot[] = [
  ...['sixty', 'empty', 'twelve', 'failedRun', 'allNan', 'exploded', 'multi', 'rungs', 'population'].flatMap((study) =>
    (['dark', 'light', 'hc', 'hcLight'] as const).map((theme) => ({ name: `${study}-${theme}`, study, theme })),
  ),
  { name: 'tenThousand-dark', study: 'tenThousand', theme: 'dark' },
  { name: 'three-light', study: 'three', theme: 'light', height: 1100 },
  { name: 'evolution-hc', study: 'evolution', theme: 'hc', height: 1100 },
  { name: 'tenThousandRungs-dark', study: 'tenThousandRungs', theme: 'dark', height: 1100 },
  { name: 'multi-narrow', study: 'multi', theme: 'dark', width: 560, height: 1900 },
  { name: 'sixty-narrow', study: 'sixty', theme: 'light', width: 560, height: 1300 },
  ...(['parameters', 'curves', 'timeline', 'table'] as const).flatMap((tab) => [
    { name: `sixty-${tab}-dark`, study: 'sixty', theme: 'dark', state: { tab }, height: 1100 } as const,
    { name: `multi-${tab}-hcLight`, study: 'multi', theme: 'hcLight', state: { tab }, width: 900 } as const,
    { name: `tenThousand-${tab}-light`, study: 'tenThousand', theme: 'light', state: { tab }, width: 1400 } as const,
  ]),
  { name: 'sixty-wide', study: 'sixty', theme: 'dark', width: 1860, height: 1290 },
];
