"""
The other side of compareStorage.ts: trials of an objective that does nothing for a while, through Optuna's JournalStorage,
or its RDBStorage where the file's name ends in .db or it is the URL of a server (of Redis: its journal there), or its InMemoryStorage (:memory:).

Arguments: the file or URL, the number of trials, of parameters, of workers, `threads` or `processes`, and how long a trial
waits, in milliseconds. Prints one line of JSON: seconds of wall and of CPU, and when each trial ended, in seconds since the
start. Imports, the making of the study, the start of the processes and five trials of each of these in another study are not
counted.
"""

import json
import multiprocessing
import sys
import time
import warnings

import optuna
from optuna.storages import InMemoryStorage, JournalStorage, RDBStorage
from optuna.storages.journal import JournalFileBackend, JournalRedisBackend


MEMORY = InMemoryStorage()


def storage_of(path):
    if path == ":memory:":
        return MEMORY
    if path.startswith("redis:"):
        url, prefix = path.split("?prefix=")
        return JournalStorage(JournalRedisBackend(url, prefix=prefix))
    if "://" in path:
        return RDBStorage(path.replace("mysql:", "mysql+pymysql:").replace("postgresql:", "postgresql+psycopg2:"))
    return RDBStorage(f"sqlite:///{path}") if path.endswith(".db") else JournalStorage(JournalFileBackend(path))


def load(path, name="bench"):
    return optuna.load_study(study_name=name, storage=storage_of(path), sampler=optuna.samplers.RandomSampler())


def optimize(study, trials, parameters, wait, n_jobs=1):
    ends = []

    def objective(trial):
        for index in range(parameters):
            trial.suggest_float(f"x{index}", -5, 5)
        time.sleep(wait)
        return 0.0

    study.optimize(
        objective, n_trials=trials, n_jobs=n_jobs, callbacks=[lambda *_: ends.append(time.perf_counter())]
    )
    return ends


def work(path, trials, parameters, wait, ready, results):
    optimize(load(path, "warm"), 5, parameters, 0)
    study = load(path)
    ready.wait()
    cpu = time.process_time()
    ends = optimize(study, trials, parameters, wait)
    results.put((ends, time.process_time() - cpu))


def in_processes(path, trials, parameters, workers, wait):
    methods = multiprocessing.get_all_start_methods()
    context = multiprocessing.get_context("fork" if "fork" in methods else "spawn")
    ready, results = context.Barrier(workers + 1), context.Queue()
    arguments = (path, -(-trials // workers), parameters, wait, ready, results)
    processes = [context.Process(target=work, args=arguments) for _ in range(workers)]
    for process in processes:
        process.start()
    ready.wait()
    started = time.perf_counter()
    parts = [results.get() for _ in processes]
    for process in processes:
        process.join()
    return started, [end for ends, _ in parts for end in ends], sum(cpu for _, cpu in parts)


def in_threads(path, trials, parameters, workers, wait):
    study = load(path)
    cpu, started = time.process_time(), time.perf_counter()
    ends = optimize(study, trials, parameters, wait, workers)
    return started, ends, time.process_time() - cpu


if __name__ == "__main__":
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
    path, (trials, parameters, workers), how = sys.argv[1], map(int, sys.argv[2:5]), sys.argv[5]
    wait = float(sys.argv[6]) / 1000
    for name in ("bench", "warm"):
        optuna.create_study(study_name=name, storage=storage_of(path))
    run = in_processes if how == "processes" else in_threads
    started, ends, cpu = run(path, trials, parameters, workers, wait)
    ends = sorted(end - started for end in ends)
    print(json.dumps({"wall": ends[-1], "cpu": cpu, "ends": ends}))
