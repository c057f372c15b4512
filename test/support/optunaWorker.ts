/**
 * A program that runs trials with Optuna, for Python's `-c`: STORAGE STUDY TRIALS. Prints the number of each. `storage` makes
 * the storage out of `sys.argv[1]`, `imports` what that needs. Its objective is studyWorker.ts's.
 */
export function optunaWorker(storage: string, imports = ''): string {
  return `
import os, sys, optuna
${imports}
optuna.logging.set_verbosity(optuna.logging.ERROR)
def objective(trial):
    x = trial.suggest_float("x", -5, 5)
    n = trial.suggest_int("n", 1, 64, log=True)
    kind = trial.suggest_categorical("kind", ["a", 'é"', None, True, 3, 2.5])
    trial.set_user_attr("writer", "python-%d" % os.getpid())
    for step in range(3):
        value = x * x + abs(n - 8) + (0 if kind == "a" else 1) + 1 / (step + 1)
        trial.report(value, step)
    if trial.should_prune():
        raise optuna.TrialPruned()
    return value
study = optuna.create_study(study_name=sys.argv[2], storage=${storage}, load_if_exists=True)
study.optimize(objective, n_trials=int(sys.argv[3]), callbacks=[lambda s, t: print(t.number, flush=True)])
`;
}
