import type { Recipe } from './recipe.ts';

export const CATBOOST: Recipe = {
  name: 'CatBoost',
  source:
    'Gorishniy et al. 2021, "Revisiting Deep Learning Models for Tabular Data", and CatBoost documentation, "Parameter tuning"',
  imports: ['catboost'],
  calls: ['CatBoostClassifier', 'CatBoostRegressor', 'CatBoostRanker', 'CatBoost'],
  anywhere: true,
  space: {
    learning_rate: { low: 1e-3, high: 0.3, log: true },
    depth: { low: 3, high: 10, int: true },
    max_depth: { low: 3, high: 10, int: true },
    l2_leaf_reg: { low: 1, high: 10, log: true },
    bagging_temperature: { low: 0, high: 1 },
    random_strength: { low: 0, high: 10 },
    rsm: { low: 0.4, high: 1 },
    subsample: { low: 0.5, high: 1 },
    border_count: { choices: [32, 64, 128, 254] },
    leaf_estimation_iterations: { low: 1, high: 10, int: true },
    min_data_in_leaf: { low: 1, high: 100, int: true, log: true },
    grow_policy: { choices: ['SymmetricTree', 'Depthwise', 'Lossguide'] },
    bootstrap_type: { choices: ['Bayesian', 'Bernoulli', 'MVS'] },
  },
  metrics: {
    Logloss: 'minimize',
    RMSE: 'minimize',
    MAE: 'minimize',
    MultiClass: 'minimize',
    AUC: 'maximize',
    Accuracy: 'maximize',
    F1: 'maximize',
  },
  fidelity: ['iterations', 'n_estimators', 'num_boost_round'],
};
