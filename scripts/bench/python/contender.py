"""One of PyTorch's sides of `npm run bench`, as a process of its own: `contender.py <folder> <side>`.

The folder has what our side wrote: `spec.json`, the first weights, the minibatches. Side `eager` is
PyTorch as people write it: contiguous float32. `tuned` is channels-last, bfloat16 by autocast, fused
optimisers, denormals flushed; `tuned-fp32` the same in float32. How its malloc and its threads are set
is in the environment.

Writes a line of JSON when the first step is done, then one for each line it reads: a command and its
argument in JSON.
"""

import json
import pathlib
import sys

import torch

sys.path.insert(0, str(pathlib.Path(__file__).parent))

import controlling
import learning
import smallOps


def main(folder, side):
    spec = json.loads((folder / "spec.json").read_text())
    tuned = side != "eager"
    if tuned:
        torch.set_flush_denormal(True)
        torch.backends.cudnn.benchmark = True
    runner = {
        "step": learning.Steps,
        "reward": learning.Rewards,
        "controller": controlling.Updates,
        "operators": smallOps.Operators,
    }[spec["kind"]](spec, folder, tuned, side == "tuned")
    answer(
        {
            "first": runner.first(),
            "torch": torch.__version__,
            "threads": torch.get_num_threads(),
        }
    )
    for line in sys.stdin:
        command, argument = line.split(" ", 1)
        answer(getattr(runner, command)(json.loads(argument)))


def answer(value):
    print(json.dumps(value), flush=True)


main(pathlib.Path(sys.argv[1]), sys.argv[2])
