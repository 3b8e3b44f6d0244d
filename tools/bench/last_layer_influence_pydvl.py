"""The pyDVL side of tools/bench/selection.mjs: compute_influences of pyDVL 0.6.1 on a torch layer, by conjugate gradients.

The whole held-out set is handed to it as one test point, whose loss is the mean; otherwise it would solve for each held-out example.
Damping is its hessian_regularization. It has no preconditioner and stops at scipy's default tolerance, 1e-5.
"""

import resource
import sys
import time

import numpy as np
import torch
from pydvl.influence import compute_influences

folder, count, features, classes = sys.argv[1], *map(int, sys.argv[2:5])


def load(name, rows=None):
    x = np.fromfile(f'{folder}/{name}-features', np.float32).reshape(-1, features)[:rows]
    return x, np.fromfile(f'{folder}/{name}-labels', np.int32)[:rows].astype(np.int64)


x, labels = load('train', count)
held_x, held_labels = load('validation')
layer = torch.nn.Linear(features, classes)
with torch.no_grad():
    layer.weight.copy_(torch.from_numpy(np.fromfile(f'{folder}/weights', np.float32).reshape(classes, features)))
    layer.bias.zero_()
before = resource.getrusage(resource.RUSAGE_SELF)
start = time.perf_counter()
scores = compute_influences(layer, torch.nn.functional.cross_entropy, x, labels, held_x[None], held_labels[None],
                            inversion_method='cg', hessian_regularization=0.01)
seconds = time.perf_counter() - start
after = resource.getrusage(resource.RUSAGE_SELF)
scores.astype(np.float64).ravel().tofile(f'{folder}/scores')
print(f'{seconds:.2f} s ({after.ru_utime - before.ru_utime:.2f} s of processor), '
      f'{(after.ru_maxrss - before.ru_maxrss) / 1024:.0f} MiB extra')
