"""The macro search space as PyTorch users write it: all operators of all layers as modules, the sampled
ones run (Pham et al. 2018, section 2.3 and appendix B)."""

import torch
import torch.nn.functional as F
from torch import nn

from images import FactorisedReduction, batch_norm, concat_conv, conv, pool

OPERATORS = ["conv3x3", "sep3x3", "conv5x5", "sep5x5", "avgpool3x3", "maxpool3x3"]


class Branch(nn.Module):
    def __init__(self, op, channels):
        super().__init__()
        self.project = conv(channels, channels)
        self.projectBn = batch_norm(channels)
        self.separable = op.startswith("sep")
        self.pool = pool(op) if "pool" in op else None
        kernel = int(op[-1])
        if self.separable:
            self.depthwise = conv(channels, channels, kernel, groups=channels)
            self.pointwise = conv(channels, channels)
        elif self.pool is None:
            self.conv = conv(channels, channels, kernel)
        if self.pool is None:
            self.bn = batch_norm(channels)

    def forward(self, x):
        x = self.projectBn(self.project(F.relu(x)))
        if self.pool is not None:
            return self.pool(x)
        x = F.relu(x)
        x = self.pointwise(self.depthwise(x)) if self.separable else self.conv(x)
        return self.bn(x)


class Skip(nn.Module):
    """Concatenation - conv 1x1 - batch norm - relu, a block of weights for each source."""

    def __init__(self, sources, channels):
        super().__init__()
        for name in sources:
            block = nn.Parameter(torch.empty(channels, channels, 1, 1))
            self.register_parameter(f"from-{name}", block)
        self.bn = batch_norm(channels)

    def forward(self, named):
        blocks = [self.get_parameter(f"from-{name}") for name, _ in named]
        return F.relu(self.bn(concat_conv([x for _, x in named], blocks)))


class Macro(nn.Module):
    def __init__(self, options, task):
        super().__init__()
        count, channels = options["layers"], options["filters"]
        assert options["merge"] == "before"
        self.count = count
        self.stem = nn.ModuleDict(
            {"conv": conv(task["channels"], channels, 3), "bn": batch_norm(channels)}
        )
        for index in range(count):
            layer = nn.ModuleDict({op: Branch(op, channels) for op in OPERATORS})
            if index > 0:
                sources = ["stem", *(f"layer{i}" for i in range(index))]
                layer["skip"] = Skip(sources, channels)
            self.add_module(f"layer{index}", layer)
        for number, after in enumerate(self.reductions(), start=1):
            names = ["stem", *(f"layer{i}" for i in range(after + 1))]
            reductions = {name: FactorisedReduction(channels, channels) for name in names}
            self.add_module(f"reduction{number}", nn.ModuleDict(reductions))
        self.dropout = nn.Dropout(1 - options["keepProb"])
        self.linear = nn.Linear(channels, task["classes"], bias=False)

    def reductions(self):
        return (self.count // 3 - 1, 2 * self.count // 3 - 1)

    def forward(self, image, arch):
        outputs = {"stem": self.stem["bn"](self.stem["conv"](image))}
        previous = "stem"
        for index, layer in enumerate(arch["layers"]):
            modules = self.get_submodule(f"layer{index}")
            x = outputs[previous]
            if layer["skips"]:
                named = [(name, outputs[name]) for name in layer["skips"]]
                x = modules["skip"]([*named, (previous, x)])
            previous = f"layer{index}"
            outputs[previous] = modules[layer["op"]](x)
            if index in self.reductions():
                number = self.reductions().index(index) + 1
                reduction = self.get_submodule(f"reduction{number}")
                outputs = {name: reduction[name](output) for name, output in outputs.items()}
        return self.linear(self.dropout(outputs[previous].mean(dim=(2, 3))))
