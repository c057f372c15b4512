import { stringify } from 'yaml';
import { sayIn } from '../say.ts';

/** A beginning of a study file: an editor's snippet with places to tab through. */
export interface StudySnippet {
  readonly label: string;
  readonly about: string;
  readonly body: string;
}

const SPACE = `space:
  learning_rate: { type: float, low: 1.0e-5, high: 1.0e-1, log: true }
  batch_size: { type: categorical, choices: [16, 32, 64] }
budget: { trials: \${5:50} }
$0`;

const METRIC = `direction: \${1|maximize,minimize|}
metric: \${2:accuracy}
`;

/** The five usual ways to a study: a script by its arguments, one without any, Optuna, a JavaScript module, the trainer. */
export function studySnippets(stem: string, locale: string): StudySnippet[] {
  const say = sayIn(locale);
  const name = `name: ${inPlace(stringify(stem || 'study', { lineWidth: 0 }).trimEnd())}\n`;
  const script = inPlace(/^[\p{L}\p{N}._-]+$/u.test(stem) ? stem : 'train');
  return [
    {
      label: 'command',
      about: say('snippet-command'),
      body: `${name}${METRIC}objective:
  command: python \${3:${script}.py} \${4:--learning_rate {learning_rate\\} --batch_size {batch_size\\}}
${SPACE}`,
    },
    {
      label: 'values in code',
      about: say('snippet-sites'),
      body: `${name}${METRIC}objective:
  command: python \${3:${script}.py}
space:
  \${4:learning_rate}: { type: float, low: 1.0e-5, high: 1.0e-1, log: true, at: "\${3:${script}.py}#\${5:LEARNING_RATE}" }
budget: { trials: \${6:50} }
$0`,
    },
    { label: 'optuna', about: say('snippet-optuna'), body: `${name}objective:\n  optuna: \${1:${script}.py}\n$0` },
    {
      label: 'module',
      about: say('snippet-module'),
      body: `${name}direction: \${1|maximize,minimize|}
objective:
  module: \${2:objective.mjs}
space:
  \${3:x}: { type: float, low: \${4:0}, high: \${5:1} }
budget: { trials: \${6:50} }
$0`,
    },
    {
      label: 'trainer',
      about: say('snippet-trainer'),
      body: `${name}direction: \${1|maximize,minimize|}
metric: \${2:eval_accuracy}
objective:
  trainer:
    dataset: \${3:data.csv}
    text: \${4:text}
    label: \${5:label}
space:
  learning_rate: { type: float, low: 1.0e-4, high: 1.0e-2, log: true }
  num_train_epochs: { type: int, low: 1, high: 5 }
budget: { trials: \${6:20} }
$0`,
    },
  ];
}

/** The text that a snippet becomes where its places are left as they are. */
export function plainSnippet(body: string): string {
  let plain = '';
  let isPlace = false;
  for (let at = 0; at < body.length; at++) {
    const head = /^\$(?:0|\{\d{1,2}[:|])/.exec(body.slice(at, at + 6))?.[0];
    if (head && !isPlace) {
      at += head.length - 1;
      isPlace = head !== '$0';
      if (!head.endsWith('|')) continue;
      const choices = body.slice(at + 1, body.indexOf('|}', at + 1));
      plain += choices.split(',')[0];
      at += choices.length + 2;
      isPlace = false;
    } else if (body[at] === '\\') plain += body[++at] ?? '';
    else if (isPlace && body[at] === '}') isPlace = false;
    else plain += body[at];
  }
  return plain;
}

/** Inside a place of a snippet these characters mean something. */
function inPlace(text: string): string {
  return text.replace(/[$}\\]/g, '\\$&');
}
