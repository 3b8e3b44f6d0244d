"""Golden values of the tasks multi-label and regression: losses, gradients, divergences and figures, float64.

Writes packages/core/src/task/tasks.golden.json. Plain Python after the definitions of torch (BCEWithLogitsLoss, MSELoss / 2) and
scikit-learn (f1_score with zero_division=0, accuracy_score, hamming_loss, r2_score with uniform_average), each written out from
its definition: F1 from precision and recall, gradients in closed form. Numbers are rounded to float32 first, as the tests hand them over.
"""

import json
import math
import pathlib
import random
import struct

TARGET = pathlib.Path(__file__).resolve().parents[2] / 'packages/core/src/task/tasks.golden.json'
TEMPERATURE = 3.0


def float32(value):
    return struct.unpack('f', struct.pack('f', value))[0]


def table(draw, rows, columns):
    return [[float32(draw()) for _ in range(columns)] for _ in range(rows)]


def mean(values):
    values = list(values)
    return math.fsum(values) / len(values)


def sigmoid(z):
    return 1 / (1 + math.exp(-z))


def two_way(p, q):
    """KL divergence of a coin with probability p from one with q."""
    return p * math.log(p / q) + (1 - p) * math.log((1 - p) / (1 - q))


def multi_label(source):
    rows, columns = 6, 4
    logits = table(lambda: source.gauss(0, 2), rows, columns)
    teacher = table(lambda: source.gauss(0, 2), rows, columns)
    # The last label is never there, and never predicted.
    labels = [[int(source.random() < 0.5) if c < columns - 1 else 0 for c in range(columns)] for _ in range(rows)]
    for row in logits:
        row[-1] = -abs(row[-1])
    predicted = [[int(sigmoid(z) > 0.5) for z in row] for row in logits]
    loss = [mean(-math.log(sigmoid(z) if y else 1 - sigmoid(z)) for z, y in zip(zs, ys)) for zs, ys in zip(logits, labels)]
    softened = [
        mean(two_way(sigmoid(t / TEMPERATURE), sigmoid(s / TEMPERATURE)) for t, s in zip(ts, ss))
        for ts, ss in zip(teacher, logits)
    ]

    def f1(pairs):
        true_positives = sum(p and y for p, y in pairs)
        if true_positives == 0:
            return 0.0
        precision = true_positives / sum(p for p, _ in pairs)
        recall = true_positives / sum(y for _, y in pairs)
        return 2 * precision * recall / (precision + recall)

    by_label = [[(predicted[r][c], labels[r][c]) for r in range(rows)] for c in range(columns)]
    return {
        'logits': logits,
        'teacherLogits': teacher,
        'labels': labels,
        'loss': loss,
        'lossGradient': [[(sigmoid(z) - y) / columns for z, y in zip(zs, ys)] for zs, ys in zip(logits, labels)],
        'divergence': softened,
        'divergenceGradient': [
            [(sigmoid(s / TEMPERATURE) - sigmoid(t / TEMPERATURE)) / (TEMPERATURE * columns) for t, s in zip(ts, ss)]
            for ts, ss in zip(teacher, logits)
        ],
        'figures': {
            'microF1': f1([pair for pairs in by_label for pair in pairs]),
            'macroF1': mean(f1(pairs) for pairs in by_label),
            'subsetAccuracy': mean(p == y for p, y in zip(predicted, labels)),
            'hammingLoss': mean(p != y for ps, ys in zip(predicted, labels) for p, y in zip(ps, ys)),
            'loss': mean(loss),
        },
    }


def regression(source):
    rows, columns = 6, 2
    logits = table(lambda: source.gauss(0, 1), rows, columns)
    teacher = table(lambda: source.gauss(0, 1), rows, columns)
    labels = table(lambda: source.gauss(1, 2), rows, columns)
    errors = [[z - y for z, y in zip(zs, ys)] for zs, ys in zip(logits, labels)]
    everything = [error for row in errors for error in row]

    def r2(column):
        targets = [row[column] for row in labels]
        centre = mean(targets)
        total = math.fsum((y - centre) ** 2 for y in targets)
        return 1 - math.fsum(row[column] ** 2 for row in errors) / total

    return {
        'logits': logits,
        'teacherLogits': teacher,
        'labels': labels,
        'loss': [mean(error**2 / 2 for error in row) for row in errors],
        'lossGradient': [[error / columns for error in row] for row in errors],
        'divergence': [
            mean((s - t) ** 2 / (2 * TEMPERATURE**2) for t, s in zip(ts, ss)) for ts, ss in zip(teacher, logits)
        ],
        'divergenceGradient': [
            [(s - t) / (TEMPERATURE**2 * columns) for t, s in zip(ts, ss)] for ts, ss in zip(teacher, logits)
        ],
        'figures': {
            'rootMeanSquaredError': math.sqrt(mean(error**2 for error in everything)),
            'meanAbsoluteError': mean(abs(error) for error in everything),
            'r2': mean(r2(column) for column in range(columns)),
            'loss': mean(error**2 / 2 for error in everything),
        },
    }


if __name__ == '__main__':
    source = random.Random(1)
    golden = {
        'source': 'tools/goldens/tasks.py: the definitions of torch and scikit-learn in plain Python, float64',
        'temperature': TEMPERATURE,
        'multiLabel': multi_label(source),
        'regression': regression(source),
    }
    TARGET.write_text(json.dumps(golden, indent=1) + '\n')
