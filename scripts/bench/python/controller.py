"""The controller as PyTorch users write it: an LSTM over a space's decisions, REINFORCE by Adam (Pham et
al. 2018, section 2). `decisions` is the list that our spaces give, as JSON."""

import torch
import torch.nn.functional as F
from torch import nn
from torch.distributions import Categorical, kl_divergence


class Controller(nn.Module):
    def __init__(self, decisions, options):
        super().__init__()
        self.decisions = decisions
        self.options = options
        units = options["units"]
        self.cell = nn.LSTMCell(units, units, bias=False)
        self.start = nn.Parameter(torch.empty(1, units))
        self.embedding = nn.ParameterDict()
        self.softmax = nn.ParameterDict()
        for decision in decisions:
            if decision["kind"] == "op":
                key, count = "|".join(decision["options"]), len(decision["options"])
                self.embedding[key] = nn.Parameter(torch.empty(count, units))
                self.softmax[key] = nn.Parameter(torch.empty(count, units))
        self.attention = nn.ParameterDict(
            {
                "anchor": nn.Parameter(torch.empty(units, units)),
                "query": nn.Parameter(torch.empty(units, units)),
                "v": nn.Parameter(torch.empty(1, units)),
            }
        )
        target = options["skipTarget"]
        self.target = Categorical(probs=torch.tensor([1 - target, target]))

    def forward(self, n, given=None):
        """Choices, log-probability, entropy and KL term of `n` architectures, drawn or given."""
        start = self.start.expand(n, -1)
        h = c = torch.zeros_like(start)
        x = start
        hidden, projected = {}, {}

        def anchor(name):
            hidden[name] = h
            projected[name] = F.linear(h, self.attention["anchor"])

        choices, log_probs, entropies, kls = [], [], [], []
        for index, decision in enumerate(self.decisions):
            for root in decision.get("roots", []):
                h, c = self.cell(start, (h, c))
                anchor(root)
            h, c = self.cell(x, (h, c))
            policy = Categorical(logits=self.logits(h, decision, projected))
            choice = policy.sample() if given is None else given[index]
            choices.append(choice)
            log_prob, entropy = policy.log_prob(choice), policy.entropy()
            if decision["kind"] == "skips":
                kls.append(kl_divergence(policy, self.target).sum(1))
                log_prob, entropy = log_prob.sum(1), entropy.sum(1)
            log_probs.append(log_prob)
            entropies.append(entropy)
            if "anchor" in decision:
                anchor(decision["anchor"])
            x = self.feed(decision, choice, hidden)
        kl = torch.stack(kls).mean(0) if kls else torch.zeros(n)
        return choices, torch.stack(log_probs).sum(0), torch.stack(entropies).sum(0), kl

    def logits(self, h, decision, projected):
        options = self.options
        constant = options["tanhConstant"]
        if decision["kind"] == "op":
            logits = F.linear(h, self.softmax["|".join(decision["options"])])
            constant /= options["opTanhReduce"]
        else:
            keys = torch.stack([projected[name] for name in decision["among"]], dim=1)
            query = F.linear(h, self.attention["query"]).unsqueeze(1)
            logits = F.linear(torch.tanh(keys + query), self.attention["v"]).squeeze(2)
        q = constant * torch.tanh(logits / options["temperature"])
        return torch.stack([-q, q], dim=2) if decision["kind"] == "skips" else q

    def feed(self, decision, choice, hidden):
        if decision["kind"] == "op":
            return F.embedding(choice, self.embedding["|".join(decision["options"])])
        among = torch.stack([hidden[name] for name in decision["among"]], dim=1)
        if decision["kind"] == "input":
            return among[torch.arange(len(choice)), choice]
        on = choice.to(among.dtype).unsqueeze(2)
        return (among * on).sum(1) / (on.sum(1) + 1)
