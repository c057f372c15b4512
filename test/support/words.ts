import { EN } from '../../src/words/en.ts';
import { translator } from '../../src/words/message.ts';
import { ZH } from '../../src/words/zh.ts';

/** What the window says, in both languages. */
export const english = translator('window', EN.window);
export const chinese = translator('window', EN.window, ZH);

/** The texts that the extension hands over to the History panel. */
export const panelTexts = JSON.stringify(EN.panel);
