"""Shared by the scripts that make golden files: fixed batches, and writing a method's file.

Everything is computed in float64 by PyTorch, from the formula as the method's source states it, with autograd for the
gradient: nothing of the TypeScript code is used.
"""

import json
import pathlib
import sys

import torch

PACKAGES = pathlib.Path(__file__).resolve().parents[2] / 'packages'


def random_batch(seed, examples, classes, teachers=1, spread=2.0, epoch=0):
    """A batch of normal logits, rounded to 4 digits so that float32 and float64 read the same numbers."""
    generator = torch.Generator().manual_seed(seed)

    def table():
        logits = spread * torch.randn(examples, classes, generator=generator, dtype=torch.float64)
        return logits.mul(1e4).round().div(1e4).tolist()

    labels = torch.randint(classes, (examples,), generator=generator).tolist()
    return {
        'studentLogits': table(),
        'teacherLogits': [table() for _ in range(teachers)],
        'labels': labels,
        'epoch': epoch,
    }


# The case worked by hand in the reference: one example, four classes, label 1.
HAND_BATCH = {
    'studentLogits': [[0.5, 1.5, 0.2, -0.3]],
    'teacherLogits': [[[2.0, 1.0, 0.0, -1.0]]],
    'labels': [1],
    'epoch': 0,
}


def case(name, options, batch, loss):
    """One golden case; `loss(student, teachers, labels, epoch, **options)` returns a scalar."""
    student = torch.tensor(batch['studentLogits'], dtype=torch.float64, requires_grad=True)
    teachers = [torch.tensor(table, dtype=torch.float64) for table in batch['teacherLogits']]
    labels = torch.tensor(batch['labels'])
    value = loss(student, teachers, labels, batch['epoch'], **options)
    value.backward()
    return {
        'name': name,
        'options': options,
        'batch': batch,
        'loss': value.item(),
        'gradient': student.grad.tolist(),
    }


def normal(seed, *shape, spread=1.0):
    """Normal numbers, rounded to 4 digits so that float32 and float64 read the same numbers."""
    generator = torch.Generator().manual_seed(seed)
    values = spread * torch.randn(*shape, generator=generator, dtype=torch.float64)
    return values.mul(1e4).round().div(1e4)


def feature_case(name, options, student, teacher, variables, loss):
    """One golden case of a feature's term; `loss(student, teacher, variables, **options)` returns [N] example losses."""
    student = student.clone().requires_grad_()
    variables = {key: value.clone().requires_grad_() for key, value in variables.items()}
    examples = loss(student, teacher, variables, **options)
    examples.mean().backward()
    return {
        'name': name,
        'options': options,
        'inputs': {
            'student': student.tolist(),
            'teacher': teacher.tolist(),
            'variables': {key: value.tolist() for key, value in variables.items()},
        },
        'examples': examples.tolist(),
        'gradients': {
            'student': student.grad.tolist(),
            'variables': {key: value.grad.tolist() for key, value in variables.items()},
        },
    }


def write(method, cases, package='losses'):
    """Writes packages/<package>/src/<method>/<method>.golden.json."""
    script = f'tools/goldens/{pathlib.Path(sys.argv[0]).name}'
    source = f'{script}, float64, PyTorch {torch.__version__}'
    path = PACKAGES / package / 'src' / method / f'{method}.golden.json'
    path.write_text(json.dumps({'source': source, 'cases': cases}, indent=1) + '\n')
    print(f'{path.name}: {len(cases)} cases')
