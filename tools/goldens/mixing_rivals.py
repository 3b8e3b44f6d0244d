"""Golden values of the rivals of learned mixing in @kd/meta-mixing."""

import numpy
import torch
import torch.nn.functional as F
from scipy.special import lambertw

from golden import HAND_BATCH, case, random_batch, write


def terms(student, teachers, labels, temperature):
    losses = [F.cross_entropy(student, labels)]
    for teacher in teachers:
        soft_labels = F.softmax(teacher / temperature, dim=1)
        log_predictions = F.log_softmax(student / temperature, dim=1)
        losses.append(temperature**2 * F.kl_div(log_predictions, soft_labels, reduction='batchmean'))
    return losses


def fixed_mixing(student, teachers, labels, epoch, labelWeight=0.1, teacherWeights=(0.9,), temperature=4):
    weights = [labelWeight, *teacherWeights]
    return sum(weight * loss for weight, loss in zip(weights, terms(student, teachers, labels, temperature)))


write(
    'fixed-mixing',
    [
        case('by hand', {}, HAND_BATCH, fixed_mixing),
        case('two teachers', {'labelWeight': 0.5, 'teacherWeights': [0.3, 1.2], 'temperature': 2},
             random_batch(61, 5, 6, teachers=2), fixed_mixing),
    ],
    package='meta-mixing',
)


def uncertainty_case(name, options, batch):
    teachers = options.get('teachers', 1)
    variances = torch.tensor(options.get('logVariances', [0.0] * (teachers + 1)), dtype=torch.float64, requires_grad=True)

    def loss(student, teacher_logits, labels, epoch, temperature=4, **_):
        losses = terms(student, teacher_logits, labels, temperature)
        return sum(loss / variance.exp() + variance.exp().sqrt().log() for loss, variance in zip(losses, variances))

    return {**case(name, options, batch, loss), 'varianceGradient': variances.grad.tolist()}


write(
    'uncertainty-weighting',
    [
        uncertainty_case('by hand', {}, HAND_BATCH),
        uncertainty_case('two teachers', {'teachers': 2, 'logVariances': [0.5, -1.0, 2.0]}, random_batch(62, 4, 5, teachers=2)),
        uncertainty_case('temperature 2', {'temperature': 2, 'logVariances': [-0.3, 0.8]}, random_batch(63, 3, 4)),
    ],
    package='meta-mixing',
)


def meta_weight_case(name, batch, hidden_units=6):
    generator = torch.Generator().manual_seed(len(name))
    terms_count = 1 + len(batch['teacherLogits'])

    def values(*shape):
        return torch.randn(*shape, generator=generator, dtype=torch.float64).mul(1e4).round().div(1e4)

    state = {
        'hiddenKernel': values(terms_count, hidden_units),
        'hiddenBias': values(hidden_units),
        'outputKernel': values(hidden_units, terms_count),
        'outputBias': values(terms_count),
    }

    def loss(student, teacher_logits, labels, epoch, **_):
        temperature = 4.0
        columns = [F.cross_entropy(student, labels, reduction='none')]
        for teacher in teacher_logits:
            divergence = F.kl_div(
                F.log_softmax(student / temperature, 1), F.softmax(teacher / temperature, 1), reduction='none')
            columns.append(temperature**2 * divergence.sum(1))
        losses = torch.stack(columns, 1)
        hidden = (losses.detach() @ state['hiddenKernel'] + state['hiddenBias']).relu()
        weights = (hidden @ state['outputKernel'] + state['outputBias']).sigmoid()
        return (weights * losses).sum(1).mean()

    options = {
        'teachers': terms_count - 1,
        'hiddenUnits': hidden_units,
        'state': {key: value.tolist() for key, value in state.items()},
    }
    return case(name, options, batch, loss)


write(
    'meta-weight-net',
    [
        meta_weight_case('by hand', HAND_BATCH),
        meta_weight_case('two teachers', random_batch(71, 5, 6, teachers=2)),
    ],
    package='meta-mixing',
)


def super_loss(student, teachers, labels, epoch, regularization=1.0, threshold=None):
    temperature = 4.0
    losses = 0.1 * F.cross_entropy(student, labels, reduction='none')
    divergence = F.kl_div(
        F.log_softmax(student / temperature, 1), F.softmax(teachers[0] / temperature, 1), reduction='none')
    losses = losses + 0.9 * temperature**2 * divergence.sum(1)
    limit = numpy.log(student.shape[1]) if threshold is None else threshold
    excess = (losses.detach().numpy() - limit) / regularization
    # A hair above the branch point, where scipy gives NaN.
    branch = lambertw(numpy.maximum(1e-15 - 1 / numpy.e, excess / 2)).real
    confidence = torch.from_numpy(numpy.exp(-branch))
    return ((losses - limit) * confidence + regularization * confidence.log() ** 2).mean()


write(
    'super-loss',
    [
        case('by hand', {}, HAND_BATCH, super_loss),
        case('easy and hard examples', {}, random_batch(81, 8, 5), super_loss),
        case('a quarter of the regularization', {'regularization': 0.25}, random_batch(82, 6, 4), super_loss),
        case('another threshold', {'threshold': 3.0}, random_batch(83, 5, 3), super_loss),
    ],
    package='meta-mixing',
)


class ReversedGradient(torch.autograd.Function):
    @staticmethod
    def forward(context, value, factor):
        context.factor = factor
        return value.clone()

    @staticmethod
    def backward(context, gradient):
        return -context.factor * gradient, None


def curriculum_case(name, options, batch):
    score = torch.tensor(options.get('score', 1.0), dtype=torch.float64, requires_grad=True)

    def loss(student, teachers, labels, epoch, minTemperature=1.0, temperatureRange=20.0, curriculumEpochs=10,
             softLossWeight=0.9, hardLossWeight=0.1, **_):
        part = min(epoch + 1, curriculumEpochs) / curriculumEpochs
        temperature = minTemperature + temperatureRange * ReversedGradient.apply(
            score, 0.5 - 0.5 * numpy.cos(numpy.pi * part)).sigmoid()
        divergence = F.kl_div(
            F.log_softmax(student / temperature, 1), F.softmax(teachers[0] / temperature, 1), reduction='batchmean')
        return softLossWeight * temperature**2 * divergence + hardLossWeight * F.cross_entropy(student, labels)

    return {**case(name, options, batch, loss), 'scoreGradient': score.grad.item()}


write(
    'curriculum-temperature',
    [
        curriculum_case('by hand', {}, HAND_BATCH),
        curriculum_case('fourth epoch', {'score': -0.7}, random_batch(91, 5, 6, epoch=3)),
        curriculum_case(
            'after the curriculum, other range',
            {'score': 0.3, 'minTemperature': 2, 'temperatureRange': 5, 'curriculumEpochs': 4, 'softLossWeight': 2,
             'hardLossWeight': 0.5},
            random_batch(92, 4, 3, epoch=9)),
    ],
    package='meta-mixing',
)


def grad_norm_case(name, seed, teachers=1, restoring_force=1.5, initial=True):
    """The losses' gradients in a real last layer, by autograd, and what they make of the weights."""
    batch = random_batch(seed, 6, 4, teachers=teachers)
    generator = torch.Generator().manual_seed(seed)

    def values(*shape):
        return torch.randn(*shape, generator=generator, dtype=torch.float64).mul(1e4).round().div(1e4)

    features, kernel, bias = values(6, 3).relu(), values(3, 4), values(4)
    scores = values(teachers + 1).requires_grad_()
    initial_losses = values(teachers + 1).abs() + 0.5
    for tensor in (kernel, bias):
        tensor.requires_grad_()
    student = features @ kernel + bias
    losses = terms(
        student, [torch.tensor(table, dtype=torch.float64) for table in batch['teacherLogits']],
        torch.tensor(batch['labels']), 4.0)
    norms = []
    for loss in losses:
        gradients = torch.autograd.grad(loss, (kernel, bias), retain_graph=True)
        norms.append(sum((gradient**2).sum() for gradient in gradients).sqrt())
    norms = torch.stack(norms).detach()
    weights = len(losses) * scores.softmax(0)
    ratios = torch.stack(losses).detach() / (initial_losses if initial else torch.stack(losses).detach())
    targets = (weights * norms).mean().detach() * (ratios / ratios.mean()) ** restoring_force
    balance = (weights * norms - targets).abs().sum()
    total = (weights.detach() * torch.stack(losses)).sum() + balance
    total.backward()
    return {
        'name': name,
        'options': {'teachers': teachers, 'restoringForce': restoring_force},
        'state': {
            'scores': scores.tolist(),
            **({'initialLosses': initial_losses.tolist()} if initial else {}),
        },
        'batch': {**batch, 'studentLogits': student.tolist()},
        'features': features.tolist(),
        'loss': total.item(),
        'balance': balance.item(),
        'scoreGradient': scores.grad.tolist(),
        'kernelGradient': kernel.grad.tolist(),
    }


write(
    'grad-norm',
    [
        grad_norm_case('one teacher', 101),
        grad_norm_case('two teachers', 102, teachers=2, restoring_force=0.5),
        grad_norm_case('before the run', 103, initial=False),
    ],
    package='meta-mixing',
)
