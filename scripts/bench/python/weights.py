"""First values of a model's parameters from the file that our side wrote (safetensors: the length of a
JSON header, the header, the numbers), read without a copy of the file in memory, so that a process's peak
is the model's."""

import json
import struct

import numpy as np
import torch

DTYPES = {"F32": np.float32, "I64": np.int64}


class Tensors:
    def __init__(self, path):
        self.file = open(path, "rb")
        (length,) = struct.unpack("<Q", self.file.read(8))
        self.header = json.loads(self.file.read(length))
        self.header.pop("__metadata__", None)
        self.start = 8 + length

    def read(self, name):
        entry = self.header[name]
        array = np.empty(entry["shape"], DTYPES[entry["dtype"]])
        self.file.seek(self.start + entry["data_offsets"][0])
        self.file.readinto(array.reshape(-1).data)
        return torch.from_numpy(array)


def load(model, path):
    """Every parameter of the model, under the name that ours has."""
    tensors = Tensors(path)
    used = set()
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            ours = names(name, tensors.header)
            used.update(ours)
            rows = 0
            for one in ours:
                value = tensors.read(one)
                parameter.narrow(0, rows, len(value)).copy_(value)
                rows += len(value)
            assert rows == len(parameter), name
    unused = sorted(set(tensors.header) - used)
    assert not unused, f"not in the model: {unused[:5]}"


def names(name, header):
    """Ours for a parameter of the model: itself, or of an edge its gate's and its candidate's."""
    path = name.replace(".", "/")
    aliases = {"cell/weight_ih": "lstm/ih", "cell/weight_hh": "lstm/hh"}
    if path in aliases:
        return [aliases[path]]
    if path in header:
        return [path]
    if path.startswith("edges/"):
        edge = "layer0" + path.removeprefix("edges")
        return [f"{edge}/c", f"{edge}/h"]
    if path.startswith("bn/"):
        path = "layer0/" + path
    return [path.replace("weight", "gamma").replace("bias", "beta")]
