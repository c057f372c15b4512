/** Sentences and titles that the language server shows, in English and Simplified Chinese. `{0}`, `{1}` are filled in. */

const ENGLISH = {
  startStudy: 'Start study',
  stop: 'Stop',
  progress: '{0}/{1}',
  trials: '{0} trials',
  best: 'best {0}',
  insertBest: 'Insert best ({0}, trial {1})',
  history: 'History',
  insertBestParameters: 'Insert best parameters ({0}, trial {1})',
  suggestedTwice:
    'The parameter `{0}` is suggested with another range here than in line {1}; Optuna keeps one parameter of that name: give one of them another name.',
  otherKind:
    'The parameter `{0}` is suggested as {1} here and as {2} in line {3}; Optuna refuses that: give one of them another name.',
  otherChoices:
    'The choices of `{0}` differ from those in line {1}; Optuna refuses that: use the same list, or another name.',
  logNeedsPositive: '`log=True` needs a lower bound above 0; write a small positive number in place of {0}.',
  logNeedsOne: '`log=True` needs a lower bound of at least 1 for an int; write 1 in place of {0}.',
  lowAboveHigh: 'The lower bound {0} is above the upper bound {1}; swap them.',
  stepWithLog: '`step` and `log=True` cannot be used together; remove one of them.',
  stepNotPositive: 'The step must be above 0; {0} is not.',
  noChoices: 'There is nothing to choose from; write at least one choice.',
  swapBounds: 'Swap the bounds',
  useSmallest: 'Use {0} as the lower bound',
  removeStep: 'Remove step',
  removeLog: 'Remove log',
};

export type MessageKey = keyof typeof ENGLISH;

const CHINESE: Readonly<Record<MessageKey, string>> = {
  startStudy: '开始研究',
  stop: '停止',
  progress: '{0}/{1}',
  trials: '{0} 次试验',
  best: '最优 {0}',
  insertBest: '插入最优参数（{0}，试验 {1}）',
  history: '历史',
  insertBestParameters: '插入最优参数（{0}，试验 {1}）',
  suggestedTwice: '参数 `{0}` 在这里的范围与第 {1} 行不同；Optuna 只认一个同名参数：请给其中一个换个名字。',
  otherKind: '参数 `{0}` 在这里是 {1}，在第 {3} 行是 {2}；Optuna 不允许这样：请给其中一个换个名字。',
  otherChoices: '`{0}` 的选项与第 {1} 行不同；Optuna 不允许这样：请使用相同的列表，或换个名字。',
  logNeedsPositive: '`log=True` 要求下界大于 0；请把 {0} 改成一个小的正数。',
  logNeedsOne: '整数参数使用 `log=True` 时下界至少为 1；请把 {0} 改成 1。',
  lowAboveHigh: '下界 {0} 大于上界 {1}；请交换两者。',
  stepWithLog: '`step` 与 `log=True` 不能同时使用；请删去其中一个。',
  stepNotPositive: '步长必须大于 0；{0} 不是。',
  noChoices: '没有可选的值；请至少写一个选项。',
  swapBounds: '交换上下界',
  useSmallest: '以 {0} 为下界',
  removeStep: '删去 step',
  removeLog: '删去 log',
};

export type Translate = (key: MessageKey, ...values: readonly (string | number)[]) => string;

/** Messages for a locale as VS Code names it (`en`, `zh-cn`); anything but Simplified Chinese is English. */
export function messagesFor(locale: string | undefined): Translate {
  const table = /^zh(-(cn|hans|sg))?\b/i.test(locale ?? '') && !/tw|hant|hk/i.test(locale ?? '') ? CHINESE : ENGLISH;
  return (key, ...values) => table[key].replace(/\{(\d)\}/g, (_, place) => String(values[Number(place)] ?? ''));
}
