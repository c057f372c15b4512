"""Optuna's side of test/bench/quality.ts: a line `{"seed", "parameters"}` begins a study, a number tells the value of the
last trial; each is answered with the parameters of the next one."""
import json
import sys

import optuna
from optuna.distributions import json_to_distribution

optuna.logging.set_verbosity(optuna.logging.ERROR)


def ask():
    global trial
    trial = study.ask()
    params = {}
    for parameter in parameters:
        when = parameter["when"]
        if all(params.get(name) in values for name, values in when.items()):
            params[parameter["name"]] = trial._suggest(parameter["name"], parameter["distribution"])
    print(json.dumps(params), flush=True)


for line in sys.stdin:
    message = json.loads(line)
    if isinstance(message, dict):
        study = optuna.create_study(sampler=optuna.samplers.TPESampler(seed=message["seed"]))
        parameters = [{**p, "distribution": json_to_distribution(p["distribution"])} for p in message["parameters"]]
    else:
        study.tell(trial, message)
    ask()
