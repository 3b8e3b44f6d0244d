"""Golden values of influence through all weights of a small network, by double backward and a direct solve.

The Hessian is torch.autograd.functional.hessian of the mean loss in all weights; the Gauss-Newton matrix is made of autograd's Jacobian
of the logits. Nothing of the TypeScript code's differences is used.
"""

import json

import torch
import torch.nn.functional as F

from golden import PACKAGES


def split(flat, sizes):
    parts, at = [], 0
    for rows, columns in sizes:
        parts.append(flat[at:at + rows * columns].reshape(rows, columns))
        at += rows * columns
    return parts


def logits(flat, inputs, sizes):
    kernel, bias, last, last_bias = split(flat, sizes)
    return torch.tanh(inputs @ kernel + bias) @ last + last_bias


def case(name, seed, width, hidden, classes, examples, damping):
    generator = torch.Generator().manual_seed(seed)
    normal = lambda *shape: torch.randn(*shape, generator=generator, dtype=torch.float64).mul(1e3).round() / 1e3
    # In the order and layout of a TensorFlow.js model: kernel [inputs, units], bias, kernel, bias.
    sizes = [(width, hidden), (1, hidden), (hidden, classes), (1, classes)]
    flat = 0.5 * torch.cat([normal(rows * columns) for rows, columns in sizes])
    inputs, held_inputs = normal(examples, width), normal(2 * classes, width)
    labels = torch.randint(classes, (examples,), generator=generator)
    held_labels = torch.arange(2 * classes) % classes

    def losses(weights, x, y):
        return F.cross_entropy(logits(weights, x, sizes), y, reduction='none')

    # Near a minimum, where the damped Hessian is positive definite.
    for _ in range(400):
        gradient = torch.autograd.functional.jacobian(lambda w: losses(w, inputs, labels).mean(), flat)
        flat = flat - 0.3 * (gradient + 0.02 * flat)
    flat = flat.mul(1e4).round() / 1e4

    own = torch.autograd.functional.jacobian(lambda w: losses(w, inputs, labels), flat)
    held = torch.autograd.functional.jacobian(lambda w: losses(w, held_inputs, held_labels).mean(), flat)
    hessian = torch.autograd.functional.hessian(lambda w: losses(w, inputs, labels).mean(), flat)
    jacobian = torch.autograd.functional.jacobian(lambda w: logits(w, inputs, sizes), flat)
    p = logits(flat, inputs, sizes).softmax(dim=1)
    curvature = torch.diag_embed(p) - p[:, :, None] * p[:, None, :]
    gauss_newton = torch.einsum('ncp,ncd,ndq->pq', jacobian, curvature, jacobian) / examples
    eye = damping * torch.eye(len(flat), dtype=torch.float64)
    assert torch.linalg.eigvalsh(hessian + eye)[0] > 0, 'the damped Hessian must be positive definite'
    return {
        'name': name,
        'damping': damping,
        'hidden': hidden,
        'weights': [part.tolist() for part in split(flat, sizes)],
        'inputs': inputs.tolist(),
        'labels': labels.tolist(),
        'validation': {'inputs': held_inputs.tolist(), 'labels': held_labels.tolist()},
        'hessian': (own @ torch.linalg.solve(hessian + eye, held)).tolist(),
        'gaussNewton': (own @ torch.linalg.solve(gauss_newton + eye, held)).tolist(),
        'smallestCurvature': torch.linalg.eigvalsh(hessian)[0].item(),
    }


cases = [
    case('three classes', 1, 3, 4, 3, 20, 0.1),
    case('two classes, wide', 2, 2, 9, 2, 15, 0.2),
]
source = f'tools/goldens/whole_network_influence.py, float64, PyTorch {torch.__version__}'
path = PACKAGES / 'selection' / 'src' / 'influence' / 'whole-network-influence.golden.json'
path.write_text(json.dumps({'source': source, 'cases': cases}, indent=1) + '\n')
print(f'{path.name}: {len(cases)} cases', [c['smallestCurvature'] for c in cases])
