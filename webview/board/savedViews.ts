/** Views that a person saved: what is filtered and how it is shown, without the study and its trials. */
import type { FromPanel, KeptBoards } from '../../src/protocol/panel.ts';
import { type Choices, readChoices } from '../charts/panelState.ts';
import type { MenuItem } from '../ui/menu.ts';
import type { Translate } from '../ui/strings.ts';

const PARTS = [
  'filter',
  'sorts',
  'layout',
  'tab',
  'board',
  'log',
  'byTime',
  'colour',
  'smoothing',
  'objective',
  'pair',
  'parameter',
  'parameters',
  'evaluator',
] as const satisfies readonly (keyof Choices)[];

type View = Pick<Choices, (typeof PARTS)[number]>;

export function viewOf(choices: Choices): View {
  return Object.fromEntries(PARTS.map((part) => [part, choices[part]])) as unknown as View;
}

/** A view of any origin; what does not fit is as in a new panel. */
export function readView(view: unknown): View {
  return viewOf(readChoices(view));
}

export interface ViewMenu {
  readonly t: Translate;
  readonly views: KeptBoards['views'];
  readonly choices: Choices;
  readonly onApply: (view: View) => void;
  readonly onPost: (message: FromPanel) => void;
}

/** Saved views, the one that is shown ticked, and what can be done with the view that is shown. */
export function viewItems({ t, views, choices, onApply, onPost }: ViewMenu): MenuItem[] {
  const shown = JSON.stringify(viewOf(choices));
  const saved = Object.entries(views).map(([name, view]) => {
    const read = readView(view);
    return { name, read, isOn: JSON.stringify(read) === shown };
  });
  const current = saved.find(({ isOn }) => isOn);
  const copied = () => JSON.stringify({ name: current?.name ?? t('viewUnnamed'), view: viewOf(choices) }, null, 2);
  return [
    ...saved.map(({ name, read, isOn }): MenuItem => ({ text: name, isOn, onClick: () => onApply(read) })),
    {
      text: t('viewSave'),
      isFirstOfGroup: saved.length > 0,
      onClick: () => onPost({ type: 'saveView', view: viewOf(choices) }),
    },
    { text: t('viewCopy'), onClick: () => onPost({ type: 'copy', text: copied() }) },
    { text: t('viewPaste'), onClick: () => onPost({ type: 'pasteView' }) },
    ...(current
      ? [
          {
            text: t('viewRemove', { name: current.name }),
            isFirstOfGroup: true,
            onClick: () => onPost({ type: 'removeView', name: current.name }),
          },
        ]
      : []),
  ];
}
