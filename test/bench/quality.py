"""The other libraries' side of test/bench/quality.ts. A line `{"library", "type", "options", "seed", "direction",
"parameters"}` begins a study, a number tells the value of the last trial, null that it failed; each is answered with the
parameters of the next one."""
import json
import sys


class Optuna:
    def __init__(self, message):
        import optuna
        from optuna.distributions import json_to_distribution

        optuna.logging.set_verbosity(optuna.logging.ERROR)
        samplers = {
            "tpe": optuna.samplers.TPESampler,
            "gp": optuna.samplers.GPSampler,
            "random": optuna.samplers.RandomSampler,
            "cmaes": optuna.samplers.CmaEsSampler,
            "nsgaii": optuna.samplers.NSGAIISampler,
            "qmc": optuna.samplers.QMCSampler,
        }
        self.optuna = optuna
        self.sampler = samplers[message["type"]](seed=message["seed"], **message["options"])
        self.study = optuna.create_study(sampler=self.sampler, direction=message["direction"])
        self.parameters = [{**p, "distribution": json_to_distribution(p["distribution"])} for p in message["parameters"]]

    def suggest(self, trial, name, distribution):
        return trial._suggest(name, distribution)

    def ask(self):
        self.trial = self.study.ask()
        params = {}
        for parameter in self.parameters:
            when = parameter["when"]
            if all(params.get(name) in values for name, values in when.items()):
                params[parameter["name"]] = self.suggest(self.trial, parameter["name"], parameter["distribution"])
        return params

    def tell(self, value):
        if value is None:
            self.study.tell(self.trial, state=self.optuna.trial.TrialState.FAIL)
        else:
            self.study.tell(self.trial, value)


class Rustuna(Optuna):
    def __init__(self, message):
        import rustuna

        samplers = {
            "tpe": rustuna.samplers.TPESampler,
            "random": rustuna.samplers.RandomSampler,
            "cmaes": rustuna.samplers.CmaEsSampler,
            "nsgaii": rustuna.samplers.NSGAIISampler,
        }
        self.rustuna = rustuna
        self.sampler = samplers[message["type"]](seed=message["seed"], **message["options"])
        self.study = rustuna.create_study(sampler=self.sampler, direction=message["direction"])
        self.parameters = [{**p, "distribution": json.loads(p["distribution"])} for p in message["parameters"]]

    def tell(self, value):
        if value is None:
            self.study.tell(self.trial.number, state=self.rustuna.trial.TrialState.FAIL)
        else:
            self.study.tell(self.trial.number, value)

    def suggest(self, trial, name, distribution):
        attributes = distribution["attributes"]
        if distribution["name"] == "CategoricalDistribution":
            return trial.suggest_categorical(name, attributes["choices"])
        suggest = trial.suggest_float if distribution["name"] == "FloatDistribution" else trial.suggest_int
        return suggest(name, **attributes)


LIBRARIES = {"optuna": Optuna, "rustuna": Rustuna}

for line in sys.stdin:
    message = json.loads(line)
    if isinstance(message, dict):
        side = LIBRARIES[message["library"]](message)
    else:
        side.tell(message)
    print(json.dumps(side.ask()), flush=True)
