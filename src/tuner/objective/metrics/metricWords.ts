/** What the name of a printed number says: whether it is a result at all, on which data, and which way is better. */

export interface NameMeaning {
  readonly phase: 'validation' | 'test' | 'train' | null;
  /** Results of one family say the same of a model, or nearly: a loss and its perplexity, RMSE and R². Null: not a known result. */
  readonly family: string | null;
  /** A result beside others: precision beside F1, MAE beside RMSE. */
  readonly isSecondary: boolean;
  readonly direction: 'minimize' | 'maximize' | null;
  /** The best so far, which never gets worse. */
  readonly isBest: boolean;
}

const PHASES = {
  validation: /\b(val|valid|validation|eval|evaluation|dev|cv|oof|holdout|held out)\b/,
  test: /\b(test|testing)\b/,
  train: /\b(train|training|learn|fit|batch)\b/,
} as const;

/** No result, whatever stands beside it. */
const NEVER =
  /\b(time|seconds?|secs?|minutes?|hours?|ms|eta|elapsed|duration|runtime|latency|lr|learning rate|std|stddev|norm|gnorm|per (second|sec)|epochs?|steps?|iter|iters|iterations?|weight decay|momentum|mfu|flops?|flos|explained variance|clip fraction|approx kl|entropy loss|support|seed|scale)\b/;
/** No result unless another word says that it is one. */
const COUNT =
  /\b(s|it|sec|fps|ips|speed|throughput|samples?|tokens?|wd|rounds?|batch|batches|size|device|gpu|cuda|mem|memory|vram|mb|gb|params?|parameters?|num|n|i|count|total|v num|rank|workers?|port|version|idx|index|layers?|dims?|remaining|eps|epsilon|beta|gamma|temperature|var|instances|images|class|classes|depth|width|heads?|threads?|cores?|id|pid|date|year|day|line|length|len|episodes?|timesteps?|updates?|examples?|rows|columns|features|folds?|trial|progress|percent|percentage|entropy|kl|budget|patience|shape|max|min)\b/;

/** The first that fits is meant. */
const FAMILIES: readonly (readonly [
  family: string,
  direction: 'minimize' | 'maximize',
  word: RegExp,
  isSecondary?: true,
])[] = [
  [
    'accuracy',
    'maximize',
    /\b(acc|accuracy|prec|top) ?@? ?[2-9]\d*\b|\btop ?[2-9]\b|\b(mean )?token acc\w*\b|\brewards? accurac\w+/,
    true,
  ],
  ['accuracy', 'maximize', /^p 1$/],
  ['precision', 'maximize', /^[pr] \d+$/, true],
  ['reward', 'maximize', /\brewards? (chosen|rejected|margins?)\b/, true],
  ['loss', 'minimize', /\b(bpb|bpc|nll|ppl|perplexity|bits per \w+|log ?loss|cross ?entropy|deviance)\b/],
  ['r2', 'maximize', /\br ?\^? ?2\b|\br squared\b|\bcoefficient of determination\b/],
  ['f1', 'maximize', /\bf1 score\b/, true],
  ['f1', 'maximize', /\b(f1\w{0,6}|f ?beta|f measure)\b/],
  ['auc', 'maximize', /\b(\w{0,4}auc|au?roc|auprc|average precision)\b/],
  ['map', 'maximize', /\bmap ?50 ?95\b/],
  ['map', 'maximize', /\bm?ap ?@? ?\d+/, true],
  ['map', 'maximize', /\bm?ap\b/],
  ['ranking', 'maximize', /\b(ndcg\w*|mrr|hit ?rate|hits?)\b/],
  ['accuracy', 'maximize', /\b(acc|accuracy|accuracies|top ?1|prec 1|correct)\d?\b/],
  ['accuracy', 'minimize', /\b(error rate|misclassification|merror)\b/],
  ['rmse', 'minimize', /\b(rmse|rmsle|root mean squared? error)\b/],
  ['rmse', 'minimize', /\b(mse|msle|nmse|l2|(mean )?squared? error)\b/],
  ['mae', 'minimize', /\b(mae|s?mape|l1|absolute (percentage )?error|medae|huber|quantile|pinball)\b/, true],
  ['overlap', 'maximize', /\b(m?iou|dice|jaccard)\b/],
  ['text', 'maximize', /\b(sacre)?bleu\d?\b|\bmeteor\b|\bchrf\b|\bexact match\b|\bem\b/],
  ['rouge', 'maximize', /\brouge ?\w*\b/],
  ['agreement', 'maximize', /\b(kappa|mcc|matthews\w*|corr\w*|pearson\w*|spearman\w*|sharpe|silhouette)\b/],
  ['image', 'maximize', /\b(psnr|ssim)\b/],
  ['reward', 'maximize', /\b(rewards?|rew|returns?|ep ?ret|win ?rate|success( rate)?)\b/],
  ['precision', 'maximize', /\b(precision|recall|sensitivity|specificity)\b/, true],
  ['likelihood', 'maximize', /\b(elbo|(log )?likelihood|log prob)\b/],
  ['error', 'minimize', /\b(err|error|wer|cer|eer|fid|lpips|brier|regret|distance|divergence|crps|hamming)\b/],
  ['loss', 'minimize', /\b\w{0,12}loss(es)?\b|\bcost\b/],
  ['score', 'maximize', /\b(score|fitness|metric)\b/],
];

/** What a name means; null for what is no result: a clock, a counter, a setting. */
export function meaningOf(name: string): NameMeaning | null {
  const words = wordsOf(name);
  // Lightning's mean over an epoch.
  const text = words.replace(/(?<= )(step|epoch)$/, '').trim();
  if (text === '' || NEVER.test(text)) return null;
  const phase = phaseIn(text);
  const isBest = /\bbest\b/.test(text);
  const found = FAMILIES.find(([, , word]) => word.test(text));
  if (found) {
    const [family, direction, , isSecondary = false] = found;
    return { phase, family, isSecondary, direction, isBest };
  }
  if (COUNT.test(text.replace(/\b(train|test|val|valid|eval) ?/g, ''))) return null;
  // CatBoost names a value by its data alone.
  const family = /^(train|learn|test|valid|validation|val|eval)( \d)?$/.test(text) ? 'phase' : null;
  return { phase, family, isSecondary: false, direction: null, isBest };
}

export function phaseIn(text: string): NameMeaning['phase'] {
  let last: { readonly phase: keyof typeof PHASES; readonly at: number } | undefined;
  for (const phase of ['train', 'test', 'validation'] as const) {
    const at = text.search(PHASES[phase]);
    if (at >= 0 && (!last || at >= last.at)) last = { phase, at };
  }
  return last?.phase ?? null;
}

/** `valLoss`, `val_loss` and `Val/Loss` as the same words. */
export function wordsOf(name: string): string {
  return name
    .replace(/(?<=[a-z]{2})(?=[A-Z])/g, ' ')
    .toLowerCase()
    .replace(/[\s_./:@()-]+/g, ' ')
    .replace(/'s\b/g, ' ')
    .replace(/\s+/g, ' ')
    .trim();
}
