"""Golden values of fitnet-hint: 100 * mean of (regressor(student) - teacher)^2, regressor = linear, batch normalisation, ReLU.

Maps are stated channels last, as the package has them, and turned for PyTorch."""

import torch.nn.functional as F

from golden import feature_case, normal, write


def to_pytorch(values):
    return values.permute(0, 3, 1, 2)


def linear(student, teacher, kernel, bias):
    if student.dim() == 2:
        return student @ kernel + bias
    size, wanted = student.shape[1], teacher.shape[1]
    if size == 2 * wanted:
        made = F.conv2d(to_pytorch(student), kernel.permute(3, 2, 0, 1), bias, stride=2, padding=1)
    elif wanted == 2 * size:
        # Kept [height, width, outputs, inputs]; PyTorch wants [inputs, outputs, height, width].
        made = F.conv_transpose2d(to_pytorch(student), kernel.permute(3, 2, 0, 1), bias, stride=2, padding=1)
    else:
        made = F.conv2d(to_pytorch(student), kernel.permute(3, 2, 0, 1), bias)
    return made.permute(0, 2, 3, 1)


def hint(student, teacher, variables, hintWeight=100, batchNormalization=True, relu=True):
    value = linear(student, teacher, variables['kernel'], variables['bias'])
    if batchNormalization:
        axes = tuple(range(value.dim() - 1))
        mean, variance = value.mean(axes), value.var(axes, unbiased=False)
        value = (value - mean) / (variance + 1e-5).sqrt() * variables['scale'] + variables['offset']
    if relu:
        value = value.relu()
    return hintWeight * (value - teacher).square().flatten(1).mean(1)


def variables(seed, *kernel, outputs):
    return {'kernel': normal(seed, *kernel), 'bias': normal(seed + 1, outputs),
            'scale': normal(seed + 2, outputs), 'offset': normal(seed + 3, outputs)}


def plain(seed, *kernel, outputs):
    return {'kernel': normal(seed, *kernel), 'bias': normal(seed + 1, outputs)}


write(
    'fitnet-hint',
    [
        feature_case('vectors', {'hintWeight': 1}, normal(1, 5, 4), normal(2, 5, 3).relu(), variables(3, 4, 3, outputs=3), hint),
        feature_case('maps of one size', {'hintWeight': 1}, normal(10, 3, 4, 4, 3), normal(11, 3, 4, 4, 5).relu(),
                     variables(12, 1, 1, 3, 5, outputs=5), hint),
        feature_case('a convolution alone', {'hintWeight': 2, 'batchNormalization': False, 'relu': False},
                     normal(20, 2, 3, 3, 2), normal(21, 2, 3, 3, 4), plain(22, 1, 1, 2, 4, outputs=4), hint),
        feature_case('a map of twice the size', {'hintWeight': 1}, normal(30, 2, 4, 4, 3), normal(31, 2, 2, 2, 4).relu(),
                     variables(32, 3, 3, 3, 4, outputs=4), hint),
        feature_case('a map of half the size', {'hintWeight': 1}, normal(40, 2, 2, 2, 3), normal(41, 2, 4, 4, 4).relu(),
                     variables(42, 4, 4, 4, 3, outputs=4), hint),
        feature_case('a map a little larger', {'hintWeight': 1}, normal(50, 2, 5, 5, 2), normal(51, 2, 3, 3, 3).relu(),
                     variables(52, 3, 3, 2, 3, outputs=3), hint),
    ],
    package='features',
)
