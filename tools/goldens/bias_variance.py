"""Golden values of the bias-variance decompositions of @kd/report, from numpy in float64.

The formulas are those of Heskes 1998 and of Yang et al. 2020 as they are written there: the variance of the cross-entropy is
computed as a mean divergence, not by its short form, and the bias of the squared error from the mean prediction.
"""

import json
from pathlib import Path

import numpy as np

random = np.random.default_rng(11)


def softmax(logits):
    exponentials = np.exp(logits - logits.max(-1, keepdims=True))
    return exponentials / exponentials.sum(-1, keepdims=True)


def case(name, logits, labels):
    """`logits` [K, N, C]."""
    students, _, classes = logits.shape
    probabilities = softmax(logits)
    truth = np.eye(classes)[labels]
    geometric = np.exp(np.log(probabilities).mean(0))
    main = geometric / geometric.sum(-1, keepdims=True)
    bias = -(truth * np.log(main)).sum(-1)
    variance = (main * (np.log(main) - np.log(probabilities))).sum(-1).mean(0)
    loss = -(truth * np.log(probabilities)).sum(-1).mean(0)
    assert np.allclose(bias + variance, loss, atol=1e-12)

    mean = probabilities.mean(0)
    squared_variance = ((probabilities**2).sum(-1).mean(0) - (mean**2).sum(-1)) * students / (students - 1)
    squared_bias = ((mean - truth) ** 2).sum(-1) - squared_variance / students
    squared_loss = ((probabilities - truth) ** 2).sum(-1).mean(0)
    assert np.allclose(squared_bias + squared_variance, squared_loss, atol=1e-12)

    def summary(*parts):
        return {
            key: {'mean': float(value.mean()), 'examples': value.tolist()}
            for key, value in zip(('loss', 'bias', 'variance'), parts)
        }

    return {
        'name': name,
        'logits': logits.reshape(students, -1).tolist(),
        'labels': labels.tolist(),
        'kullbackLeibler': summary(loss, bias, variance),
        'squaredError': summary(squared_loss, squared_bias, squared_variance),
    }


def drawn(name, students, examples, classes, spread):
    logits = (random.normal(size=(students, examples, classes)) * spread).round(4)
    return case(name, logits, random.integers(classes, size=examples))


golden = [
    drawn('two students, three classes', 2, 4, 3, 1.0),
    drawn('five students, ten classes', 5, 6, 10, 3.0),
    drawn('two classes', 3, 3, 2, 2.0),
    drawn('sure students', 4, 3, 5, 40.0),
]
path = Path(__file__).parents[2] / 'packages/report/src/statistics/bias-variance.golden.json'
path.write_text(json.dumps(golden, indent=1) + '\n')
