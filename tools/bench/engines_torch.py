"""PyTorch's side of `npm run bench:engines`, `engines_torch.py ROW LAYOUT THREADS`, a process for one row and layout.

Each line of standard input is a request, {"steps": 10}; each line of output the milliseconds of every step and the
processor's milliseconds of all of them. The models are those of engine-rows.mjs and of @kd/models.
"""

import json
import resource
import sys
import time
import warnings

# NumPy is not needed here.
warnings.filterwarnings('ignore', message='Failed to initialize NumPy')

import torch
from torch import nn
from torch.nn import functional


def mlp():
    return nn.Sequential(
        nn.Flatten(), nn.Linear(784, 256), nn.ReLU(), nn.Linear(256, 256), nn.ReLU(), nn.Linear(256, 10)
    )


def cnn():
    return nn.Sequential(
        nn.Conv2d(1, 32, 3), nn.ReLU(), nn.Conv2d(32, 64, 3), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(64 * 12 * 12, 128), nn.ReLU(), nn.Linear(128, 10),
    )


class PaddedShortcut(nn.Module):
    """Every other pixel, and channels of zeros on both sides."""

    def __init__(self, added):
        super().__init__()
        self.padding = (0, 0, 0, 0, added // 2, added - added // 2)

    def forward(self, x):
        return functional.pad(x[:, :, ::2, ::2], self.padding)


class Block(nn.Module):
    def __init__(self, before, filters, stride, projection):
        super().__init__()
        self.first = nn.Conv2d(before, filters, 3, stride, 1, bias=False)
        self.first_norm = nn.BatchNorm2d(filters)
        self.second = nn.Conv2d(filters, filters, 3, 1, 1, bias=False)
        self.second_norm = nn.BatchNorm2d(filters)
        if stride == 1 and before == filters:
            self.shortcut = nn.Identity()
        elif projection:
            self.shortcut = nn.Sequential(nn.Conv2d(before, filters, 1, stride, bias=False), nn.BatchNorm2d(filters))
        else:
            self.shortcut = PaddedShortcut(filters - before)

    def forward(self, x):
        inner = self.second_norm(self.second(functional.relu(self.first_norm(self.first(x)))))
        return functional.relu(inner + self.shortcut(x))


class ResNet(nn.Module):
    def __init__(self, depth, width=16, projection=False):
        super().__init__()
        layers, before = [], width
        self.stem = nn.Sequential(nn.Conv2d(3, width, 3, 1, 1, bias=False), nn.BatchNorm2d(width), nn.ReLU())
        for stage in range(3):
            for block in range((depth - 2) // 6):
                filters = width * 2**stage
                layers.append(Block(before, filters, 2 if stage > 0 and block == 0 else 1, projection))
                before = filters
        self.blocks = nn.Sequential(*layers)
        self.classifier = nn.Linear(before, 10)

    def forward(self, x):
        return self.classifier(self.blocks(self.stem(x)).mean((2, 3)))


def normalized(before, filters, size, stride=1, groups=1):
    return nn.Sequential(
        nn.Conv2d(before, filters, size, stride, size // 2, groups=groups, bias=False), nn.BatchNorm2d(filters)
    )


class InvertedResidual(nn.Module):
    def __init__(self, before, filters, stride, expansion):
        super().__init__()
        hidden = before * expansion
        self.layers = nn.Sequential(
            normalized(before, hidden, 1), nn.ReLU(), normalized(hidden, hidden, 3, stride, hidden), nn.ReLU(),
            normalized(hidden, filters, 1),
        )
        self.passes = stride == 1 and before == filters

    def forward(self, x):
        return x + self.layers(x) if self.passes else self.layers(x)


class MobileNetV2(nn.Module):
    """RepDistiller's for CIFAR at half width, as in @kd/models."""

    def __init__(self):
        super().__init__()
        layers, before = [normalized(3, 16, 3, 2), nn.ReLU()], 16
        for filters, blocks, stride in [
            (16, 1, 1), (24, 2, 1), (32, 3, 2), (64, 4, 2), (96, 3, 1), (160, 3, 2), (320, 1, 1)
        ]:
            for block in range(blocks):
                expansion = 1 if len(layers) == 2 else 6
                layers.append(InvertedResidual(before, filters // 2, stride if block == 0 else 1, expansion))
                before = filters // 2
        self.features = nn.Sequential(*layers, normalized(before, 1280, 1), nn.ReLU())
        self.classifier = nn.Linear(1280, 10)

    def forward(self, x):
        return self.classifier(self.features(x).mean((2, 3)))


def in_layout(layout, x):
    return x.to(memory_format=torch.channels_last) if layout == 'nhwc' else x


def vanilla_kd(logits, teacher_logits, labels):
    soft = functional.kl_div(
        functional.log_softmax(logits / 4, 1), functional.softmax(teacher_logits / 4, 1), reduction='batchmean'
    )
    return 0.1 * functional.cross_entropy(logits, labels) + 0.9 * 16 * soft


def weighted_soft_labels(logits, teacher_logits, labels):
    losses = functional.cross_entropy(logits, labels, reduction='none')
    with torch.no_grad():
        weights = 1 - torch.exp(-losses / (functional.cross_entropy(teacher_logits, labels, reduction='none') + 1e-7))
    soft = -(functional.softmax(teacher_logits / 4, 1) * functional.log_softmax(logits / 4, 1)).sum(1)
    return (losses + 2.25 * 16 * weights * soft).mean()


def training(model, shape, layout, teacher=None, method=None):
    model = in_layout(layout, model).train()
    x = in_layout(layout, torch.randn(64, *shape))
    labels = torch.arange(64) % 10
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9)
    if teacher is not None:
        teacher = in_layout(layout, teacher).eval()

    def step():
        optimizer.zero_grad(set_to_none=True)
        if teacher is None:
            loss = functional.cross_entropy(model(x), labels)
        else:
            with torch.no_grad():
                teacher_logits = teacher(x)
            loss = method(model(x), teacher_logits, labels)
        loss.backward()
        optimizer.step()

    return step, [model] if teacher is None else [teacher, model]


def forward(model, shape, layout):
    model = in_layout(layout, model).eval()
    x = in_layout(layout, torch.randn(64, *shape))

    def step():
        with torch.no_grad():
            model(x)

    return step, [model]


def product():
    a, b = torch.randn(1024, 1024), torch.randn(1024, 1024)

    def step():
        torch.mm(a, b)

    return step, []


def peak_megabytes():
    """The most memory that this process ever had resident."""
    try:
        with open('/proc/self/status', encoding='ascii') as status:
            return next(int(line.split()[1]) for line in status if line.startswith('VmHWM')) / 1024
    except FileNotFoundError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024  # not Linux


GREY, COLOUR = (1, 28, 28), (3, 32, 32)
ROWS = {
    'a': lambda layout: training(mlp(), GREY, 'nchw'),
    'b': lambda layout: training(cnn(), GREY, layout),
    'c': lambda layout: training(ResNet(8, projection=True), COLOUR, layout),
    'd': lambda layout: forward(ResNet(20, 32, projection=True), COLOUR, layout),
    'e': lambda layout: training(ResNet(20), COLOUR, layout, ResNet(56), vanilla_kd),
    'f': lambda layout: training(ResNet(20), COLOUR, layout, ResNet(56), weighted_soft_labels),
    'g': lambda layout: product(),
    'h': lambda layout: training(MobileNetV2(), COLOUR, layout),
}

row, layout, threads = sys.argv[1:]
torch.manual_seed(0)
torch.set_num_threads(int(threads))
step, models = ROWS[row](layout)
parameters = sum(parameter.numel() for model in models for parameter in model.parameters())
print(json.dumps({'version': f'PyTorch {torch.__version__}', 'parameters': parameters}), flush=True)
for line in sys.stdin:
    times = []
    used = time.process_time()
    for _ in range(json.loads(line)['steps']):
        start = time.perf_counter()
        step()
        times.append((time.perf_counter() - start) * 1000)
    answer = {'times': times, 'cpu': (time.process_time() - used) * 1000, 'peak': peak_megabytes()}
    print(json.dumps(answer), flush=True)
