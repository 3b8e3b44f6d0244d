"""Golden values of influence through the last layer, with the whole Hessian formed by autograd and solved directly.

Nothing here knows the closed forms that the TypeScript code uses: the Hessian is torch.autograd.functional.hessian of the mean
loss in the layer's weights and bias, and each gradient is autograd's.
"""

import json

import torch
import torch.nn.functional as F

from golden import PACKAGES


def example_losses(weights, inputs, labels, teacher, temperature):
    logits = inputs @ weights.T
    if teacher is None:
        return F.cross_entropy(logits, labels, reduction='none')
    student = F.log_softmax(logits / temperature, dim=1)
    return temperature**2 * F.kl_div(student, F.softmax(teacher / temperature, dim=1), reduction='none').sum(dim=1)


def tables(generator, weights, examples, labels=None):
    features = torch.randn(examples, weights.shape[1] - 1, generator=generator, dtype=torch.float64).mul(1e3).round() / 1e3
    inputs = torch.cat([features, torch.ones(examples, 1, dtype=torch.float64)], dim=1)
    if labels is None:
        labels = torch.randint(weights.shape[0], (examples,), generator=generator)
    return features, inputs, labels


def gradients(weights, inputs, labels, teacher, temperature):
    rows = []
    for row in range(len(labels)):
        variable = weights.clone().requires_grad_()
        one = slice(row, row + 1)
        example_losses(variable, inputs[one], labels[one], None if teacher is None else teacher[one], temperature).backward()
        rows.append(variable.grad.flatten())
    return torch.stack(rows)


def group_order(solutions):
    """Each example's place when each time the one is left out that keeps the sum over those left out shortest, tried one by one."""
    places, total = [None] * len(solutions), torch.zeros_like(solutions[0])
    for place in range(len(solutions)):
        left = [row for row in range(len(solutions)) if places[row] is None]
        best = min(left, key=lambda row: (total + solutions[row]).norm().item())
        places[best] = place
        total = total + solutions[best]
    return places


def case(name, seed, classes, width, examples, damping, temperature=4, distilled=False):
    generator = torch.Generator().manual_seed(seed)
    weights = torch.randn(classes, width + 1, generator=generator, dtype=torch.float64).mul(1e3).round() / 1e3
    features, inputs, labels = tables(generator, weights, examples)
    teacher = 2 * torch.randn(examples, classes, generator=generator, dtype=torch.float64) if distilled else None
    held_labels = torch.arange(2 * classes) % classes
    held_features, held_inputs, held_labels = tables(generator, weights, 2 * classes, held_labels)

    size = weights.numel()
    hessian = torch.autograd.functional.hessian(
        lambda w: example_losses(w.reshape(weights.shape), inputs, labels, teacher, temperature).mean(), weights.flatten())
    damped = hessian + damping * torch.eye(size, dtype=torch.float64)
    own = gradients(weights, inputs, labels, teacher, temperature)
    held = gradients(weights, held_inputs, held_labels, None, 1).mean(dim=0)
    solved = torch.linalg.solve(damped, own.T).T
    return {
        'name': name,
        'damping': damping,
        'temperature': temperature,
        'features': features.tolist(),
        'logits': (inputs @ weights.T).tolist(),
        'labels': labels.tolist(),
        **({'teacherLogits': teacher.tolist()} if distilled else {}),
        'validation': {
            'features': held_features.tolist(),
            'logits': (held_inputs @ weights.T).tolist(),
            'labels': held_labels.tolist(),
        },
        'influence': (own @ torch.linalg.solve(damped, held)).tolist(),
        'identityInfluence': (own @ held).tolist(),
        'diagonalInfluence': (own @ (held / torch.diagonal(damped))).tolist(),
        'selfInfluence': (own * solved).sum(dim=1).tolist(),
        'parameterInfluence': solved.norm(dim=1).tolist(),
        'groupParameterInfluence': group_order(solved),
        'gradientLength': own.norm(dim=1).tolist(),
    }


cases = [
    case('cross-entropy', 1, 4, 3, 17, 0.01),
    case('two classes, one feature', 2, 2, 1, 5, 0.1),
    case('more weights than examples', 3, 5, 6, 11, 0.001),
    case('distillation', 4, 3, 4, 14, 0.01, temperature=2.5, distilled=True),
]
source = f'tools/goldens/last_layer_influence.py, float64, PyTorch {torch.__version__}'
path = PACKAGES / 'selection' / 'src' / 'influence' / 'last-layer-influence.golden.json'
path.write_text(json.dumps({'source': source, 'cases': cases}, indent=1) + '\n')
print(f'{path.name}: {len(cases)} cases')
