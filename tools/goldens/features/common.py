"""Shared by the golden scripts of feature and relation distillation.

Everything is computed in float64 by PyTorch from the formula, channels last (NHWC), with autograd for the gradients. Inputs are
rounded to 4 digits so that float32 and float64 read the same numbers. Filters have TensorFlow's layout: [h, w, in, out] of a
convolution, [h, w, out, in] of a transposed one, [in, out] of a dense layer.
"""

import json
import math
import pathlib

import torch
import torch.nn.functional as F

METHODS = pathlib.Path(__file__).resolve().parents[3] / 'packages' / 'features' / 'src'
torch.set_default_dtype(torch.float64)


class Numbers:
    """A stream of rounded normal numbers."""

    def __init__(self, seed):
        self.generator = torch.Generator().manual_seed(seed)

    def normal(self, *shape, spread=1.0, relu=False):
        values = spread * torch.randn(*shape, generator=self.generator)
        values = values.mul(1e4).round().div(1e4)
        return values.clamp(min=0) if relu else values

    def uniform(self, *shape, low=-1.0, high=1.0):
        values = low + (high - low) * torch.rand(*shape, generator=self.generator)
        return values.mul(1e4).round().div(1e4)

    def labels(self, count, classes):
        return torch.randint(classes, (count,), generator=self.generator)

    def integers(self, limit, *shape):
        return torch.randint(limit, shape, generator=self.generator)


def listed(value):
    if isinstance(value, torch.Tensor):
        return value.tolist()
    if isinstance(value, dict):
        return {key: listed(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [listed(item) for item in value]
    return value


def case(name, options, inputs, loss, differentiate, extra=None):
    """One golden case.

    `inputs` maps names to tensors or numbers; `differentiate` names those whose gradient is wanted (tensors, or dicts of tensors);
    `loss(inputs, **options)` returns a scalar, or (scalar, parts) with parts a dict of [N] tensors or scalars, or
    (scalar, parts, state) with state a dict of tensors after the step.
    """
    def leaf(value):
        if isinstance(value, dict):
            return {key: leaf(item) for key, item in value.items()}
        return value.clone().requires_grad_() if value.is_floating_point() else value

    prepared = {key: leaf(value) if key in differentiate else value for key, value in inputs.items()}
    result = loss(prepared, **options)
    value, parts, state = (*result, {}, {})[:3] if isinstance(result, tuple) else (result, {}, {})
    value.backward()

    def gradient(value):
        if isinstance(value, dict):
            return {key: gradient(item) for key, item in value.items()}
        return torch.zeros_like(value) if value.grad is None else value.grad

    made = {
        'name': name,
        'options': options,
        'inputs': listed(inputs),
        'loss': value.item(),
        'gradients': {key: listed(gradient(prepared[key])) for key in differentiate},
    }
    if parts:
        made['parts'] = {key: listed(part.detach()) for key, part in parts.items()}
    if state:
        made['state'] = {key: listed(item.detach()) for key, item in state.items()}
    if extra:
        made.update(extra)
    return made


# Where a method has another name than its formula.
FOLDERS = {
    'relational': 'relational-knowledge',
    'variational': 'variational-information',
    'review': 'knowledge-review',
    'contrastive': 'contrastive-representation',
}


def write(name, formula, cases, notes='', folder=None):
    folder = METHODS / (folder or FOLDERS.get(name, name))
    if not folder.is_dir():
        print(f'{name}: no such method here')
        return
    path = folder / f'{FOLDERS.get(name, name)}.golden.json'
    previous = json.loads(path.read_text()) if path.exists() else {}
    content = {
        'source': f'float64, PyTorch {torch.__version__.split("+")[0]}, NHWC',
        'formula': formula,
        **({'notes': notes} if notes else {}),
        'checked': previous.get('checked', {}),
        'cases': cases,
    }
    path.write_text(json.dumps(content, indent=None, separators=(',', ':')).replace('{"name"', '\n{"name"') + '\n')
    print(f'{path.name}: {len(cases)} cases', ', '.join(f'{c["loss"]:.6g}' for c in cases))


# ---- building blocks, channels last ----

def channels_first(x):
    return x.permute(0, 3, 1, 2)


def channels_last(x):
    return x.permute(0, 2, 3, 1)


def conv(x, kernel, bias=None, stride=1, padding=0):
    """kernel [h, w, in, out]"""
    return channels_last(F.conv2d(channels_first(x), kernel.permute(3, 2, 0, 1), bias, stride, padding))


def conv_transpose(x, kernel, bias=None, stride=1, padding=0):
    """kernel [h, w, out, in]"""
    return channels_last(F.conv_transpose2d(channels_first(x), kernel.permute(3, 2, 0, 1), bias, stride, padding))


def batch_norm(x, gamma=None, beta=None, eps=1e-5):
    """With the batch's own mean and biased variance over every axis but the last."""
    axes = tuple(range(x.dim() - 1))
    mean = x.mean(axes, keepdim=True)
    variance = (x - mean).square().mean(axes, keepdim=True)
    x = (x - mean) / (variance + eps).sqrt()
    if gamma is not None:
        x = x * gamma + beta
    return x


def dense(x, kernel, bias=None):
    x = x @ kernel
    return x if bias is None else x + bias


def unit(x, dim, eps=1e-12):
    """x / max(|x|, eps): what torch.nn.functional.normalize does."""
    return x / x.norm(dim=dim, keepdim=True).clamp_min(eps)


def averaging(size, target):
    """[target, size] rows of adaptive average pooling: window i is floor(i size / target) .. ceil((i + 1) size / target)."""
    rows = torch.zeros(target, size)
    for i in range(target):
        start, end = (i * size) // target, -((-(i + 1) * size) // target)
        rows[i, start:end] = 1 / (end - start)
    return rows


def adaptive_average(x, height, width=None):
    """Adaptive average pooling as two products, which is differentiable in any framework."""
    width = height if width is None else width
    rows, columns = averaging(x.shape[1], height), averaging(x.shape[2], width)
    return torch.einsum('ih,nhwc,jw->nijc', rows, x, columns)


def same_size(student, teacher):
    """The larger of two maps is pooled to the smaller."""
    if student.shape[1] > teacher.shape[1]:
        return adaptive_average(student, *teacher.shape[1:3]), teacher
    if student.shape[1] < teacher.shape[1]:
        return student, adaptive_average(teacher, *student.shape[1:3])
    return student, teacher


def flat(x):
    return x.reshape(x.shape[0], -1)


def channel_rows(x):
    """[N, H, W, C] to [N, C, H W]"""
    return x.reshape(x.shape[0], -1, x.shape[-1]).transpose(1, 2)


def smooth_l1(x):
    """Huber with threshold 1"""
    return torch.where(x.abs() < 1, 0.5 * x * x, x.abs() - 0.5)


def kl(teacher_logits, student_logits, temperature=1.0):
    """[N] KL(teacher || student) at the temperature, without its square"""
    p = F.softmax(teacher_logits / temperature, dim=-1)
    return (p * (F.log_softmax(teacher_logits / temperature, -1) - F.log_softmax(student_logits / temperature, -1))).sum(-1)
