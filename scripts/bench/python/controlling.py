"""Sampling architectures and updating the controller."""

import time

import torch

from controller import Controller
from weights import load


# Any will do: it costs the same.
ADVANTAGE = 0.1


class Updates:
    """One architecture after the other, as most code for ENAS does; `tuned` all at once."""

    def __init__(self, spec, folder, tuned, half):
        self.spec = spec
        self.tuned = tuned
        if tuned:
            # Too small for two: they would wait for each other at every operator.
            torch.set_num_threads(1)
        self.theta = spec["theta"]
        self.controller = Controller(spec["decisions"], self.theta)
        load(self.controller, folder / "weights.safetensors")
        self.optimizer = torch.optim.Adam(
            self.controller.parameters(),
            lr=self.theta["lr"],
            betas=(self.theta["beta1"], self.theta["beta2"]),
            eps=self.theta["epsilon"],
            fused=True if tuned else None,
        )

    def first(self):
        """Log-probability and entropy of the given architectures, one after the other."""
        given = [torch.tensor(choice) for choice in self.spec["choices"]]
        _, log_prob, entropy, kl = self.controller(len(given[0]), given)
        return [*log_prob.tolist(), *entropy.tolist(), *kl.tolist()]

    def sample(self, n):
        if self.tuned:
            return [self.controller(n)]
        return [self.controller(1) for _ in range(n)]

    def time(self, what):
        """Seconds of sampling so many architectures or, of {"update": n}, of an update by so many."""
        start = time.perf_counter()
        if isinstance(what, int):
            with torch.no_grad():
                [[c.tolist() for c in choices] for choices, *_ in self.sample(what)]
        else:
            self.update(what["update"])
        return [time.perf_counter() - start]

    def update(self, n):
        theta = self.theta
        rollouts = self.sample(n)
        self.optimizer.zero_grad()
        loss = 0
        for _, log_prob, entropy, kl in rollouts:
            policy = -log_prob * ADVANTAGE - theta["entropyWeight"] * entropy
            loss = loss + (policy + theta["skipWeight"] * kl).sum() / n
        loss.backward()
        self.optimizer.step()
        return sum(entropy.sum().item() for _, _, entropy, _ in rollouts) / n
