import type { Recipe } from './recipe.ts';

export const PROPHET: Recipe = {
  name: 'Prophet',
  source: 'Taylor and Letham 2018, "Forecasting at scale"; Prophet documentation, "Diagnostics"',
  imports: ['prophet', 'fbprophet', 'neuralprophet'],
  calls: ['Prophet'],
  anywhere: true,
  space: {
    changepoint_prior_scale: { low: 0.001, high: 0.5, log: true },
    seasonality_prior_scale: { low: 0.01, high: 10, log: true },
    holidays_prior_scale: { low: 0.01, high: 10, log: true },
    changepoint_range: { low: 0.8, high: 0.95 },
    n_changepoints: { low: 10, high: 50, int: true },
    fourier_order: { low: 3, high: 20, int: true },
    seasonality_mode: { choices: ['additive', 'multiplicative'] },
  },
  metrics: { mape: 'minimize', rmse: 'minimize', mae: 'minimize', coverage: 'maximize' },
  fidelity: [],
};

export const ARIMA: Recipe = {
  name: 'statsmodels',
  source: 'Hyndman and Khandakar 2008, "Automatic time series forecasting: the forecast package for R"',
  imports: ['statsmodels', 'pmdarima'],
  calls: ['ARIMA', 'SARIMAX'],
  anywhere: true,
  space: {
    p: { low: 0, high: 5, int: true },
    d: { low: 0, high: 2, int: true },
    q: { low: 0, high: 5, int: true },
    smoothing_level: { low: 0.01, high: 1 },
    smoothing_trend: { low: 0.01, high: 1 },
    smoothing_seasonal: { low: 0.01, high: 1 },
  },
  metrics: { aic: 'minimize', bic: 'minimize', rmse: 'minimize', mse: 'minimize', mape: 'minimize' },
  fidelity: [],
};
