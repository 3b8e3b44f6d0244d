"""Golden hypergradients of a look-ahead step of a whole network in @kd/meta-mixing, by autograd through the step."""

import json
import pathlib
import sys

import torch
import torch.nn.functional as F

TEMPERATURE = 4.0


def network(inputs, variables):
    hidden_kernel, hidden_bias, kernel, bias = variables
    return (inputs @ hidden_kernel + hidden_bias).tanh() @ kernel + bias


def look_ahead_case(name, seed, teachers, learning_rate, batch_size):
    generator = torch.Generator().manual_seed(seed)

    def values(*shape):
        return torch.randn(*shape, generator=generator, dtype=torch.float64).mul(1e4).round().div(1e4)

    examples, held_out, classes = 6, 7, 4
    variables = [values(3, 5), values(5), values(5, classes), values(classes)]
    inputs, validation_inputs = values(examples, 3), values(held_out, 3)
    teacher_logits = [2 * values(examples, classes) for _ in range(teachers)]
    labels = torch.randint(classes, (examples,), generator=generator)
    validation_labels = torch.randint(classes, (held_out,), generator=generator)
    weights = values(examples, teachers + 1).abs().requires_grad_()

    own = [variable.clone().requires_grad_() for variable in variables]
    logits = network(inputs, own)
    losses = [F.cross_entropy(logits, labels, reduction='none')]
    for table in teacher_logits:
        divergence = F.kl_div(
            F.log_softmax(logits / TEMPERATURE, 1), F.softmax(table / TEMPERATURE, 1), reduction='none')
        losses.append(TEMPERATURE**2 * divergence.sum(1))
    loss = (weights * torch.stack(losses, 1)).sum() / batch_size
    gradients = torch.autograd.grad(loss, own, create_graph=True)
    ahead = [variable - learning_rate * gradient for variable, gradient in zip(own, gradients)]
    F.cross_entropy(network(validation_inputs, ahead), validation_labels).backward()
    return {
        'name': name,
        'temperature': TEMPERATURE,
        'learningRate': learning_rate,
        'batchSize': batch_size,
        'variables': [variable.tolist() for variable in variables],
        'inputs': inputs.tolist(),
        'labels': labels.tolist(),
        'teacherLogits': [table.tolist() for table in teacher_logits],
        'validation': {'inputs': validation_inputs.tolist(), 'labels': validation_labels.tolist()},
        'weights': weights.tolist(),
        'gradient': weights.grad.tolist(),
    }


script = f'tools/goldens/{pathlib.Path(sys.argv[0]).name}'
path = pathlib.Path(__file__).resolve().parents[2] / 'packages/meta-mixing/src/look-ahead-gradient/look-ahead-gradient.golden.json'
cases = [
    look_ahead_case('one teacher', 1, teachers=1, learning_rate=0.1, batch_size=6),
    look_ahead_case('two teachers, a long step', 2, teachers=2, learning_rate=0.5, batch_size=3),
]
path.write_text(json.dumps({'source': f'{script}, float64, PyTorch {torch.__version__}', 'cases': cases}, indent=1) + '\n')
