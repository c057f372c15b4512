"""Nevergrad, FLAML's BlendSearch and SMAC3 behind the face of libraries.py. All but SMAC3 know no conditions here:
every parameter is drawn, inactive ones are left out of the answer. A failed trial is told with the worst value so far."""
import json


class Flat:
    """`draw` returns a full set of parameters with something to tell by; `learn` takes that and a loss."""

    def __init__(self, message):
        self.sign = -1 if message["directions"] == ["maximize"] else 1
        self.parameters = [{**p, "distribution": json.loads(p["distribution"])} for p in message["parameters"]]
        self.worst = None

    def ask(self):
        self.handle, drawn = self.draw()
        params = {}
        for parameter in self.parameters:
            when = parameter["when"]
            if all(params.get(name) in values for name, values in when.items()):
                params[parameter["name"]] = drawn[parameter["name"]]
        return params

    def tell(self, value):
        if value is None:
            loss = 0.0 if self.worst is None else self.worst
        else:
            loss = self.sign * (value[0] if isinstance(value, list) else value)
            self.worst = loss if self.worst is None else max(loss, self.worst)
        self.learn(self.handle, loss)


class Nevergrad(Flat):
    def __init__(self, message):
        import nevergrad as ng
        import numpy as np

        super().__init__(message)
        np.random.seed(message["seed"])
        space = ng.p.Dict(**{p["name"]: self.parametrized(ng, p["distribution"]) for p in self.parameters})
        space.random_state = np.random.RandomState(message["seed"])
        self.optimizer = ng.optimizers.registry[message["type"]](parametrization=space, budget=message["options"]["budget"])

    @staticmethod
    def parametrized(ng, distribution):
        attributes = distribution["attributes"]
        if distribution["name"] == "CategoricalDistribution":
            return ng.p.Choice(attributes["choices"])
        low, high = attributes["low"], attributes["high"]
        one = ng.p.Log(lower=low, upper=high) if attributes["log"] else ng.p.Scalar(lower=low, upper=high)
        return one.set_integer_casting() if distribution["name"] == "IntDistribution" else one

    def draw(self):
        candidate = self.optimizer.ask()
        return candidate, candidate.value

    def learn(self, candidate, loss):
        self.optimizer.tell(candidate, loss)


class Flaml(Flat):
    def __init__(self, message):
        import optuna
        from flaml import BlendSearch, tune

        optuna.logging.set_verbosity(optuna.logging.ERROR)

        super().__init__(message)
        space = {p["name"]: self.domain(tune, p["distribution"]) for p in self.parameters}
        self.search = BlendSearch(metric="loss", mode="min", space=space, seed=message["seed"])
        self.count = 0

    @staticmethod
    def domain(tune, distribution):
        attributes = distribution["attributes"]
        if distribution["name"] == "CategoricalDistribution":
            return tune.choice(attributes["choices"])
        low, high, log = attributes["low"], attributes["high"], attributes["log"]
        if distribution["name"] == "IntDistribution":
            return tune.lograndint(low, high + 1) if log else tune.randint(low, high + 1)
        return tune.loguniform(low, high) if log else tune.uniform(low, high)

    def draw(self):
        for _ in range(1_000):
            self.count += 1
            params = self.search.suggest(str(self.count))
            if params is not None:
                return (str(self.count), params), params
        raise RuntimeError("BlendSearch proposes nothing more.")

    def learn(self, handle, loss):
        trial, params = handle
        self.search.on_trial_complete(trial, {"loss": loss, **{f"config/{name}": value for name, value in params.items()}})


class Smac(Flat):
    """The facade for hyperparameters, told that an objective needs one run a configuration. It is told the conditions."""

    def __init__(self, message):
        import logging
        import tempfile

        from ConfigSpace import AndConjunction, Categorical, ConfigurationSpace, Float, InCondition, Integer
        from smac import HyperparameterOptimizationFacade, Scenario
        from smac.runhistory.dataclasses import TrialValue
        from smac.runhistory.enumerations import StatusType

        super().__init__(message)
        self.value, self.status = TrialValue, StatusType
        self.failed = False
        self.folder = tempfile.TemporaryDirectory(prefix="smac-")
        space = ConfigurationSpace(seed=message["seed"])
        for parameter in self.parameters:
            name, distribution = parameter["name"], parameter["distribution"]
            attributes = distribution["attributes"]
            if distribution["name"] == "CategoricalDistribution":
                space.add(Categorical(name, [str(place) for place in range(len(attributes["choices"]))]))
                continue
            low, high, step, log = (attributes[key] for key in ("low", "high", "step", "log"))
            if distribution["name"] == "IntDistribution" and log:
                space.add(Integer(name, (low, high), log=True))
            elif step is not None:
                space.add(Integer(name, (0, round((high - low) / step))))
            else:
                space.add(Float(name, (low, high), log=log))
        choices = {
            p["name"]: p["distribution"]["attributes"]["choices"]
            for p in self.parameters
            if p["distribution"]["name"] == "CategoricalDistribution"
        }
        for parameter in self.parameters:
            conditions = [
                InCondition(space[parameter["name"]], space[parent], [str(choices[parent].index(one)) for one in values])
                for parent, values in parameter["when"].items()
            ]
            if conditions:
                space.add(conditions[0] if len(conditions) == 1 else AndConjunction(*conditions))
        scenario = Scenario(
            space,
            deterministic=True,
            n_trials=message["options"]["budget"],
            seed=message["seed"],
            output_directory=self.folder.name,
        )
        self.smac = HyperparameterOptimizationFacade(
            scenario, lambda config, seed=0: 0.0, overwrite=True, logging_level=logging.ERROR
        )

    def ask(self):
        self.handle = self.smac.ask()
        drawn = dict(self.handle.config)
        return {
            p["name"]: from_place(p["distribution"], drawn[p["name"]]) for p in self.parameters if p["name"] in drawn
        }

    def tell(self, value):
        self.failed = value is None
        super().tell(value)

    def learn(self, trial, loss):
        status = self.status.CRASHED if self.failed else self.status.SUCCESS
        self.smac.tell(trial, self.value(cost=float(loss), status=status))


def from_place(distribution, drawn):
    """The value of a drawn place: of a choice or on a grid; others are values already."""
    attributes = distribution["attributes"]
    if distribution["name"] == "CategoricalDistribution":
        return attributes["choices"][int(drawn)]
    if distribution["name"] == "IntDistribution":
        return int(drawn) if attributes["log"] else attributes["low"] + int(drawn) * attributes["step"]
    if attributes["step"] is not None:
        return attributes["low"] + int(drawn) * attributes["step"]
    return float(drawn)


OPPONENTS = {"nevergrad": Nevergrad, "flaml": Flaml, "smac": Smac}
