"""The micro search space as PyTorch users write it: all operators on all inputs of all blocks of all
cells as modules, the sampled ones run (Pham et al. 2018, section 2.4 and appendix B)."""

from collections import OrderedDict

import torch
import torch.nn.functional as F
from torch import nn

from images import FactorisedReduction, batch_norm, concat_conv, conv, pool

OPERATORS = ["sep3x3", "sep5x5", "avgpool3x3", "maxpool3x3", "identity"]


class Separable(nn.Module):
    def __init__(self, channels, kernel, stride):
        super().__init__()
        self.depthwise = conv(channels, channels, kernel, stride, groups=channels)
        self.pointwise = conv(channels, channels)
        self.bn = batch_norm(channels)

    def forward(self, x):
        return self.bn(self.pointwise(self.depthwise(F.relu(x))))


def operator(op, channels, stride):
    if "pool" in op:
        return pool(op, stride)
    if op == "identity":
        return nn.Identity() if stride == 1 else FactorisedReduction(channels, channels)
    kernel = int(op[-1])
    twice = [("1", Separable(channels, kernel, stride)), ("2", Separable(channels, kernel, 1))]
    return nn.Sequential(OrderedDict(twice))


class ReluConvBn(nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        self.conv = conv(inputs, outputs)
        self.bn = batch_norm(outputs)

    def forward(self, x):
        return self.bn(self.conv(F.relu(x)))


class ReluReduction(FactorisedReduction):
    def forward(self, x):
        return super().forward(F.relu(x))


class Combine(nn.Module):
    """ReLU - conv 1x1 - batch norm of the concatenated loose ends, a block of weights for each node."""

    def __init__(self, nodes, channels, reduces):
        super().__init__()
        for name in nodes:
            block = nn.Parameter(torch.empty(channels, channels, 1, 1))
            self.register_parameter(f"from-{name}", block)
            if reduces and name.startswith("input"):
                self.add_module(name, FactorisedReduction(channels, channels))
        self.bn = batch_norm(channels)
        self.reduces = reduces

    def forward(self, named):
        ends = []
        for name, x in named:
            if self.reduces and name.startswith("input"):
                x = self.get_submodule(name)(x)
            ends.append(F.relu(x))
        blocks = [self.get_parameter(f"from-{name}") for name, _ in named]
        return self.bn(concat_conv(ends, blocks))


class Cell(nn.Module):
    def __init__(self, blocks, before, last, channels, reduces, halved):
        """`before` and `last` are the channels of the inputs; `halved`: the one before last is larger."""
        super().__init__()
        self.reduces = reduces
        if halved:
            self.input0 = ReluReduction(before, channels)
        else:
            self.input0 = ReluConvBn(before, channels) if before != channels else nn.Identity()
        self.input1 = ReluConvBn(last, channels) if last != channels else nn.Identity()
        nodes = ["input0", "input1"]
        for _ in range(blocks):
            name = f"node{len(nodes)}"
            sides = nn.ModuleDict()
            for side in "ab":
                sides[side] = nn.ModuleDict(
                    {
                        f"from-{source}": nn.ModuleDict(
                            {
                                op: operator(op, channels, self.stride(source))
                                for op in OPERATORS
                            }
                        )
                        for source in nodes
                    }
                )
            self.add_module(name, sides)
            nodes.append(name)
        self.combine = Combine(nodes, channels, reduces)

    def stride(self, source):
        return 2 if self.reduces and source.startswith("input") else 1

    def forward(self, before, last, blocks):
        nodes = {"input0": self.input0(before), "input1": self.input1(last)}
        read = set()
        for block in blocks:
            name = f"node{len(nodes)}"
            sides = self.get_submodule(name)
            a, b = (
                sides[side][f"from-{source}"][op](nodes[source])
                for side, source, op in zip("ab", block["inputs"], block["ops"])
            )
            nodes[name] = a + b
            read.update(block["inputs"])
        return self.combine([(name, x) for name, x in nodes.items() if name not in read])


class Micro(nn.Module):
    def __init__(self, options, task):
        super().__init__()
        layers, channels = options["layers"], options["filters"]
        third = layers // 3
        self.reductions = (third, 2 * third + 1)
        self.count = layers + 2
        before = last = 3 * channels
        self.stem = nn.ModuleDict({"conv": conv(task["channels"], last, 3), "bn": batch_norm(last)})
        halved = False
        for index in range(self.count):
            reduces = index in self.reductions
            channels *= 2 if reduces else 1
            cell = Cell(options["blocks"], before, last, channels, reduces, halved)
            self.add_module(f"cell{index}", cell)
            before, last, halved = last, channels, reduces
        self.dropout = nn.Dropout(1 - options["keepProb"])
        self.linear = nn.Linear(channels, task["classes"], bias=False)

    def forward(self, image, arch):
        before = last = self.stem["bn"](self.stem["conv"](image))
        for index in range(self.count):
            blocks = arch["reduce" if index in self.reductions else "normal"]
            before, last = last, self.get_submodule(f"cell{index}")(before, last, blocks)
        return self.linear(self.dropout(F.relu(last).mean(dim=(2, 3))))
