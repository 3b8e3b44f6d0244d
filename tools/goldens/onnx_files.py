"""Small ONNX files of a PyTorch network, by both exporters, with its logits and three features.

    pip install torch onnx onnxscript && python tools/goldens/onnx_files.py

Writes packages/onnx/src/testing/torch-{dynamo,script,softmax}.onnx and torch.golden.json beside them.
"""

import json
import pathlib
import warnings

import onnx
import torch
from torch import nn

warnings.filterwarnings("ignore")
folder = pathlib.Path(__file__).parents[2] / "packages/onnx/src/testing"


class Block(nn.Module):
    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        same = stride == 1 and inputs == outputs
        self.shortcut = nn.Identity() if same else nn.Conv2d(inputs, outputs, 1, stride, bias=False)

    def forward(self, x):
        hidden = torch.relu(self.bn1(self.conv1(x)))
        return torch.relu(self.bn2(self.conv2(hidden)) + self.shortcut(x))


class Network(nn.Module):
    """A residual network of three stages on images [N, 3, 8, 8]."""

    def __init__(self):
        super().__init__()
        self.stem = nn.Conv2d(3, 8, 3, 1, 1)
        self.stages = nn.ModuleList([Block(8, 8, 1), Block(8, 12, 2), Block(12, 16, 2)])
        self.head = nn.Linear(16, 5)

    def forward(self, x):
        features = []
        x = torch.relu(self.stem(x))
        for stage in self.stages:
            x = stage(x)
            features.append(x)
        pooled = x.mean((2, 3))
        return self.head(pooled), features, pooled


class Logits(nn.Module):
    def __init__(self, network, softmax=False):
        super().__init__()
        self.network = network
        self.softmax = softmax

    def forward(self, x):
        logits = self.network(x)[0]
        return torch.softmax(logits, 1) if self.softmax else logits


torch.manual_seed(1)
network = Network()
for module in network.modules():
    if isinstance(module, nn.BatchNorm2d):
        nn.init.normal_(module.running_mean, 0, 0.3)
        nn.init.uniform_(module.running_var, 0.5, 2)
        nn.init.uniform_(module.weight, 0.5, 1.5)
        nn.init.normal_(module.bias, 0, 0.3)
network.eval()
inputs = torch.randn(3, 3, 8, 8)

batch = torch.export.Dim("batch")
names = {"input_names": ["pixels"], "output_names": ["scores"]}
torch.onnx.export(
    Logits(network).eval(), (inputs,), folder / "torch-dynamo.onnx", dynamo=True, external_data=False,
    dynamic_shapes={"x": {0: batch}}, **names,
)
script = {"dynamo": False, "dynamic_axes": {"pixels": {0: "batch"}}, **names}
torch.onnx.export(Logits(network).eval(), (inputs,), folder / "torch-script.onnx", **script)
torch.onnx.export(Logits(network, softmax=True).eval(), (inputs,), folder / "torch-softmax.onnx", **script)
torch.onnx.export(
    Logits(network).eval(), (inputs[:1],), folder / "torch-batch-of-1.onnx", dynamo=False, **names,
)
for file in folder.glob("torch-*.onnx"):
    model = onnx.load(file)
    # Where the exporter ran is of no interest.
    for node in model.graph.node:
        node.doc_string = ""
        del node.metadata_props[:]
    for value in [*model.graph.value_info, *model.graph.input, *model.graph.output, *model.graph.initializer]:
        del value.metadata_props[:]
    del model.graph.metadata_props[:]
    onnx.save(model, file)
    onnx.checker.check_model(onnx.load(file), full_check=True)

with torch.no_grad():
    logits, features, pooled = network(inputs)


def channels_last(image):
    return image.permute(0, 2, 3, 1).flatten().tolist()


golden = {
    "torch": torch.__version__.split("+")[0],
    "inputShape": [3, 8, 8, 3],
    "inputs": channels_last(inputs),
    "logits": logits.flatten().tolist(),
    "features": {
        "stage2": {"shape": [3, 4, 4, 12], "values": channels_last(features[1])},
        "stage3": {"shape": [3, 2, 2, 16], "values": channels_last(features[2])},
        "penultimate": {"shape": [3, 16], "values": pooled.flatten().tolist()},
    },
}
(folder / "torch.golden.json").write_text(json.dumps(golden) + "\n")
