"""Training steps and rewards of given architectures."""

import contextlib
import time

import torch
import torch.nn.functional as F

from macro import Macro
from micro import Micro
from recurrent import Recurrent
from weights import Tensors, load


def synchronize(device):
    if device.type == "cuda":
        torch.cuda.synchronize()


class Network:
    """The model of a case with its first weights, and how it is run."""

    def __init__(self, spec, folder, tuned, half):
        self.spec = spec
        self.tuned = tuned
        self.half = half
        self.device = torch.device(spec["device"])
        options, task = spec["options"], spec["task"]
        if spec["space"] == "recurrent":
            self.model = Recurrent(options, task, tuned)
        else:
            self.model = {"macro": Macro, "micro": Micro}[spec["space"]](options, task)
            if tuned:
                self.model.to(memory_format=torch.channels_last)
        load(self.model, folder / "weights.safetensors")
        self.model.to(self.device)
        self.batches = self.read_batches(folder)

    def read_batches(self, folder):
        file = Tensors(folder / "batches.safetensors")
        batches = []
        for index in range(len(file.header) // 2):
            inputs, targets = file.read(f"inputs{index}"), file.read(f"targets{index}")
            if self.tuned and inputs.dim() == 4:
                inputs = inputs.contiguous(memory_format=torch.channels_last)
            batches.append((inputs.to(self.device), targets.to(self.device)))
        return batches

    def precision(self):
        if not self.half:
            return contextlib.nullcontext()
        return torch.autocast(self.device.type, dtype=torch.bfloat16)


class Steps(Network):
    """SGD on the shared parameters, an architecture a step."""

    def __init__(self, spec, folder, tuned, half):
        super().__init__(spec, folder, tuned, half)
        sgd = spec["sgd"]
        self.optimizer = torch.optim.SGD(
            self.model.parameters(),
            lr=sgd["lr"],
            momentum=sgd["momentum"],
            nesterov=sgd["momentum"] > 0,
            weight_decay=sgd["weightDecay"],
            fused=True if tuned else None,
        )
        if tuned and sgd["momentum"] > 0:
            # The fused step takes no mixture of parameters with a buffer and without one.
            for parameter in self.model.parameters():
                buffer = torch.zeros_like(parameter)
                self.optimizer.state[parameter]["momentum_buffer"] = buffer
        self.clip = sgd["clipNorm"]
        self.state = None

    def first(self):
        """The loss of step 0 of the comparison, in which nothing is drawn at random."""
        self.model.eval()
        return self.step(0, self.spec["compared"][0])

    def losses(self, _):
        """The losses of all other steps of the comparison."""
        compared = list(enumerate(self.spec["compared"]))
        return [self.step(index, arch) for index, arch in compared[1:]]

    def time(self, indices):
        """Seconds of a step for each of these architectures, with dropout."""
        self.model.train()
        seconds = []
        for place, index in enumerate(indices):
            start = time.perf_counter()
            self.step(place, index)
            if place == len(indices) - 1:
                synchronize(self.device)
            seconds.append(time.perf_counter() - start)
        return seconds

    def step(self, index, arch):
        inputs, targets = self.batches[index]
        architecture = self.spec["architectures"][arch]
        self.optimizer.zero_grad(set_to_none=True)
        with self.precision():
            if inputs.dim() == 4:
                logits = self.model(inputs, architecture)
            else:
                logits = self.over_time(index, inputs, architecture)
                targets = targets.flatten()
            loss = F.cross_entropy(logits, targets)
        loss.backward()
        if self.clip > 0:
            torch.nn.utils.clip_grad_norm_(self.model.parameters(), self.clip)
        self.optimizer.step()
        if inputs.dim() == 4:
            # A search reports it of every step.
            (logits.argmax(1) == targets).float().mean().item()
        return loss.item()

    def over_time(self, index, inputs, architecture):
        if index == 0:
            self.state = torch.zeros(inputs.shape[1], self.model.hidden, device=self.device)
        logits, state = self.model(inputs, self.state, architecture)
        self.state = state.detach().float()
        return logits


class Rewards(Network):
    """Accuracy of every architecture on a minibatch of its own."""

    def first(self):
        self.model.eval()
        return self.rewards(None)[0]

    def rewards(self, _):
        """Of every architecture."""
        with torch.inference_mode(), self.precision():
            return [
                (self.model(images, arch).argmax(1) == labels).float().mean().item()
                for arch, (images, labels) in zip(self.spec["architectures"], self.batches)
            ]

    def time(self, _):
        start = time.perf_counter()
        self.rewards(None)
        return [time.perf_counter() - start]
