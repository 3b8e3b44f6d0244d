"""Golden values of the statistics of @kd/report, from scipy (1.17.1) and statsmodels (0.14)."""

import json
from pathlib import Path

import numpy as np
from scipy import stats
from statsmodels.stats.multitest import multipletests

random = np.random.default_rng(7)


def accuracies(count, examples):
    """Shares of right answers as runs have them: whole numbers of examples, so that differences tie."""
    return (random.integers(int(0.9 * examples), int(0.95 * examples), count) / examples).tolist()


def signed_rank(values, baseline):
    # In exact numbers of examples, for scipy takes differences that are equal but for rounding as different.
    differences = np.round((np.array(values) - np.array(baseline)) * 1e9) / 1e9
    differences = differences[differences != 0]
    if len(differences) == 0:
        return None
    # Exact also with ties: every combination of signs, below 2^20 of them.
    exact = stats.PermutationMethod(n_resamples=2**20)
    return float(stats.wilcoxon(differences, method=exact).pvalue)


def pair(name, values, baseline):
    test = stats.ttest_rel(values, baseline)
    return {
        'name': name,
        'values': values,
        'baseline': baseline,
        't': {'statistic': float(test.statistic), 'pValue': float(test.pvalue)},
        'wilcoxon': signed_rank(values, baseline),
    }


def correction(p_values):
    return {'pValues': p_values, 'corrected': multipletests(p_values, method='holm')[1].tolist()}


def interval(values):
    found = stats.bootstrap((values,), np.mean, n_resamples=200_000, method='percentile', random_state=1)
    return {'values': values, 'low': found.confidence_interval.low, 'high': found.confidence_interval.high}


golden = {
    'pairs': [
        pair('two seeds', [0.91, 0.95], [0.9, 0.92]),
        pair('five seeds', [0.94, 0.95, 0.93, 0.96, 0.9], [0.9, 0.92, 0.91, 0.97, 0.95]),
        pair('equal differences', [0.9, 0.7, 0.5, 0.31], [0.8, 0.6, 0.4, 0.3]),
        pair('a pair without a difference', [0.5, 0.6, 0.75, 0.8, 0.9], [0.5, 0.55, 0.7, 0.9, 0.85]),
        *[pair(f'{n} seeds, {m} examples', accuracies(n, m), accuracies(n, m)) for n in (5, 8, 14) for m in (50, 360)],
        pair('16 numbers', random.normal(size=16).tolist(), random.normal(0.5, size=16).tolist()),
    ],
    'corrections': [correction([0.01, 0.04, 0.03]), correction([0.2, 0.001, 0.5, 0.9, 0.02]), correction([0.3])],
    'intervals': [interval([0.01, 0.03, 0.02, 0.04, -0.02]), interval(random.normal(size=30).tolist())],
}
path = Path(__file__).parents[2] / 'packages/report/src/statistics/statistics.golden.json'
path.write_text(json.dumps(golden, indent=2) + '\n')
