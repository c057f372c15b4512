import type { Recipe } from './recipe.ts';

const SOURCE =
  'van Rijn and Hutter 2018, "Hyperparameter Importance Across Datasets", and Grinsztajn et al. 2022, appendix A.3';

export const FORESTS: Recipe = {
  name: 'scikit-learn forests',
  source: SOURCE,
  imports: ['sklearn'],
  calls: [
    'RandomForestClassifier',
    'RandomForestRegressor',
    'ExtraTreesClassifier',
    'ExtraTreesRegressor',
    'DecisionTreeClassifier',
    'DecisionTreeRegressor',
  ],
  space: {
    n_estimators: { low: 50, high: 1000, int: true, log: true },
    max_depth: { low: 2, high: 32, int: true, log: true },
    min_samples_split: { low: 2, high: 20, int: true },
    min_samples_leaf: { low: 1, high: 20, int: true },
    max_features: { low: 0.1, high: 0.9 },
    criterion: { choices: ['gini', 'entropy'] },
    bootstrap: { choices: [true, false] },
    max_samples: { low: 0.1, high: 1 },
    min_impurity_decrease: { low: 0, high: 0.05 },
  },
  metrics: {},
  fidelity: ['n_estimators'],
};

export const BOOSTING: Recipe = {
  name: 'scikit-learn boosting',
  source: SOURCE,
  imports: ['sklearn'],
  calls: [
    'GradientBoostingClassifier',
    'GradientBoostingRegressor',
    'HistGradientBoostingClassifier',
    'HistGradientBoostingRegressor',
    'AdaBoostClassifier',
    'AdaBoostRegressor',
  ],
  space: {
    learning_rate: { low: 0.01, high: 1, log: true },
    n_estimators: { low: 50, high: 1000, int: true, log: true },
    max_iter: { low: 50, high: 1000, int: true, log: true },
    max_depth: { low: 2, high: 12, int: true },
    max_leaf_nodes: { low: 5, high: 127, int: true, log: true },
    min_samples_leaf: { low: 1, high: 50, int: true },
    min_samples_split: { low: 2, high: 20, int: true },
    subsample: { low: 0.5, high: 1 },
    max_features: { low: 0.1, high: 1 },
    l2_regularization: { low: 0, high: 10 },
    max_bins: { choices: [63, 127, 255] },
  },
  metrics: {},
  fidelity: ['n_estimators', 'max_iter'],
};

export const KERNELS: Recipe = {
  name: 'scikit-learn support vector machines',
  source: SOURCE,
  imports: ['sklearn'],
  calls: ['SVC', 'SVR', 'NuSVC', 'NuSVR', 'LinearSVC', 'LinearSVR'],
  space: {
    C: { low: 0.03125, high: 32768, log: true },
    gamma: { low: 3.0517578125e-5, high: 8, log: true },
    kernel: { choices: ['rbf', 'poly', 'sigmoid', 'linear'] },
    degree: { low: 2, high: 5, int: true },
    coef0: { low: -1, high: 1 },
    epsilon: { low: 1e-3, high: 1, log: true },
    nu: { low: 0.05, high: 0.9 },
  },
  metrics: {},
  fidelity: [],
};

export const LINEAR: Recipe = {
  name: 'scikit-learn linear models, neighbours and perceptrons',
  source: SOURCE,
  imports: ['sklearn'],
  calls: [
    'LogisticRegression',
    'Ridge',
    'RidgeClassifier',
    'Lasso',
    'ElasticNet',
    'SGDClassifier',
    'SGDRegressor',
    'KNeighborsClassifier',
    'KNeighborsRegressor',
    'MLPClassifier',
    'MLPRegressor',
  ],
  space: {
    C: { low: 1e-4, high: 1e4, log: true },
    alpha: { low: 1e-6, high: 10, log: true },
    l1_ratio: { low: 0, high: 1 },
    eta0: { low: 1e-4, high: 1, log: true },
    n_neighbors: { low: 1, high: 50, int: true, log: true },
    weights: { choices: ['uniform', 'distance'] },
    p: { choices: [1, 2] },
    learning_rate_init: { low: 1e-5, high: 0.1, log: true },
    activation: { choices: ['relu', 'tanh', 'logistic'] },
    momentum: { low: 0.5, high: 0.99 },
  },
  metrics: {},
  fidelity: [],
};
