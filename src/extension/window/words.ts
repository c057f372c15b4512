import { PANEL } from '../../words/en/panel.ts';
import { WINDOW } from '../../words/en/window.ts';
import {
  isChinese,
  type Message,
  type Translate as TranslateFrom,
  translator,
  type Values,
} from '../../words/message.ts';

/** Says what the window says, and what other parts say, in the window's language. */
export type Translate = TranslateFrom<typeof WINDOW>;

let panel: Readonly<Record<string, string>> = PANEL;
let spoken: Translate = /* @__PURE__ */ translator('window', WINDOW);

/** In the window's language once `speak` has loaded it. */
export const t = /* @__PURE__ */ Object.assign(
  (name: keyof typeof WINDOW, values?: Values) => spoken(name as 'open', ...((values ? [values] : []) as [])),
  { say: (message: Message) => spoken.say(message) },
) as Translate;

/** Takes the language of the window; what is not English is a file of its own. */
export async function speak(locale: string): Promise<void> {
  if (!isChinese(locale)) return;
  const { ZH } = await import('../../words/zh.ts');
  spoken = translator('window', WINDOW, ZH);
  panel = ZH.panel;
}

/** The texts of the History panel in the window's language. */
export function panelTexts(): Readonly<Record<string, string>> {
  return panel;
}
