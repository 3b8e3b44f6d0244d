"""Golden values of proximal-teacher: the losses of both steps, the learned multiplier, and one iteration of two linear models."""

import json
import pathlib

import torch
import torch.nn.functional as F

from golden import random_batch, write


def divergence(target, logits):
    return F.kl_div(F.log_softmax(logits, 1), F.log_softmax(target.detach(), 1), reduction='batchmean', log_target=True)


def teacher_loss(student, teacher, labels, options, multiplier=1.0):
    label, apart = F.cross_entropy(teacher, labels), divergence(student, teacher)
    if options.get('dual'):
        return label + multiplier * (apart - options['allowance'])
    return (1 - options.get('pull', 0.4)) * label + options.get('pull', 0.4) * apart


def steps(name, options, batch):
    student = torch.tensor(batch['studentLogits'], dtype=torch.float64, requires_grad=True)
    teacher = torch.tensor(batch['teacherLogits'][0], dtype=torch.float64, requires_grad=True)
    of_teacher = teacher_loss(student, teacher, torch.tensor(batch['labels']), options)
    of_student = divergence(teacher, student)
    (gradient_of_teacher,) = torch.autograd.grad(of_teacher, teacher)
    (gradient_of_student,) = torch.autograd.grad(of_student, student)
    apart = divergence(student, teacher).item()
    rate = options.get('multiplierLearningRate', 0)
    return {
        'name': name,
        'options': options,
        'studentLogits': batch['studentLogits'],
        'teacherLogits': batch['teacherLogits'][0],
        'labels': batch['labels'],
        'teacher': {'loss': of_teacher.item(), 'gradient': gradient_of_teacher.tolist()},
        'student': {'loss': of_student.item(), 'gradient': gradient_of_student.tolist()},
        'nextMultiplier': max(0.0, 1 + rate * (apart - options.get('allowance', 0))),
    }


def iteration(name, options, student_rate):
    inputs = torch.tensor([[1.0, 2.0], [-1.0, 0.5]], dtype=torch.float64)
    labels = torch.tensor([1, 0])
    teacher = torch.tensor([[0.2, -0.1, 0.3], [0.4, 0.1, -0.2]], dtype=torch.float64, requires_grad=True)
    student = torch.tensor([[0.1, 0.0, -0.1], [0.0, 0.2, 0.1]], dtype=torch.float64, requires_grad=True)
    start = {'teacherKernel': teacher.tolist(), 'studentKernel': student.tolist()}
    loss = teacher_loss((inputs @ student).detach(), inputs @ teacher, labels, options)
    (gradient,) = torch.autograd.grad(loss, teacher)
    after = (teacher - options['teacherLearningRate'] * gradient).detach()
    (gradient,) = torch.autograd.grad(divergence(inputs @ after, inputs @ student), student)
    return {
        'name': name,
        'options': options,
        'inputs': inputs.tolist(),
        'labels': labels.tolist(),
        **start,
        'studentLearningRate': student_rate,
        'teacherKernelAfter': after.tolist(),
        'studentKernelAfter': (student - student_rate * gradient).tolist(),
    }


HAND = {'studentLogits': [[0.5, 1.5, 0.2], [1.0, -0.5, 0.3]], 'teacherLogits': [[[2.0, 1.0, 0.0], [-0.3, 0.4, 1.2]]],
        'labels': [1, 0]}

write(
    'proximal-teacher',
    [
        steps('by hand', {}, HAND),
        steps('no pull', {'pull': 0}, random_batch(1, 3, 5)),
        steps('dual', {'dual': True, 'allowance': 0.1, 'multiplierLearningRate': 0.5}, HAND),
        steps('dual, larger', {'dual': True, 'allowance': 0.3, 'multiplierLearningRate': 0.1}, random_batch(2, 4, 6)),
    ],
)

path = pathlib.Path(__file__).resolve().parents[2] / 'packages/losses/src/proximal-teacher/proximal-teacher.golden.json'
golden = json.loads(path.read_text())
golden['iteration'] = iteration('one iteration', {'pull': 0.4, 'teacherLearningRate': 0.5}, 1.0)
path.write_text(json.dumps(golden, indent=1) + '\n')
