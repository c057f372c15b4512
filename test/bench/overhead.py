"""Optuna's side of test/bench/overhead.ts: reads `kind n rounds` lines, answers each with microseconds per ask + suggest + tell."""
import random
import sys
import time

import optuna
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

optuna.logging.set_verbosity(optuna.logging.ERROR)

MIXED = {
    "f1": FloatDistribution(0.0, 1.0),
    "f2": FloatDistribution(-5.0, 5.0),
    "flog": FloatDistribution(1e-5, 1e-1, log=True),
    "fstep": FloatDistribution(0.0, 1.0, step=0.05),
    "i1": IntDistribution(1, 100),
    "ilog": IntDistribution(1, 1024, log=True),
    "c1": CategoricalDistribution(["a", "b", "c"]),
    "c2": CategoricalDistribution([True, False]),
}


def space_of(kind):
    return MIXED if kind == "mixed8" else {f"x{i}": FloatDistribution(-5.0, 5.0) for i in range(int(kind[5:]))}


def prepared(kind, n):
    space = space_of(kind)
    study = optuna.create_study(sampler=optuna.samplers.TPESampler(seed=1))
    draw = optuna.samplers.RandomSampler(seed=1)
    rng = random.Random(1)
    study.add_trials(
        optuna.trial.create_trial(
            value=rng.random(),
            params={k: draw.sample_independent(study, None, k, d) for k, d in space.items()},
            distributions=space,
        )
        for _ in range(n)
    )
    return study, space


studies = {}
for line in sys.stdin:
    kind, n, rounds = line.split()
    key = (kind, n)
    if key not in studies:
        studies.clear()
        studies[key] = prepared(kind, int(n))
    study, space = studies[key]
    start = time.perf_counter()
    for _ in range(int(rounds)):
        trial = study.ask(space)
        study.tell(trial, 0.5)
    print((time.perf_counter() - start) / int(rounds) * 1e6, flush=True)
