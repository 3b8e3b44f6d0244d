"""Golden values of methods on features that have trainable layers of their own.

Variables are named `feature/layer/variable`, as the package has them.
"""

from common import *

r = Numbers(303)
DIFFERENTIATED = ['student', 'variables']


def weights(**shapes):
    return {name: r.normal(*shape, spread=0.4) for name, shape in shapes.items()}


def scales(name, size):
    return {f'{name}/gamma': r.uniform(size, low=0.5, high=1.5), f'{name}/beta': r.normal(size, spread=0.3)}


def normed(x, v, name):
    return batch_norm(x, v[f'{name}/gamma'], v[f'{name}/beta'])


# ---------- variational information ----------
def variational(x):
    v, examples = x['variables'], 0
    for name, other in zip(x['student'], x['teacher']):
        f, teacher = same_size(x['student'][name], x['teacher'][other])
        for layer in ('conv1', 'conv2', 'conv3'):
            f = conv(f if layer == 'conv1' else f.relu(), v[f'{name}/{layer}/kernel'])
        variance = (1 + v[f'{name}/variance'].exp()).log() + 1e-5
        examples = examples + 0.5 * ((f - teacher).square() / variance + variance.log()).mean((1, 2, 3))
    return examples.mean(), {'variational': examples}


def guesses(stages):
    variables = {}
    for name, (student, teacher) in stages.items():
        inputs, outputs = student[-1], teacher[-1]
        variables |= weights(**{f'{name}/conv1/kernel': (1, 1, inputs, outputs), f'{name}/conv2/kernel': (1, 1, outputs, outputs),
                                f'{name}/conv3/kernel': (1, 1, outputs, outputs)})
        start = round(math.log(math.exp(5 - 1e-5) - 1), 4)
        variables[f'{name}/variance'] = torch.full((outputs,), start) + r.normal(outputs, spread=0.5)
    return {'student': {name: r.normal(*student, relu=True) for name, (student, _) in stages.items()},
            'teacher': {name: r.normal(*teacher, relu=True) for name, (_, teacher) in stages.items()},
            'variables': variables}


write('variational', 'sum over stages of the mean of ((t - mu)^2 / sigma^2 + log sigma^2) / 2; mu three 1 x 1 convolutions without bias, ReLU '
      'between; sigma^2 = softplus(a) + 1e-5 per channel of the teacher',
      [case('one stage', {}, guesses({'stage1': ((2, 3, 3, 3), (2, 3, 3, 4))}), variational, DIFFERENTIATED),
       case('two stages, maps of other sizes', {},
            guesses({'stage1': ((2, 4, 4, 3), (2, 2, 2, 4)), 'stage2': ((2, 2, 2, 2), (2, 3, 3, 3))}), variational, DIFFERENTIATED)])


# ---------- knowledge review ----------
def nearest(x, height, width):
    rows = torch.tensor([(i * x.shape[1]) // height for i in range(height)])
    columns = torch.tensor([(i * x.shape[2]) // width for i in range(width)])
    return x[:, rows][:, :, columns]


def review(x):
    s, t, v = x['student'], x['teacher'], x['variables']
    later, examples = None, 0
    for name in reversed(list(s)):
        f = s[name] if s[name].dim() == 4 else s[name][:, None, None]
        target = t[name] if t[name].dim() == 4 else t[name][:, None, None]
        f = normed(conv(f, v[f'{name}/conv1/kernel']), v, f'{name}/bn1')
        if later is not None:
            later = nearest(later, *f.shape[1:3])
            gates = conv(torch.cat([f, later], 3), v[f'{name}/gate/kernel'], v[f'{name}/gate/bias']).sigmoid()
            f = f * gates[..., :1] + later * gates[..., 1:]
        later = f
        difference = normed(conv(f, v[f'{name}/conv2/kernel'], None, 1, 1), v, f'{name}/bn2') - target
        term, weight, total = difference.square().mean((1, 2, 3)), 1.0, 1.0
        for level in (4, 2, 1):
            if level < difference.shape[1]:
                weight /= 2
                total += weight
                term = term + weight * adaptive_average(difference, level).square().mean((1, 2, 3))
        examples = examples + term / total
    return examples.mean(), {'review': examples}


def reviewed(student, teacher):
    variables, last = {}, list(student)[-1]
    width = student[last][-1]
    for name in student:
        variables |= weights(**{f'{name}/conv1/kernel': (1, 1, student[name][-1], width),
                                f'{name}/conv2/kernel': (3, 3, width, teacher[name][-1])})
        variables |= scales(f'{name}/bn1', width) | scales(f'{name}/bn2', teacher[name][-1])
        if name != last:
            variables |= weights(**{f'{name}/gate/kernel': (1, 1, 2 * width, 2), f'{name}/gate/bias': (2,)})
    return {'student': {name: r.normal(*shape) for name, shape in student.items()},
            'teacher': {name: r.normal(*shape) for name, shape in teacher.items()}, 'variables': variables}


write('review', 'from the last feature back: 1 x 1 and batch normalisation, mixed with the enlarged (nearest) later one by two sigmoid gates, '
      '3 x 3 and batch normalisation; hierarchical context loss of each',
      [case('two stages and the last vector', {},
            reviewed({'stage1': (3, 8, 8, 2), 'stage2': (3, 4, 4, 3), 'penultimate': (3, 3)},
                     {'stage1': (3, 8, 8, 2), 'stage2': (3, 4, 4, 4), 'penultimate': (3, 4)}), review, DIFFERENTIATED),
       case('sizes that do not divide each other', {},
            reviewed({'stage1': (2, 5, 5, 2), 'stage2': (2, 3, 3, 2)}, {'stage1': (2, 5, 5, 3), 'stage2': (2, 3, 3, 2)}),
            review, DIFFERENTIATED)])


# ---------- channel correlation with an embedding ----------
def channel_correlation(x, scale='batch', embedding='1x1'):
    v = x['variables']
    f = normed(conv(x['student'], v['conv/kernel'], None, 1, 1 if embedding == '3x3' else 0), v, 'bn')

    def correlations(g):
        g = channel_rows(g)
        return unit(g @ g.transpose(1, 2), 2)
    examples = (correlations(f) - correlations(x['teacher'])).square().sum((1, 2)) / f.shape[-1]
    if scale == 'batch-squared':
        examples = examples / len(examples)
    return examples.mean(), {'channels': examples}


def embedded(size):
    return {'student': r.normal(2, 3, 3, 3, relu=True), 'teacher': r.normal(2, 3, 3, 4, relu=True),
            'variables': {**weights(**{'conv/kernel': (size, size, 3, 4)}), **scales('bn', 4)}}


write('channel-correlation-embedded', 'channel correlation of the student map behind a convolution without bias and batch normalisation',
      [case('CIFAR: 1 x 1', {'embedding': '1x1'}, embedded(1), channel_correlation, DIFFERENTIATED),
       case('ImageNet and torchdistill: 3 x 3, over N once more', {'embedding': '3x3', 'scale': 'batch-squared'}, embedded(3),
            channel_correlation, DIFFERENTIATED)], folder='channel-correlation')


# ---------- contrastive representation ----------
def contrastive(x, temperature=0.07, constants=None):
    """As the authors have it, with the rows of the banks gathered; `contrast` begins with the example's own row."""
    v = x['variables']
    project = lambda f, name: (lambda z: z / z.norm(dim=1, keepdim=True))(dense(flat(f), v[f'{name}/kernel'], v[f'{name}/bias']))
    s, t = project(x['student'], 'student'), project(x['teacher'], 'teacher')
    index, rows = x['contrast'], len(x['bankStudent'])
    of_s = (torch.einsum('nkd,nd->nk', x['bankTeacher'][index], s) / temperature).exp()
    of_t = (torch.einsum('nkd,nd->nk', x['bankStudent'][index], t) / temperature).exp()
    zs, zt = constants or (of_s.mean().item() * rows, of_t.mean().item() * rows)
    noise = (index.shape[1] - 1) / rows

    def examples(p):
        return -(p[:, 0] / (p[:, 0] + noise + 1e-7)).log() - (noise / (p[:, 1:] + noise + 1e-7)).log().sum(1)

    def moved(bank, fresh):
        bank = bank.clone()
        row = (bank[index[:, 0]] + fresh.detach()) / 2
        bank[index[:, 0]] = row / row.norm(dim=1, keepdim=True)
        return bank
    parts = {'student': examples(of_s / zs), 'teacher': examples(of_t / zt)}
    return (parts['student'] + parts['teacher']).mean(), parts, {
        'bankStudent': moved(x['bankStudent'], s), 'bankTeacher': moved(x['bankTeacher'], t), 'constants': torch.tensor([zs, zt])}


rows, width, negatives = 12, 4, 5
limit = math.sqrt(3 / width)
own = torch.tensor([7, 2, 9])
remembered = {'student': r.normal(3, 3), 'teacher': r.normal(3, 6),
              'contrast': torch.cat([own[:, None], r.integers(rows, 3, negatives)], 1),
              'bankStudent': r.uniform(rows, width, low=-limit, high=limit), 'bankTeacher': r.uniform(rows, width, low=-limit, high=limit),
              'variables': weights(**{'student/kernel': (3, width), 'student/bias': (width,), 'teacher/kernel': (6, width), 'teacher/bias': (width,)})}
first = case('first step: the constants are set', {}, remembered, contrastive, DIFFERENTIATED)
second = {**remembered, 'bankStudent': torch.tensor(first['state']['bankStudent']).mul(1e4).round().div(1e4),
          'bankTeacher': torch.tensor(first['state']['bankTeacher']).mul(1e4).round().div(1e4)}
write('contrastive', '-log(p0 / (p0 + m/n)) - sum_k log((m/n) / (pk + m/n)), p = exp(bank . unit(dense(f)) / 0.07) / Z, both sides; the '
      'banks then move by half and are made unit again',
      [first, case('a later step: the constants are kept', {'constants': first['state']['constants']}, second, contrastive, DIFFERENTIATED)],
      'Row 0 of `contrast` is the example itself; negatives may repeat, and may be the example itself here.')
