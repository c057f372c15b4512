import type { SCRIPT } from '../words/en/script.ts';

/**
 * What commonly goes wrong in a training script on today's libraries: recognised in what the script printed when it
 * ended (the tuner explains it in a sentence) and in its code (the editor offers the fix before anything is run).
 * Patterns are made for text: `error` for a traceback, `code` for the source.
 */

export interface ScriptProblem {
  /** Stable, and the key of its sentence; `what` in it is what `error` captured first. */
  readonly id: Exclude<keyof typeof SCRIPT, `${string}Fix`>;
  /** Matches in the text of a traceback. */
  readonly error: RegExp;
  readonly fix?: ScriptFix;
}

export interface ScriptFix {
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
    fix: {
      code: /\bevaluation_strategy\b(?=\s*[=:"'])/g,
      replacement: 'eval_strategy',
    },
  },
  {
    id: 'adamw-hf',
    error: /ValueError: adamw_hf is not a valid OptimizerNames/,
    fix: { code: /(?<=["'])adamw_hf(?=["'])/g, replacement: 'adamw_torch' },
  },
  {
    id: 'tokenizer-argument',
    error: /TypeError: Trainer\.__init__\(\) got an unexpected keyword argument 'tokenizer'/,
    fix: {
      code: /\btokenizer(?=\s*=[^=])/g,
      argumentOf: 'Trainer',
      replacement: 'processing_class',
    },
  },
  {
    id: 'no-model-init',
    error: /RuntimeError: To use hyperparameter search, you need to pass your model through a model_init function/,
  },
  {
    id: 'no-accelerate',
    error: /ImportError: .{0,100}[Tt]rainer.{0,100} requires `?accelerate/,
  },
  {
    id: 'no-backend',
    error:
      /RuntimeError: (?:No hyperparameter search backend available|You picked the optuna backend, but it is not installed)/,
  },
  {
    id: 'missing-module',
    error: /ModuleNotFoundError: No module named '([^']+)'/,
  },
  {
    id: 'out-of-gpu-memory',
    error: /(?:torch\.)?(?:cuda\.)?OutOfMemoryError|CUDA out of memory|MPS backend out of memory/,
  },
  {
    id: 'dynamic-choices',
    error: /ValueError: CategoricalDistribution does not support dynamic value space/,
  },
  {
    id: 'duplicate-study',
    error: /DuplicatedStudyError: .{0,300}'([^']+)'/,
  },
  {
    id: 'no-completed-trial',
    error: /ValueError: (?:No trials are completed yet|Record does not exist)/,
  },
  {
    id: 'file-not-found',
    error: /FileNotFoundError: (?:\[Errno 2\] )?No such file or directory: ('[^']+'|"[^"]+")/,
  },
];
