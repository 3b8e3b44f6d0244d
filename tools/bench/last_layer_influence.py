"""The numpy side of tools/bench/selection.mjs: the same scores, each product with the Hessian as three matrix products."""

import resource
import sys
import time

import numpy as np

folder, count, features, classes, tolerance = sys.argv[1], *map(int, sys.argv[2:5]), float(sys.argv[5])


def load(name, rows=None):
    x = np.fromfile(f'{folder}/{name}-features', np.float32).reshape(-1, features)[:rows].astype(np.float64)
    z = np.fromfile(f'{folder}/{name}-logits', np.float32).reshape(-1, classes)[:rows].astype(np.float64)
    return x, z, np.fromfile(f'{folder}/{name}-labels', np.int32)[:rows]


def residuals(x, z, labels):
    p = np.exp(z - z.max(axis=1, keepdims=True))
    p /= p.sum(axis=1, keepdims=True)
    error = p.copy()
    error[np.arange(len(labels)), labels] -= 1
    return np.c_[x, np.ones(len(x))], p, error


train, held = load('train', count), load('validation')
before = resource.getrusage(resource.RUSAGE_SELF)
start = time.perf_counter()
x, p, error = residuals(*train)
damping = 0.01
held_x, _, held_error = residuals(*held)
target = held_error.T @ held_x / len(held_x)
sampled = np.arange(count) * 0x9e3779b1 % 2**32 * count < 4096 * 2**32
sample_x, sample_p = x[sampled], p[sampled]
blocks = [np.linalg.inv((sample_x * (w * (1 - w))[:, None]).T @ sample_x / len(sample_x) + damping * np.eye(features + 1))
          for w in sample_p.T]


def precondition(v):
    return np.stack([block @ row for block, row in zip(blocks, v)])


def product(v):
    scores = x @ v.T
    scores = p * (scores - (p * scores).sum(axis=1, keepdims=True))
    return scores.T @ x / count + damping * v


solution, rest, norm, iterations = np.zeros_like(target), target.copy(), np.linalg.norm(target), 0
direction = precondition(rest)
progress = (rest * direction).sum()
while np.linalg.norm(rest) > tolerance * norm:
    image = product(direction)
    step = progress / (direction * image).sum()
    solution += step * direction
    rest -= step * image
    preconditioned = precondition(rest)
    following = (rest * preconditioned).sum()
    direction = preconditioned + following / progress * direction
    progress = following
    iterations += 1
scores = ((x @ solution.T) * error).sum(axis=1)
seconds = time.perf_counter() - start
after = resource.getrusage(resource.RUSAGE_SELF)
scores.tofile(f'{folder}/scores')
print(f'{seconds:.2f} s ({after.ru_utime - before.ru_utime:.2f} s of processor), {iterations} iterations, '
      f'{(after.ru_maxrss - before.ru_maxrss) / 1024:.0f} MiB extra')
