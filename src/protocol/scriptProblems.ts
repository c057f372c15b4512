/**
 * What commonly goes wrong in a training script on today's libraries: recognised in what the script printed when it
 * ended (the tuner explains it in a sentence) and in its code (the editor offers the fix before anything is run).
 * Patterns are made for text: `error` for a traceback, `code` for the source.
 */

export interface ScriptProblem {
  /** Stable, for diagnostics and tests. */
  readonly id: string;
  /** Matches in the text of a traceback. */
  readonly error: RegExp;
  /** One sentence; `$1`, `$2` stand for what `error` captured. */
  readonly message: string;
  readonly fix?: ScriptFix;
}

export interface ScriptFix {
  /** Label of the quick fix. */
  readonly title: string;
  /** Matches what has to be replaced in the source (flags `g`); `before` and `after` must surround it. */
  readonly code: RegExp;
  readonly replacement: string;
  /** Only as an argument of this function, not of a call inside its parentheses. */
  readonly argumentOf?: string;
}

export const knownScriptProblems: readonly ScriptProblem[] = [
  {
    id: 'evaluation-strategy',
    error: /TypeError: .{0,300}unexpected keyword argument '(?:evaluation_strategy|eval_strategy)'|evaluation_strategy/,
    message: 'transformers 5 calls the argument `eval_strategy`; `evaluation_strategy` is gone.',
    fix: {
      title: 'Rename evaluation_strategy to eval_strategy',
      code: /\bevaluation_strategy\b(?=\s*[=:"'])/g,
      replacement: 'eval_strategy',
    },
  },
  {
    id: 'adamw-hf',
    error: /ValueError: adamw_hf is not a valid OptimizerNames/,
    message: 'transformers 5 has no optimizer `adamw_hf` any more: use `adamw_torch`.',
    fix: { title: 'Replace adamw_hf by adamw_torch', code: /(?<=["'])adamw_hf(?=["'])/g, replacement: 'adamw_torch' },
  },
  {
    id: 'tokenizer-argument',
    error: /TypeError: Trainer\.__init__\(\) got an unexpected keyword argument 'tokenizer'/,
    message: 'transformers 5 calls the argument of Trainer `processing_class`; `tokenizer` is gone.',
    fix: {
      title: 'Rename tokenizer to processing_class',
      code: /\btokenizer(?=\s*=[^=])/g,
      argumentOf: 'Trainer',
      replacement: 'processing_class',
    },
  },
  {
    id: 'no-model-init',
    error: /RuntimeError: To use hyperparameter search, you need to pass your model through a model_init function/,
    message: 'Trainer needs `model_init=` (a function that makes the model) instead of `model=` for a search.',
  },
  {
    id: 'no-accelerate',
    error: /ImportError: .{0,100}[Tt]rainer.{0,100} requires `?accelerate/,
    message: 'transformers needs the package accelerate: install it with `pip install accelerate`.',
  },
  {
    id: 'no-backend',
    error:
      /RuntimeError: (?:No hyperparameter search backend available|You picked the optuna backend, but it is not installed)/,
    message: 'hyperparameter_search needs Optuna: install it with `pip install optuna`.',
  },
  {
    id: 'missing-module',
    error: /ModuleNotFoundError: No module named '([^']+)'/,
    message: 'The module `$1` is not installed for this Python: install it there, or choose another interpreter.',
  },
  {
    id: 'out-of-gpu-memory',
    error: /(?:torch\.)?(?:cuda\.)?OutOfMemoryError|CUDA out of memory|MPS backend out of memory/,
    message:
      'The GPU ran out of memory: lower the largest batch size in the search space, or pass `catch=(RuntimeError,)` so that such a trial only fails.',
  },
  {
    id: 'dynamic-choices',
    error: /ValueError: CategoricalDistribution does not support dynamic value space/,
    message:
      'A parameter was suggested with other choices than before: the choices of a parameter must stay the same in a study.',
  },
  {
    id: 'duplicate-study',
    error: /DuplicatedStudyError: .{0,300}'([^']+)'/,
    message:
      'The storage has a study `$1` already: pass `load_if_exists=True` to go on with it, or choose another study_name.',
  },
  {
    id: 'no-completed-trial',
    error: /ValueError: (?:No trials are completed yet|Record does not exist)/,
    message: 'The script asked for the best trial, but no trial was completed.',
  },
  {
    id: 'file-not-found',
    error: /FileNotFoundError: (?:\[Errno 2\] )?No such file or directory: ('[^']+'|"[^"]+")/,
    message: 'The script did not find $1: paths are relative to the folder that the script is in.',
  },
];
