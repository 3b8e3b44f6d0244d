"""One update of a small student by the losses of torchdistill (`pip install torch torchdistill`), as JSON for torchdistill-step.mjs.

Student and teacher are two convolutions and a dense layer. The label's cross-entropy is added with weight 1, the optimizer is plain SGD,
and the batch is all there is. Filters are printed channels last: [height, width, inputs, outputs].
"""

import json

import torch
import torchdistill
from torch import nn
from torch.nn import functional as F
from torchdistill.losses import mid_level
from torchdistill.models import wrapper

# In float32 PKT's terms, which nearly cancel, are themselves wrong by 6e-5.
torch.set_default_dtype(torch.float64)
EXAMPLES, SIZE, CLASSES, RATE = 8, 8, 5, 0.05
STUDENT, TEACHER = (4, 6), (5, 8)


class Network(nn.Module):
    def __init__(self, widths):
        super().__init__()
        self.stage1 = nn.Conv2d(3, widths[0], 3, padding=1)
        self.stage2 = nn.Conv2d(widths[0], widths[1], 3, padding=1)
        self.head = nn.Linear(widths[1], CLASSES)

    def forward(self, x):
        stage1 = self.stage1(x).relu()
        stage2 = self.stage2(F.avg_pool2d(stage1, 2)).relu()
        penultimate = stage2.mean((2, 3))
        return {'stage1': stage1, 'stage2': stage2, 'penultimate': penultimate, 'logits': self.head(penultimate)}


def channels_last(value):
    value = value.detach()
    return (value.permute(2, 3, 1, 0) if value.dim() == 4 else value.t() if value.dim() == 2 else value).tolist()


def weights_of(network):
    layers = (network.stage1, network.stage2, network.head)
    return [channels_last(value) for layer in layers for value in (layer.weight, layer.bias)]


def io(features):
    return {name: {'output': value, 'input': value} for name, value in features.items()}


def pair(student, teacher):
    return {'student': {'io': 'output', 'path': student}, 'teacher': {'io': 'output', 'path': teacher}}


PLAIN = {'student_module_path': 'penultimate', 'student_module_io': 'output',
         'teacher_module_path': 'penultimate', 'teacher_module_io': 'output'}
ENDS = {'student_output_path': 'stage2', 'teacher_output_path': 'stage2'}


class Fitnet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv, self.bn = nn.Conv2d(STUDENT[1], TEACHER[1], 1), nn.BatchNorm2d(TEACHER[1])

    def forward(self, student, teacher):
        return 100 * F.mse_loss(self.bn(self.conv(student['stage2'])).relu(), teacher['stage2'])

    def named(self):
        return {'kernel': self.conv.weight, 'bias': self.conv.bias, 'scale': self.bn.weight, 'offset': self.bn.bias}


class Variational(nn.Module):
    def __init__(self):
        super().__init__()
        self.guesses = nn.ModuleList(wrapper.Regressor4VID(s, t, t, 1e-5, 5.0) for s, t in zip(STUDENT, TEACHER))
        pairs = {'1': pair('guess1', 'stage1'), '2': pair('guess2', 'stage2')}
        self.loss = mid_level.VIDLoss(pairs)

    def forward(self, student, teacher):
        guessed = {f'guess{i + 1}': guess(student[f'stage{i + 1}']) for i, guess in enumerate(self.guesses)}
        return self.loss(io(guessed), io(teacher))

    def named(self):
        made = {}
        for i, guess in enumerate(self.guesses):
            for j, layer in enumerate((0, 2, 4)):
                made[f'stage{i + 1}/conv{j + 1}/kernel'] = guess.regressor[layer].weight
            made[f'stage{i + 1}/variance'] = guess.soft_plus_param
        return made


class ChannelCorrelation(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed = wrapper.ChannelSimilarityEmbed(STUDENT[1], TEACHER[1])
        self.loss = mid_level.ChSimLoss({'1': {**pair('embedded', 'stage2'), 'weight': 100}})

    def forward(self, student, teacher):
        return self.loss(io({'embedded': self.embed(student['stage2'])}), io(teacher))

    def named(self):
        return {'conv/kernel': self.embed.conv2d.weight, 'bn/gamma': self.embed.l2norm.weight, 'bn/beta': self.embed.l2norm.bias}


class Review(nn.Module):
    names = ('penultimate', 'stage2', 'stage1')

    def __init__(self):
        super().__init__()
        inputs, outputs = (STUDENT[1], *STUDENT[::-1]), (TEACHER[1], *TEACHER[::-1])
        self.fusions = nn.ModuleList(wrapper.AttentionBasedFusion(i, STUDENT[1], o, index > 0)
                                     for index, (i, o) in enumerate(zip(inputs, outputs)))
        self.loss = mid_level.HierarchicalContextLoss('fused', 'output', 'target', 'output')

    def forward(self, student, teacher):
        maps = lambda features: [value if value.dim() == 4 else value[..., None, None]
                                 for value in (features[name] for name in self.names)]
        total, residual = 0, None
        for fusion, own, target in zip(self.fusions, maps(student), maps(teacher)):
            out, residual = fusion(own) if residual is None else fusion(own, residual, own.shape[2])
            total = total + self.loss({'fused': {'output': (out, residual)}}, {'target': {'output': target}})
        return total

    def named(self):
        made = {}
        for name, fusion in zip(self.names, self.fusions):
            made |= {f'{name}/conv1/kernel': fusion.conv1[0].weight, f'{name}/bn1/gamma': fusion.conv1[1].weight,
                     f'{name}/bn1/beta': fusion.conv1[1].bias, f'{name}/conv2/kernel': fusion.conv2[0].weight,
                     f'{name}/bn2/gamma': fusion.conv2[1].weight, f'{name}/bn2/beta': fusion.conv2[1].bias}
            if fusion.attention_conv is not None:
                made |= {f'{name}/gate/kernel': fusion.attention_conv[0].weight, f'{name}/gate/bias': fusion.attention_conv[0].bias}
        return made


class OfFeatures(nn.Module):
    """A loss without weights of its own."""

    def __init__(self, loss, weight):
        super().__init__()
        self.loss, self.weight = loss, weight

    def forward(self, student, teacher):
        return self.weight * self.loss(io(student), io(teacher))

    def named(self):
        return {}


class Distillation(OfFeatures):
    def forward(self, student, teacher):
        # torchdistill leaves the factor temperature^2 out where it gets no labels.
        return self.weight * 16 * self.loss(io(student), io(teacher))


LOGITS = {key: 'logits' if key.endswith('path') else value for key, value in PLAIN.items()}
methods = {
    'KD': lambda: Distillation(mid_level.KDLoss(**LOGITS, temperature=4, alpha=0.0), 0.9),
    'FitNet': Fitnet,
    'AT': lambda: OfFeatures(mid_level.ATLoss({'1': pair('stage1', 'stage1'), '2': pair('stage2', 'stage2')}), 1000),
    'SP': lambda: OfFeatures(mid_level.SPKDLoss(**ENDS, reduction='batchmean'), 3000),
    'RKD': lambda: OfFeatures(mid_level.RKDLoss('penultimate', 'penultimate', 25, 50, 'mean'), 1),
    'PKT': lambda: OfFeatures(mid_level.PKTLoss(**PLAIN), 30000),
    'VID': Variational,
    'ICKD': ChannelCorrelation,
    'ReviewKD': Review,
}


def step(make, inputs, labels):
    """The loss on the batch before and after one update, and all weights before it."""
    torch.manual_seed(1)
    teacher, student, method = Network(TEACHER), Network(STUDENT), make()
    for value in method.named().values():
        # A scale of one and an offset of zero would hide a mistake.
        value.data += 0.1 * torch.randn_like(value)
    with torch.no_grad():
        answers = teacher(inputs)
    given = {'teacher': weights_of(teacher), 'student': weights_of(student),
             'method': {name: channels_last(value) for name, value in method.named().items()}}
    parameters = [*student.parameters(), *method.named().values()]
    optimizer = torch.optim.SGD(parameters, lr=RATE)
    losses = []
    for _ in range(2):
        optimizer.zero_grad()
        features = student(inputs)
        loss = F.cross_entropy(features['logits'], labels) + method(features, answers)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return {**given, 'losses': losses}


torch.manual_seed(0)
inputs, labels = torch.randn(EXAMPLES, 3, SIZE, SIZE), torch.randint(CLASSES, (EXAMPLES,))
print(json.dumps({
    'versions': f'torchdistill {torchdistill.__version__}, PyTorch {torch.__version__}',
    'inputs': inputs.permute(0, 2, 3, 1).tolist(), 'labels': labels.tolist(), 'rate': RATE,
    'methods': {name: step(make, inputs, labels) for name, make in methods.items()},
}))
