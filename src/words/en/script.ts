/** What is wrong in a training script: a key is the id of the problem (scriptProblems.ts), with `Fix` the title of its fix. */
export const SCRIPT = {
  'evaluation-strategy': 'transformers 5 calls the argument `eval_strategy`; `evaluation_strategy` is gone.',
  'evaluation-strategyFix': 'Rename evaluation_strategy to eval_strategy',
  'adamw-hf': 'transformers 5 has no optimizer `adamw_hf` any more: use `adamw_torch`.',
  'adamw-hfFix': 'Replace adamw_hf by adamw_torch',
  'tokenizer-argument': 'transformers 5 calls the argument of Trainer `processing_class`; `tokenizer` is gone.',
  'tokenizer-argumentFix': 'Rename tokenizer to processing_class',
  'no-model-init': 'Trainer needs `model_init=` (a function that makes the model) instead of `model=` for a search.',
  'no-accelerate': 'transformers needs the package accelerate: install it with `pip install accelerate`.',
  'no-backend': 'hyperparameter_search needs Optuna: install it with `pip install optuna`.',
  'missing-module': 'The module `{what}` is not installed for this Python: install it there, or choose another interpreter.',
  'out-of-gpu-memory': 'The GPU ran out of memory: lower the largest batch size in the search space, or pass `catch=(RuntimeError,)` so that such a trial only fails.',
  'dynamic-choices': 'A parameter was suggested with other choices than before: the choices of a parameter must stay the same in a study.',
  'duplicate-study': 'The storage has a study `{what}` already: pass `load_if_exists=True` to go on with it, or choose another study_name.',
  'no-completed-trial': 'The script asked for the best trial, but no trial was completed.',
  'file-not-found': 'The script did not find {what}: paths are relative to the folder that the script is in.',
} as const;
