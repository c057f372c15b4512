"""Tunes a small neural network on the 8x8 digits of scikit-learn (1,797 rows). An ordinary Optuna script: nothing in
it knows of Tuneboard. Run it with `python digits.py`, or press "Start study" above `study.optimize`.

Needs: pip install optuna scikit-learn
"""

import warnings

import numpy as np
import optuna
from sklearn.datasets import load_digits
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier

EPOCHS = 12

images, labels = load_digits(return_X_y=True)
train_x, test_x, train_y, test_y = train_test_split(images / 16.0, labels, test_size=0.25, random_state=0, stratify=labels)
classes = np.unique(labels)


def objective(trial):
    model = MLPClassifier(
        hidden_layer_sizes=(trial.suggest_int("hidden", 8, 128, log=True),),
        activation=trial.suggest_categorical("activation", ["relu", "tanh"]),
        solver=trial.suggest_categorical("solver", ["adam", "sgd"]),
        learning_rate_init=trial.suggest_float("learning_rate", 1e-4, 1e-1, log=True),
        alpha=trial.suggest_float("alpha", 1e-6, 1e-2, log=True),
        batch_size=trial.suggest_categorical("batch_size", [16, 32, 64]),
        random_state=0,
    )
    accuracy = 0.0
    for epoch in range(EPOCHS):
        model.partial_fit(train_x, train_y, classes=classes)
        accuracy = model.score(test_x, test_y)
        print(f"epoch={epoch} accuracy={accuracy:.4f} loss={model.loss_:.4f}")
        trial.report(accuracy, epoch)
        if trial.should_prune():
            raise optuna.TrialPruned()
    return accuracy


if __name__ == "__main__":
    warnings.simplefilter("ignore", ConvergenceWarning)
    study = optuna.create_study(
        study_name="digits",
        direction="maximize",
        sampler=optuna.samplers.TPESampler(seed=7),
        pruner=optuna.pruners.MedianPruner(n_startup_trials=4, n_warmup_steps=2),
    )
    study.optimize(objective, n_trials=20)
    print("Best accuracy:", study.best_value)
    print("Best parameters:", study.best_params)
