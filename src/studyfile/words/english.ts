/**
 * Every sentence about a study file, in English; chinese.ts has the other language. `{0}`, `{1}` are filled in. A key is
 * also the `code` of the finding.
 */
export const ENGLISH = {
  empty: 'The study file is empty; write `objective:` with `command: python train.py --lr {lr}` and a `space:`.',
  unreadable: 'The file cannot be read: {0}.',
  'more-problems': 'There are {0} more problems in this file: mend the others first.',
  yaml: 'YAML: {0}.',
  'yaml-quote': 'A quote is not closed; close it.',
  'yaml-bracket': 'A bracket is not closed; close it with `{0}`.',
  'yaml-dash': 'A list of `- ` starts on a line of its own; break the line before it, or write `[a, b]`.',
  'yaml-indent': 'The indentation does not fit; start all lines of one block in the same column.',
  'yaml-nested':
    'A `key:` stands inside another value; give it a line of its own, indented like the key before it, or put the value in quotes.',
  'yaml-comma': 'A comma is missing between entries in brackets; write them as in `{ a: 1, b: 2 }`.',
  'yaml-colon': 'A key has no value; write `key: value`, with a space after the colon.',
  'yaml-start': 'A value cannot start with `{0}`; put it in quotes.',
  'yaml-escape': '`{0}` means nothing in double quotes; use single quotes, or write the backslash twice.',
  'yaml-documents': 'A study file is one document; move what follows `---` into a file of its own.',
  'yaml-tab': 'YAML does not indent with tabs; use spaces.',
  'yaml-duplicate-key': 'The key "{0}" stands here twice; keep one of them.',
  'yaml-braces': 'A value with `{…}` needs quotes in YAML; put the whole command in quotes.',
  quoteCommand: 'Put the command in quotes',
  changeTo: 'Change to "{0}"',
  changeToPlain: 'Change to {0}',
  'unknown-key': 'Unknown key "{0}"; known here: {1}.',
  'misspelt-key': 'Unknown key "{0}"; write "{1}".',
  'missing-objective': 'The objective is missing; write `objective:` with `command: python train.py --lr {lr}`.',
  'missing-key': '{0} has no {1}; write `{1}:`.',
  'missing-parameter-key': 'Parameter "{0}" has no {1}; write `{1}:`.',
  theStudyFile: 'The study file',
  thisFile: 'This file',
  keyOf: '{0} of "{1}"',
  'not-one-of': '{0} is {1}; write one of {2}.',
  'parameter-type':
    'Parameter "{0}" needs a type: write `{ type: float, low: 0.0, high: 1.0 }`, or int, or categorical with choices.',
  'wrong-duration': '{0} is {1}; write a duration such as 90s, 30m, 1h30m.',
  'too-small': '{0} is {1}; write at least {2}.',
  'not-above': '{0} is {1}; write more than {2}.',
  'too-big': '{0} is {1}; write at most {2}.',
  'too-few': '{0} is empty; write at least {1} entry.',
  'empty-text': '{0} is empty; write some text.',
  'wrong-type': '{0} is {1}; write {2}.',
  'quoted-number': '{0} is {1}; write the number without quotes.',
  'wrong-value': '{0} cannot be {1}.',
  number: 'a number',
  int: 'a whole number',
  string: 'text',
  boolean: 'true or false',
  object: 'a block of `key: value` lines',
  array: 'a list',
  isList: 'a list',
  isBlock: 'a block of keys',
  isEmpty: 'empty',
  'both-keys': 'Write either `{0}` or `{1}`, not both.',
  'missing-metric':
    'The metric is missing; write `metric:` with the name that the command prints, as in `accuracy=0.91`.',
  'metric-count': 'Metrics: {0}, directions: {1}; write one direction a metric.',
  'duplicate-metric': 'A metric is listed twice; write each once.',
  'no-module': 'A `module` objective is not supported yet; run it as a program: `command: node objective.js`.',
  'trainer-metric': 'The trainer reports {0}; write one of them as `metric:`, such as `metric: eval_f1`.',
  'trainer-maximize': '{0} is better when it is larger; write `direction: maximize`.',
  'trainer-minimize': '{0} is better when it is smaller; write `direction: minimize`.',
  'trainer-parts': 'The scheduler trains epoch by epoch, and says for how many epochs; remove {0}.',
  'hypergradient-objective':
    'The sampler hypergradient differentiates trainings of the built-in trainer; write `sampler: gradient` for other objectives.',
  'hypergradient-metric':
    'The sampler hypergradient follows the validation loss after the training; write `metric: eval_loss`, `direction: minimize`, and no `objective_from: best`.',
  'hypergradient-space':
    'The sampler hypergradient moves {0}; write one of them in the space with `type: float` and no `step`.',
  'hypergradient-online':
    'The sampler hypergradient does not differentiate trainings whose learning rate learns; leave out `hypergradient_lr` or the sampler.',
  'hypergradient-optim':
    'The sampler hypergradient differentiates the optimiser adamw_torch alone; write `optim: adamw_torch`.',
  'loss-only': 'With `prediction_loss_only` the trainer reports eval_loss alone, and not {0}; remove it.',
  'same-column': '`{0}` and `label` are both the column {1}; write the column with the classes as `label:`.',
  'unknown-argument': '"{0}" is no training argument of the trainer; it has {1}.',
  'misspelt-argument': '"{0}" is no training argument of the trainer; write "{1}".',
  'old-argument': '"{0}" is called "{1}" today; it is read as that.',
  'argument-value': '{0} cannot be {1} in a training; hover over {0} for what it may be.',
  'argument-whole': '{0} is a whole number; write `type: int`.',
  'argument-twice': '{0} is in the space too, where each trial gets its own; remove one of them.',
  'unknown-lr-group':
    '{0} is no group of weights; write `embeddings`, `layer_0` (the first layer) and so on, or `classifier`.',
  'no-such-layer': '{0}: the model has {1} layers, of which the last is `layer_{2}`.',
  'no-objective':
    'The objective says nothing to run; write `command: python train.py --lr {lr}` or `optuna: script.py`.',
  'two-objectives': 'The objective has {0}; write exactly one of them.',
  'foreign-key': '`{0}` has no meaning for `{1}`; remove it.',
  'script-decides': 'An Optuna script decides about `{0}` itself; change it in the script, or remove it here.',
  'script-suggests': 'An Optuna script has its own `{0}`; write `optuna: { {0}: … }` to give it one of Tuneboard.',
  'open-quote': 'A quote in the command is not closed; close it.',
  'unquotable-placeholder':
    'The shell would run the value of {0} here: move it out of $(…), backticks, the braces of a variable, comments, here-documents and text for another shell, or let the program read TUNEBOARD_PARAMS.',
  'shell-syntax':
    'The command has a pipe or redirection, which is passed on as plain text; write `shell: true` if a shell is meant.',
  'empty-space':
    'The search space is empty; write `space:` with a line such as `lr: { type: float, low: 1.0e-5, high: 1.0e-1, log: true }`.',
  'unused-parameter':
    'Parameter "{0}" does not appear in the command; add {1} to it unless the program reads TUNEBOARD_PARAMS.',
  'misspelt-placeholder': 'The command uses {0}, which is no parameter; write {1}.',
  'unknown-placeholder':
    'The command uses {0}, which is no parameter; add it to `space`, or write {1} for the text itself.',
  sampler: 'sampler',
  pruner: 'pruner',
  scheduler: 'scheduler',
  'unknown-option': 'The {0} {1} has no option `{2}`; it has {3}.',
  'no-options': 'The {0} {1} has no option `{2}`; remove it.',
  'finite-range':
    'The sampler {1} needs a finite range for "{0}"; write `step:`, or list the values as categorical choices.',
  'needs-numbers':
    'The sampler {0} searches numbers, but `space` has none that it could vary; write `sampler: tpe` or another.',
  'threshold-bounds': 'The pruner threshold needs a bound; write `lower:`, `upper:` or both.',
  'bounds-order': '{0} is {1} and {2} is {3}; write them the other way round.',
  'never-copies':
    '`perturbation_interval` is {0}, but a full training has {1} steps: no member would ever copy another; write a number below {1}, or raise `max_resource`.',
  'bootstrap-resource':
    '`bootstrap_count` of the pruner {0} needs `{1}:` as well; write it, or remove `bootstrap_count`.',
  'scheduler-objectives': 'A scheduler compares trials by one value; write one `metric`, or remove `scheduler`.',
  'pruner-beside-scheduler':
    'The pruner {0} may end a trial before the scheduler {1} has compared it; remove `pruner`, unless both are meant.',
  'two-schedulers': 'The pruner {0} and the scheduler both decide how far a trial goes; remove one of them.',
  'unknown-mutation': '"{0}" is not in the search space; name some of {1}.',
  'pruner-objectives': 'Trials with several objectives cannot be pruned; write `pruner: none`, or one objective.',
  'storage-kind':
    "Studies are written to journal files, to Redis, to databases in SQLite, PostgreSQL and MySQL, and through Optuna's storage proxy. Write `storage: journal` or `storage: sqlite:///study.db`.",
  executor: 'executor',
  'executor-script': 'An Optuna script runs on this machine; write `executor: local`, or give a cluster a `command`.',
  'executor-gpus': '{0} hands out GPUs itself, so `gpus` has no effect; write `{1}` under `executor`.',
  'executor-storage':
    'Workers on other machines must reach the storage; write the URL of a database server, such as `storage: postgresql://user@host/db`, unless all machines share this file.',
  'executor-checkpoints':
    'The scheduler {0} copies checkpoints between workers; write `checkpoints:` with a folder that all of them see.',
  'ray-address':
    "`{0}` is not where Ray takes jobs; write the dashboard's address, such as `address: http://head:8265`.",
  'ray-working-dir': '`{0}` is not packed from here; write a folder of this machine, relative to the study file.',
  'slurm-time': '`time` is "{0}"; write minutes, hh:mm:ss or d-hh:mm:ss, in quotes.',
  'slurm-chdir': '`chdir` says where the working folder is copied to, which only happens with `ssh`; remove it.',
  'parameter-name': '"{0}" cannot be a placeholder; use letters, digits, "_", ".", "-" and start with a letter.',
  'condition-cycle': 'The condition of "{0}" depends on itself; remove one of the conditions.',
  'not-finite': '{0} of "{1}" must be finite; write a number.',
  'low-above-high': 'low of "{0}" is {1} and high is {2}; write low below high.',
  'one-value':
    'low and high of "{0}" are both {1}, so there is nothing to search; widen the range, or put the value into the command.',
  'log-not-positive':
    'low of "{0}" is {1}, but a logarithmic scale needs it above 0; write a small positive number such as 1.0e-6, or remove `log`.',
  'log-below-one':
    'low of "{0}" is {1}, but a logarithmic scale of whole numbers starts at 1; write at least 1, or remove `log`.',
  'log-with-step': '"{0}" has both `log` and `step`; remove one of them.',
  'step-too-wide': 'step of "{0}" is {1}, wider than the range; only {2} is left. Write at most {3}.',
  'duplicate-choice': '"{0}" lists {1} twice; write each choice once.',
  'misspelt-parent': 'The condition of "{0}" names "{1}", which is no parameter; write "{2}".',
  'unknown-parent': 'The condition of "{0}" names "{1}", which is no parameter; name a parameter of `space`.',
  'never-active': '"{0}" waits for {1} = {2}, which is none of its choices; write one of {3}.',
  'out-of-range-parent': '"{0}" waits for {1} = {2}, which {1} never is; write a value between {3} and {4}.',
  'off-grid-parent': '"{0}" waits for {1} = {2}, which {1} never is; write a value from {3} to {4} in steps of {5}.',
  'continuous-parent':
    '"{0}" waits for {1} to be exactly {2}, which a continuous parameter hardly ever is; wait for a categorical or whole-number one.',
  oneOf: 'One of: {0}.',
  spaceParameter: 'A parameter of the search space.',
} as const;

export type MessageKey = keyof typeof ENGLISH;
