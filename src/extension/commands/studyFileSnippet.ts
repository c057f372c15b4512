import type { Translate } from '../window/words.ts';

/**
 * A study file as a snippet: a person tabs through the name, the direction, the metric, the program and the budget. Keys
 * that a study gets by without stand below as comments.
 */
export function studyFileSnippet(script: string, program: string, t: Translate): string {
  const stem = script.replace(/\.[^.]+$/, '');
  const call = `${program} ${argument(script)}`;
  // In a value without quotes a colon starts a key and a number sign a comment.
  const isPlain = !/:\s|\s#/.test(call);
  const quote = isPlain ? '' : "'";
  return `name: \${1:${inPlace(yamlText(stem))}}
direction: \${2|maximize,minimize|}
metric: \${3:accuracy}
objective:
  command: ${quote}\${4:${inPlace(isPlain ? call : call.replaceAll("'", "''"))}} --learning_rate {learning_rate} --batch_size {batch_size}${quote}
space:
  learning_rate: { type: float, low: 1.0e-5, high: 1.0e-1, log: true }
  batch_size: { type: categorical, choices: [16, 32, 64] }
budget: { trials: \${5:50} }
$0
# ${t('optionalSettings')}
# sampler: auto # ${t('aboutSampler')}
# pruner: extrapolation # ${t('aboutPruner')}
# scheduler: { type: hyperband, max_resource: 27 } # ${t('aboutScheduler')}
# constraints: [latency_over] # ${t('aboutConstraints')}
# parallel: 2 # ${t('aboutParallel')}
`;
}

/** Inside a place of a snippet these characters mean something. */
function inPlace(text: string): string {
  return text.replace(/[$}\\]/g, '\\$&');
}

/** One argument of a command line, in quotes where it has spaces. */
function argument(name: string): string {
  return /^[\p{L}\p{N}._/-]+$/u.test(name) ? name : `"${name.replace(/["\\]/g, '\\$&')}"`;
}

function yamlText(text: string): string {
  return /^\p{L}[\p{L}\p{N}._-]*$/u.test(text) ? text : JSON.stringify(text);
}
