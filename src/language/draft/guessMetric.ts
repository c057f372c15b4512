export interface MetricGuess {
  readonly name: string;
  readonly direction: 'maximize' | 'minimize';
  /** Whether the name itself says which way is better. */
  readonly isDirectionSure: boolean;
  /** Every name that the script seems to print. */
  readonly seen: readonly string[];
}

/** Not a result: counters and clocks. */
const COUNTER =
  /^(epochs?|step|steps|iter|iteration|global_step|batch|lr|learning_rate|time|elapsed|seconds|eta|seed|device|total|n|i)$/i;
const LESS_IS_BETTER =
  /(loss|err|error|rmse|mse|mae|mape|perplexity|ppl|nll|latency|wer|cer|bp[bc]|fid|distance|divergence|deviance|crps|regret|cost|time)/i;
const MORE_IS_BETTER =
  /(acc|accuracy|f1|auc|auroc|precision|recall|score|r2|reward|return|m?ap(?:\d|\b)|iou|bleu|rouge|dice|mcc|kappa|likelihood|elbo|ndcg|mrr|hit|psnr|ssim|success|top-?[15]\b|spearman|pearson)/i;
/** How long something took. */
const CLOCK = /(^|[^a-z])(time|elapsed|seconds|runtime|remaining)([^a-z]|$)/i;
/** What a model is trained on: on its own it says nothing of what else a run prints. */
const TRAINING_LOSS = /loss|cost|train/i;
const HELD_OUT = /(^|[^a-z])(val|valid|validation|eval|dev|test|cv|oof)/i;

/** A call that prints: its text is searched for names. */
const PRINTS =
  /\b(?:print|echo|_?log(?:ger|ging)?\.info|LOG(?:GER)?\.info|sys\.stdout\.write|tqdm\.write|console\.(?:log|info)|process\.stdout\.write)\s*\(/g;

/** The metric that a script most likely prints; null when it prints none in a form that the tuner reads. */
export function guessMetric(text: string): MetricGuess | null {
  const seen = [
    ...new Set([...printedNames(text), ...trainerNames(text), ...kerasNames(text), ...lightningNames(text)]),
  ].filter(isResult);
  if (seen.length === 0) seen.push(...wandbNames(text).filter(isResult));
  let best: string | null = null;
  let bestRank = Number.NEGATIVE_INFINITY;
  for (const name of seen) {
    const rank = rankOf(name);
    // The last of equals: a script prints its final result last.
    if (rank >= bestRank) [best, bestRank] = [name, rank];
  }
  if (best === null) return null;
  const said = directionOf(best);
  // What a script calls a score may be an error that it computes.
  const isError = ONLY_SCORE.test(best) && ERRORS.test(text);
  return { name: best, ...said, isDirectionSure: said.isDirectionSure && !isError, seen };
}

const ONLY_SCORE = /^(?!.*(acc|f1|auc|precision|recall|r2|iou|bleu|rouge|dice)).*score/i;
const ERRORS =
  /\b(r?mse|rmsle|mae|mean_(squared|absolute)(_log)?_error|root_mean_squared_error|log_loss)\b|squared_error/i;

function isResult(name: string): boolean {
  return !COUNTER.test(name) && !CLOCK.test(name);
}

/** Whether a name is of a loss on training data: then the first run shows what else there is. */
export function isTrainingLoss(name: string): boolean {
  return TRAINING_LOSS.test(name) && !HELD_OUT.test(name);
}

export function directionOf(name: string): { direction: 'maximize' | 'minimize'; isDirectionSure: boolean } {
  if (LESS_IS_BETTER.test(name)) return { direction: 'minimize', isDirectionSure: true };
  return MORE_IS_BETTER.test(name)
    ? { direction: 'maximize', isDirectionSure: true }
    : { direction: 'minimize', isDirectionSure: false };
}

/** Held-out results before training ones, scores before losses. */
function rankOf(name: string): number {
  let rank = 0;
  if (/(^|_|\b)(val|valid|validation|eval|dev)/i.test(name)) rank += 4;
  if (/test/i.test(name)) rank += 3;
  if (/train/i.test(name)) rank -= 3;
  if (MORE_IS_BETTER.test(name)) rank += 2;
  else if (LESS_IS_BETTER.test(name)) rank += 1;
  if (/latency/i.test(name)) rank -= 3;
  // Beside the one that counts: whether the right answer is among the best five.
  if (/(@|top-?)[2-9]/i.test(name)) rank -= 1;
  return rank;
}

const NAME = String.raw`[A-Za-z_][\w./@%-]*`;
/** `acc={acc:.3f}`, `acc=%.3f`, `acc=${acc}`, `"acc=" + …`, `"acc=", …`, `acc={}`. */
const PAIR = new RegExp(`(?<![\\w./@%{-])(${NAME})\\s*=\\s*(?:\\$?\\{|["'\`]\\s*(?:\\+|,))`, 'g');
/** What is put into a text by its place, written as `{}` before names are looked for. */
const PLACEHOLDER = /%[-+ #0]?\d*(?:\.\d+)?[dfgesi](?![a-z])/g;
/** `Test Accuracy: {acc}`, `"loss: %.3f"`, `val_loss {loss:.3f}`, `"loss:", …`, `"loss", …`. */
const WORDS = /([A-Za-z_][\w @/-]{0,60}?)(?:\s*[:：]\s*(?:\$?\{|["'`]\s*(?:\+|,))|\s+\$?\{|["'`]\s*,)/g;
/** `{acc=:.3f}` in an f-string prints `acc=0.913`. */
const SELF_DOCUMENTING = /\{([A-Za-z_]\w*)=(?::[^{}]*|![rsa])?\}/g;
const KEY = new RegExp(`["'](${NAME})["']\\s*:`, 'g');
const SHORTHAND = /(?:[{,]\s*)([A-Za-z_$][\w$]*)\s*(?=[,}:])/g;

function printedNames(text: string): string[] {
  const names: string[] = [];
  let end = 0;
  for (const match of text.matchAll(PRINTS)) {
    // What is inside another call was looked at with it.
    if (match.index < end) continue;
    const line = text.slice(text.lastIndexOf('\n', match.index) + 1, match.index);
    if (/^\s*(#|\/\/|\*)/.test(line)) continue;
    // An escape is two characters of the source and no letter of a name.
    const written = callText(text, match.index + match[0].length);
    const inside = written.replaceAll(/\\[abfnrtv]/g, '  ').replaceAll(PLACEHOLDER, '{}');
    end = match.index + match[0].length + written.length;
    for (const pair of inside.matchAll(PAIR)) names.push(pair[1] as string);
    for (const pair of inside.matchAll(SELF_DOCUMENTING)) names.push(pair[1] as string);
    for (const [, words] of inside.matchAll(WORDS)) {
      const name = (words as string)
        .trim()
        .replace(/^the /i, '')
        .replace(/ (is|was)$/, '')
        .replaceAll(/\s+/g, '_');
      // `Running reward is now …` is said once, at the end.
      if (!name.endsWith('_now') && (MORE_IS_BETTER.test(name) || LESS_IS_BETTER.test(name)))
        names.push(/\s|^[A-Z]/.test((words as string).trim()) ? name.toLowerCase() : name);
    }
    if (/^\s*(?:(?:json\.dumps|JSON\.stringify)\(\s*)?\{/.test(inside)) {
      for (const key of inside.matchAll(KEY)) names.push(key[1] as string);
      if (inside.includes('JSON.stringify')) for (const key of inside.matchAll(SHORTHAND)) names.push(key[1] as string);
    }
  }
  return names;
}

/** The text up to the bracket that closes the call, at most 2,000 characters. */
function callText(text: string, start: number): string {
  let depth = 1;
  const end = Math.min(text.length, start + 2000);
  for (let at = start; at < end; at++) {
    const character = text[at];
    if (character === '(') depth++;
    else if (character === ')' && --depth === 0) return text.slice(start, at);
  }
  return text.slice(start, end);
}

/** What a script logs with W&B, which a study reads where its objective has `wandb`. */
function wandbNames(text: string): string[] {
  if (!usesWandb(text)) return [];
  const calls = [...text.matchAll(/\b(?:wandb|run)\.log\(/g)].slice(0, 100);
  return [...new Set(calls.map(({ 0: { length }, index }) => callText(text, index + length)))]
    .filter((inside) => /^\s*\{/.test(inside))
    .flatMap((inside) => [...inside.matchAll(KEY)].map(([, name]) => name as string));
}

/** Whether a script starts a run of W&B. */
export function usesWandb(text: string): boolean {
  return /\bwandb\.init\(/.test(text);
}

/** Hugging Face's Trainer prints what `compute_metrics` returns as `eval_…`, beside `eval_loss`. */
function trainerNames(text: string): string[] {
  if (!/\b\w*Trainer\(/.test(text) || !/\.(train|evaluate)\(/.test(text)) return [];
  const names = ['eval_loss'];
  const body = /def\s+compute_metrics\b[\s\S]*?(?=\n\S|$(?![\s\S]))/.exec(text)?.[0] ?? '';
  const start = body.search(/return\s*\{/);
  const returned = start < 0 ? '' : body.slice(start, Math.max(start, body.lastIndexOf('}')));
  for (const key of returned.matchAll(KEY)) {
    const name = key[1] as string;
    names.push(name.startsWith('eval_') ? name : `eval_${name}`);
  }
  return names;
}

/** What Keras prints of a model that is compiled with metrics by name, and of its validation. */
function kerasNames(text: string): string[] {
  if (!/^[ \t]*(?:import|from)\s+(?:keras|tensorflow)\b/m.test(text) || !/\.fit\(/.test(text)) return [];
  const call = /(?<!\b(?:re|regex|torch))\.compile\(/.exec(text);
  if (!call) return [];
  const rest = text.slice(call.index + call[0].length);
  const end = rest.search(/\)[^\S\n]*(?:\n|$)/);
  if (end < 0) return [];
  const metrics = bracketed(rest.slice(0, end), /\bmetrics\s*=\s*\[/);
  const names = ['loss', ...[...metrics.matchAll(/["'](\w+)["']/g)].map(([, name]) => name as string)];
  return /\bvalidation_(?:data|split)\s*=/.test(text) ? names.flatMap((name) => [name, `val_${name}`]) : names;
}

/** What follows an opening bracket, up to the first closing one. */
function bracketed(text: string, opening: RegExp): string {
  const match = opening.exec(text);
  if (!match) return '';
  const start = match.index + match[0].length;
  return text.slice(start, Math.max(start, text.indexOf(']', start)));
}

/** What a LightningModule logs with `prog_bar=True`: the progress bar prints it as `val_loss=0.3`, and of what is logged for both steps and epochs the mean as `val_loss_epoch=0.3`. */
function lightningNames(text: string): string[] {
  if (!/^[ \t]*(?:import|from)[ \t]+(?:pytorch_)?lightning\b/m.test(text)) return [];
  return [...text.matchAll(/\bself\.log\(\s*["']([A-Za-z_][\w./-]*)["']/g)]
    .map(({ 0: { length }, 1: name, index }) => ({ name: name as string, call: callText(text, index + length) }))
    .filter(({ call }) => /\bprog_bar\s*=\s*True\b/.test(call))
    .map(({ name, call }) =>
      /\bon_step\s*=\s*True\b/.test(call) && /\bon_epoch\s*=\s*True\b/.test(call) ? `${name}_epoch` : name,
    );
}
