"""Optuna and Rustuna behind one face, for the benches: a study of one sampler over parameters that are given as
`{"name", "distribution", "when"}`, where `distribution` is the text that Optuna stores."""
import json
import math

from opponents import OPPONENTS


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
        sampler = samplers[message["type"]](seed=message["seed"], **message["options"])
        self.study = optuna.create_study(sampler=sampler, directions=message["directions"])
        self.parameters = [{**p, "distribution": json_to_distribution(p["distribution"])} for p in message["parameters"]]

    def suggest(self, trial, name, distribution):
        return trial._suggest(name, distribution)

    def ask(self):
        self.trial = self.study.ask()
        params = {}
        for parameter in self.parameters:
            when = parameter["when"]
            if not when or all(params.get(name) in values for name, values in when.items()):
                params[parameter["name"]] = self.suggest(self.trial, parameter["name"], parameter["distribution"])
        return params

    def tell(self, value):
        if value is None:
            self.study.tell(self.trial, state=self.optuna.trial.TrialState.FAIL)
        else:
            self.study.tell(self.trial, value)

    def add(self, values, params):
        """Finished trials without asking; params by trial."""
        distributions = {p["name"]: p["distribution"] for p in self.parameters}
        for value, one in zip(values, params):
            self.study.add_trial(self.optuna.trial.create_trial(value=value, params=one, distributions=distributions))


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
        sampler = samplers[message["type"]](seed=message["seed"], **message["options"])
        self.study = rustuna.create_study(sampler=sampler, directions=message["directions"])
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

    def add(self, values, params):
        kinds = self.rustuna.distributions.Distribution
        make = {"FloatDistribution": kinds.float, "IntDistribution": kinds.int, "CategoricalDistribution": kinds.categorical}
        distributions = {
            p["name"]: make[p["distribution"]["name"]](**p["distribution"]["attributes"]) for p in self.parameters
        }
        for value, one in zip(values, params):
            self.study.add_trial(self.rustuna.create_trial(value=value, params=one, distributions=distributions))


LIBRARIES = {"optuna": Optuna, "rustuna": Rustuna, **OPPONENTS}


def drawn(distribution, rng):
    """A uniform draw from a distribution given as Optuna's JSON."""
    attributes = distribution["attributes"]
    if distribution["name"] == "CategoricalDistribution":
        return rng.choice(attributes["choices"])
    low, high, log, step = (attributes[key] for key in ("low", "high", "log", "step"))
    if distribution["name"] == "IntDistribution":
        return round(math.exp(rng.uniform(math.log(low), math.log(high)))) if log else rng.randrange(low, high + 1, step)
    if step is not None:
        return low + step * rng.randint(0, round((high - low) / step))
    return math.exp(rng.uniform(math.log(low), math.log(high))) if log else rng.uniform(low, high)
