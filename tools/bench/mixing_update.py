"""The update of tools/bench/mixing.mjs in PyTorch: one pass of the closed form, and one step through autograd for comparison.

Reads the sizes as JSON from standard input and prints seconds as JSON.
"""

import json
import sys
import time

import torch
import torch.nn.functional as F

sizes = json.load(sys.stdin)
examples, classes, depth = sizes['examples'], sizes['classes'], sizes['depth']
group, held_out, repeats = sizes['group'], sizes['heldOut'], sizes['repeats']
torch.set_num_threads(sizes['threads'])
torch.manual_seed(1)
temperature, learning_rate, batch_size, step_size = 4.0, 0.1, 128, 1500.0


def part(count):
    return torch.randn(count, depth).relu(), torch.randn(count, classes), torch.randint(classes, (count,))


features, logits, labels = part(examples)
teacher = torch.randn(examples, classes)
held_features, held_logits, held_labels = part(held_out)
held_truth = F.one_hot(held_labels, classes).float()
weights = torch.tensor([0.1, 0.9]).repeat(examples, 1)


def update():
    for start in range(0, examples, group):
        rows = slice(start, min(start + group, examples))
        own, inputs = logits[rows], features[rows]
        truth = F.one_hot(labels[rows], classes).float()
        soft_labels = F.softmax(teacher[rows] / temperature, 1)
        gradients = [
            (F.softmax(own, 1) - truth) / batch_size,
            (F.softmax(own / temperature, 1) - soft_labels) * (temperature / batch_size),
        ]
        mix = weights[rows]
        for _ in range(repeats):
            step = mix[:, :1] * gradients[0] + mix[:, 1:] * gradients[1]
            ahead = held_logits - learning_rate * (step.sum(0) + held_features @ (step.T @ inputs).T)
            residuals = (F.softmax(ahead, 1) - held_truth) / held_out
            towards = residuals.sum(0) + inputs @ (residuals.T @ held_features).T
            slope = -learning_rate * torch.stack([(gradient * towards).sum(1) for gradient in gradients], 1)
            mix = (mix - step_size * slope).clamp(1e-7, 2 - 1e-7)
        weights[rows] = mix


def median(values):
    return sorted(values)[(len(values) - 1) // 2]


with torch.no_grad():
    wall, processor = [], []
    for _ in range(sizes['rounds'] + 1):
        started = time.perf_counter(), time.process_time()
        update()
        wall.append(time.perf_counter() - started[0])
        processor.append(time.process_time() - started[1])
print(json.dumps({'wall': median(wall[1:]), 'processor': median(processor[1:]), 'version': torch.__version__}))
