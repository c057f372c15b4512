/**
 * Where a numeric kernel's bandwidth comes from: the distance to the farther neighbour, as in Optuna 5; the same with the
 * prior's centre counted as a neighbour, as Optuna 4 does for single parameters; or 0.2 n^(−1 / (d + 4)) of the range
 * (after D. W. Scott 1992), as Optuna 4 does for several at once.
 */
export type Bandwidth = 'neighbour' | 'neighbourOrPrior' | 'scott';
