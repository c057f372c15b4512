/** What is said about a study file. A key is also the `code` of the finding. */
export const STUDY_FILE = {
  empty: 'The study file is empty; write `objective:` with `command: python train.py --lr {{lr}}` and a `space:`.',
  unreadable: 'The file cannot be read: {reason}.',
  'more-problems': 'There are {count} more problems in this file: mend the others first.',
  yaml: 'YAML: {reason}.',
  'yaml-quote': 'A quote is not closed; close it.',
  'yaml-bracket': 'A bracket is not closed; close it with `{part}`.',
  'yaml-dash': 'A list of `- ` starts on a line of its own; break the line before it, or write `[a, b]`.',
  'yaml-indent': 'The indentation does not fit; start all lines of one block in the same column.',
  'yaml-nested':
    'A `key:` stands inside another value; give it a line of its own, indented like the key before it, or put the value in quotes.',
  'yaml-comma': 'A comma is missing between entries in brackets; write them as in `{ a: 1, b: 2 }`.',
  'yaml-colon': 'A key has no value; write `key: value`, with a space after the colon.',
  'yaml-start': 'A value cannot start with `{part}`; put it in quotes.',
  'yaml-escape': '`{part}` means nothing in double quotes; use single quotes, or write the backslash twice.',
  'yaml-documents': 'A study file is one document; move what follows `---` into a file of its own.',
  'yaml-tab': 'YAML does not indent with tabs; use spaces.',
  'yaml-duplicate-key': 'The key "{key}" stands here twice; keep one of them.',
  'yaml-braces': 'A value with `{…}` needs quotes in YAML; put the whole command in quotes.',
  quoteCommand: 'Put the command in quotes',
  changeTo: 'Change to "{text}"',
  changeToPlain: 'Change to {text}',
  'unknown-key': 'Unknown key "{key}"; known here: {known}.',
  'misspelt-key': 'Unknown key "{key}"; write "{guess}".',
  'missing-objective': 'The objective is missing; write `objective:` with `command: python train.py --lr {{lr}}`.',
  'missing-key': '{place} has no {key}; write `{key}:`.',
  'missing-parameter-key': 'Parameter "{parameter}" has no {key}; write `{key}:`.',
  theStudyFile: 'The study file',
  thisFile: 'This file',
  keyOf: '{key} of "{name}"',
  'not-one-of': '{name} is {value}; write one of {words}.',
  'parameter-type':
    'Parameter "{name}" needs a type: write `{ type: float, low: 0.0, high: 1.0 }`, or int, or categorical with choices.',
  'wrong-duration': '{name} is {shown}; write a duration such as 90s, 30m, 1h30m.',
  'too-small': '{name} is {value}; write at least {bound}.',
  'not-above': '{name} is {value}; write more than {bound}.',
  'too-big': '{name} is {value}; write at most {bound}.',
  'too-few': '{name} is empty; write at least {minimum} entry.',
  'empty-text': '{name} is empty; write some text.',
  'wrong-type': '{name} is {value}; write {wanted}.',
  'quoted-number': '{name} is {shown}; write the number without quotes.',
  'wrong-value': '{name} cannot be {shown}.',
  number: 'a number',
  int: 'a whole number',
  string: 'text',
  boolean: 'true or false',
  object: 'a block of `key: value` lines',
  array: 'a list',
  isList: 'a list',
  isBlock: 'a block of keys',
  isEmpty: 'empty',
  'both-keys': 'Write either `{one}` or `{many}`, not both.',
  'missing-metric':
    'The metric is missing; write `metric:` with the name that the command prints, as in `accuracy=0.91`.',
  'metric-count': 'Metrics: {metrics}, directions: {directions}; write one direction a metric.',
  'duplicate-metric': 'A metric is listed twice; write each once.',
  'no-module': 'A `module` objective is not supported yet; run it as a program: `command: node objective.js`.',
  'trainer-metric': 'The trainer reports {known}; write one of them as `metric:`, such as `metric: eval_f1`.',
  'trainer-maximize': '{metric} is better when it is larger; write `direction: maximize`.',
  'trainer-minimize': '{metric} is better when it is smaller; write `direction: minimize`.',
  'trainer-parts': 'The scheduler trains epoch by epoch, and says for how many epochs; remove {name}.',
  'hypergradient-objective':
    'The sampler hypergradient differentiates trainings of the built-in trainer; write `sampler: gradient` for other objectives.',
  'hypergradient-metric':
    'The sampler hypergradient follows the validation loss after the training; write `metric: eval_loss`, `direction: minimize`, and no `objective_from: best`.',
  'hypergradient-space':
    'The sampler hypergradient moves {names}; write one of them in the space with `type: float` and no `step`.',
  'hypergradient-online':
    'The sampler hypergradient does not differentiate trainings whose learning rate learns; leave out `hypergradient_lr` or the sampler.',
  'hypergradient-optim':
    'The sampler hypergradient differentiates the optimiser adamw_torch alone; write `optim: adamw_torch`.',
  'loss-only': 'With `prediction_loss_only` the trainer reports eval_loss alone, and not {metrics}; remove it.',
  'same-column': '`{same}` and `label` are both the column {label}; write the column with the classes as `label:`.',
  'unknown-argument': '"{name}" is no training argument of the trainer; it has {known}.',
  'misspelt-argument': '"{name}" is no training argument of the trainer; write "{guess}".',
  'old-argument': '"{name}" is called "{today}" today; it is read as that.',
  'argument-value': '{name} cannot be {value} in a training; hover over {name} for what it may be.',
  'argument-whole': '{name} is a whole number; write `type: int`.',
  'argument-twice': '{name} is in the space too, where each trial gets its own; remove one of them.',
  'unknown-lr-group':
    '{entry} is no group of weights; write `embeddings`, `layer_0` (the first layer) and so on, or `classifier`.',
  'no-such-layer': '{name}: the model has {layers} layers, of which the last is `layer_{last}`.',
  'no-objective':
    'The objective says nothing to run; write `command: python train.py --lr {{lr}}` or `optuna: script.py`.',
  'two-objectives': 'The objective has {kinds}; write exactly one of them.',
  'foreign-key': '`{key}` has no meaning for `{kind}`; remove it.',
  'script-decides': 'An Optuna script decides about `{key}` itself; change it in the script, or remove it here.',
  'script-suggests': 'An Optuna script has its own `{key}`; write `optuna: { {key}: … }` to give it one of Tuneboard.',
  'open-quote': 'A quote in the command is not closed; close it.',
  'unquotable-placeholder':
    'The shell would run the value of {place} here: move it out of $(…), backticks, the braces of a variable, comments, here-documents and text for another shell, or let the program read TUNEBOARD_PARAMS.',
  'shell-syntax':
    'The command has a pipe or redirection, which is passed on as plain text; write `shell: true` if a shell is meant.',
  'empty-space':
    'The search space is empty; write `space:` with a line such as `lr: { type: float, low: 1.0e-5, high: 1.0e-1, log: true }`.',
  'unused-parameter':
    'Parameter "{name}" does not appear in the command; add {place} to it unless the program reads TUNEBOARD_PARAMS.',
  'misspelt-placeholder': 'The command uses {place}, which is no parameter; write {guess}.',
  'unknown-placeholder':
    'The command uses {place}, which is no parameter; add it to `space`, or write {literal} for the text itself.',
  sampler: 'sampler',
  pruner: 'pruner',
  scheduler: 'scheduler',
  'unknown-option': 'The {kind} {type} has no option `{option}`; it has {known}.',
  'no-options': 'The {kind} {type} has no option `{option}`; remove it.',
  'finite-range':
    'The sampler {type} needs a finite range for "{name}"; write `step:`, or list the values as categorical choices.',
  'needs-numbers':
    'The sampler {type} searches numbers, but `space` has none that it could vary; write `sampler: tpe` or another.',
  'threshold-bounds': 'The pruner threshold needs a bound; write `lower:`, `upper:` or both.',
  'bounds-order': '{low} is {lower} and {high} is {upper}; write them the other way round.',
  'never-copies':
    '`perturbation_interval` is {interval}, but a full training has {whole} steps: no member would ever copy another; write a number below {whole}, or raise `max_resource`.',
  'bootstrap-resource':
    '`bootstrap_count` of the pruner {type} needs `{resource}:` as well; write it, or remove `bootstrap_count`.',
  'scheduler-objectives': 'A scheduler compares trials by one value; write one `metric`, or remove `scheduler`.',
  'pruner-beside-scheduler':
    'The pruner {pruner} may end a trial before the scheduler {scheduler} has compared it; remove `pruner`, unless both are meant.',
  'two-schedulers': 'The pruner {pruner} and the scheduler both decide how far a trial goes; remove one of them.',
  'unknown-mutation': '"{name}" is not in the search space; name some of {known}.',
  'pruner-objectives': 'Trials with several objectives cannot be pruned; write `pruner: none`, or one objective.',
  'storage-kind':
    "Studies are written to journal files, to Redis, to databases in SQLite, PostgreSQL and MySQL, and through Optuna's storage proxy. Write `storage: journal` or `storage: sqlite:///study.db`.",
  executor: 'executor',
  'executor-script': 'An Optuna script runs on this machine; write `executor: local`, or give a cluster a `command`.',
  'executor-gpus': '{type} hands out GPUs itself, so `gpus` has no effect; write `{instead}` under `executor`.',
  'executor-storage':
    'Workers on other machines must reach the storage; write the URL of a database server, such as `storage: postgresql://user@host/db`, unless all machines share this file.',
  'executor-checkpoints':
    'The scheduler {method} copies checkpoints between workers; write `checkpoints:` with a folder that all of them see.',
  'ray-address':
    "`{address}` is not where Ray takes jobs; write the dashboard's address, such as `address: http://head:8265`.",
  'ray-working-dir': '`{folder}` is not packed from here; write a folder of this machine, relative to the study file.',
  'slurm-time': '`time` is "{time}"; write minutes, hh:mm:ss or d-hh:mm:ss, in quotes.',
  'slurm-chdir': '`chdir` says where the working folder is copied to, which only happens with `ssh`; remove it.',
  'parameter-name': '"{name}" cannot be a placeholder; use letters, digits, "_", ".", "-" and start with a letter.',
  'condition-cycle': 'The condition of "{name}" depends on itself; remove one of the conditions.',
  'not-finite': '{key} of "{name}" must be finite; write a number.',
  'low-above-high': 'low of "{name}" is {low} and high is {high}; write low below high.',
  'one-value':
    'low and high of "{name}" are both {low}, so there is nothing to search; widen the range, or put the value into the command.',
  'log-not-positive':
    'low of "{name}" is {low}, but a logarithmic scale needs it above 0; write a small positive number such as 1.0e-6, or remove `log`.',
  'log-below-one':
    'low of "{name}" is {low}, but a logarithmic scale of whole numbers starts at 1; write at least 1, or remove `log`.',
  'log-with-step': '"{name}" has both `log` and `step`; remove one of them.',
  'step-too-wide': 'step of "{name}" is {step}, wider than the range; only {low} is left. Write at most {width}.',
  'duplicate-choice': '"{name}" lists {choice} twice; write each choice once.',
  'misspelt-parent': 'The condition of "{name}" names "{parent}", which is no parameter; write "{guess}".',
  'unknown-parent': 'The condition of "{name}" names "{parent}", which is no parameter; name a parameter of `space`.',
  'never-active': '"{name}" waits for {parent} = {shown}, which is none of its choices; write one of {list}.',
  'out-of-range-parent':
    '"{name}" waits for {parent} = {shown}, which {parent} never is; write a value between {low} and {high}.',
  'off-grid-parent':
    '"{name}" waits for {parent} = {shown}, which {parent} never is; write a value from {low} to {high} in steps of {step}.',
  'continuous-parent':
    '"{name}" waits for {parent} to be exactly {shown}, which a continuous parameter hardly ever is; wait for a categorical or whole-number one.',
  oneOf: 'One of: {words}.',
  spaceParameter: 'A parameter of the search space.',
} as const;
