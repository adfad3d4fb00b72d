"""The recurrent search space as PyTorch users write it: a pair of matrices for every edge, laid together
as one, the sampled cell run step by step (Pham et al. 2018, appendix A).

With `tuned` the products with the input are made for all time steps at once; without it each step
has its own, of the input and the last state laid side by side.
"""

import torch
import torch.nn.functional as F
from torch import nn

FUNCTIONS = {
    "tanh": torch.tanh,
    "relu": torch.relu,
    "identity": lambda x: x,
    "sigmoid": torch.sigmoid,
}


def number(name):
    return int(name.removeprefix("node"))


class Recurrent(nn.Module):
    def __init__(self, options, task, tuned=False):
        super().__init__()
        hidden, count = options["hidden"], options["nodes"]
        assert options["layers"] == 1 and options["tied"] and options["output"] == "loose"
        assert options["recurrentInput"] == "lastNode" and not options["firstCarry"]
        assert options["batchNorm"] and options["variational"] and options["weights"] == "edge"
        self.hidden = hidden
        self.tuned = tuned
        self.drop = options["dropout"]
        self.embedding = nn.Parameter(torch.empty(task["vocabulary"], hidden))
        pair = lambda: nn.Parameter(torch.empty(2 * hidden, hidden))
        # Gate and candidate of an edge, one below the other.
        self.edges = nn.ParameterDict({"node1/x": pair(), "node1/h": pair()})
        for ell in range(2, count + 1):
            for j in range(1, ell):
                self.edges[f"node{ell}/from{j}"] = pair()
        self.bn = nn.BatchNorm1d(hidden, track_running_stats=False)

    def mask(self, x, p, shape):
        """Variational: one mask for all time steps."""
        if not self.training or p == 0:
            return None
        return torch.empty(shape, device=x.device, dtype=x.dtype).bernoulli_(1 - p).div_(1 - p)

    def forward(self, tokens, state, arch):
        """Logits [T·N, V] and the state after the last step."""
        steps, batch = tokens.shape
        nodes = [(n["op"], number(n.get("from", "node0"))) for n in arch["nodes"]]
        shape = (batch, self.hidden)
        x = F.embedding(tokens, self.embedding)
        masks = [self.mask(x, self.drop["recurrent"], shape)]
        masks += [self.mask(x, self.drop["nodes"], shape) for _ in nodes[1:]]
        x = dropped(x, self.mask(x, self.drop["input"], shape))
        edges = [self.edges[f"node{ell}/from{j}"] for ell, (_, j) in enumerate(nodes, 1) if j > 0]
        if self.tuned:
            given = F.linear(x, self.edges["node1/x"]).unbind(0)
        else:
            first = torch.cat([self.edges["node1/x"], self.edges["node1/h"]], dim=1)
            given = x.unbind(0)
        read = {j for _, j in nodes[1:]}
        loose = [ell for ell in range(1, len(nodes) + 1) if ell not in read]

        outputs = []
        h = state
        for now in given:
            last = dropped(h, masks[0])
            if self.tuned:
                z = now + F.linear(last, self.edges["node1/h"])
            else:
                z = F.linear(torch.cat([now, last], dim=1), first)
            c, candidate = z.chunk(2, dim=1)
            values = [torch.sigmoid(c) * FUNCTIONS[nodes[0][0]](candidate)]
            for (op, j), weight, mask in zip(nodes[1:], edges, masks[1:]):
                carry = values[j - 1]
                c, candidate = F.linear(dropped(carry, mask), weight).chunk(2, dim=1)
                values.append(carry + torch.sigmoid(c) * (FUNCTIONS[op](candidate) - carry))
            outputs.append(sum(values[ell - 1] for ell in loose) / len(loose))
            h = values[-1]
        output = self.bn(torch.cat(outputs)).view(steps, batch, self.hidden)
        output = dropped(output, self.mask(output, self.drop["output"], shape))
        return F.linear(output.flatten(0, 1), self.embedding), h


def dropped(x, mask):
    return x if mask is None else x * mask
