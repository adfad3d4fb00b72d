"""What the image networks of the benchmark have in common. Modules are named as our parameters are, with
dots for slashes, so that the same first weights can be loaded into both."""

import torch
import torch.nn.functional as F
from torch import nn


def batch_norm(channels):
    """By the minibatch's own statistics, in evaluation too."""
    return nn.BatchNorm2d(channels, track_running_stats=False)


def conv(inputs, outputs, kernel=1, stride=1, groups=1):
    return nn.Conv2d(
        inputs, outputs, kernel, stride=stride, padding=kernel // 2, groups=groups, bias=False
    )


def pool(op, stride=1):
    if op == "avgpool3x3":
        return nn.AvgPool2d(3, stride=stride, padding=1, count_include_pad=False)
    return nn.MaxPool2d(3, stride=stride, padding=1)


class FactorisedReduction(nn.Module):
    """Two 1x1 convolutions of stride 2, the second one shifted by a pixel, half the channels each.
    Height and width are even here, so that the shifted one needs no padding."""

    def __init__(self, inputs, outputs):
        super().__init__()
        self.even = conv(inputs, outputs - outputs // 2, stride=2)
        self.odd = conv(inputs, outputs // 2, stride=2)
        self.bn = batch_norm(outputs)

    def forward(self, x):
        return self.bn(torch.cat([self.even(x), self.odd(x[:, :, 1:, 1:])], dim=1))


def concat_conv(inputs, blocks):
    """Concatenation on depth, then a 1x1 convolution: of a shared weight with a block for each possible
    input, those of the inputs at hand."""
    if len(inputs) == 1:
        return F.conv2d(inputs[0], blocks[0])
    return F.conv2d(torch.cat(inputs, dim=1), torch.cat(blocks, dim=1))
