"""PyTorch's side of the small operators. Each result is released as soon as it is made."""

import time

import torch

x = torch.randn(16, 16)
y = torch.randn(16, 16)
flat = torch.randn(256)


def add(n):
    for _ in range(n):
        x.add(y)


def relu(n):
    for _ in range(n):
        x.relu()


def matmul(n):
    for _ in range(n):
        x.matmul(y)


def view(n):
    for _ in range(n):
        flat.view(16, 16)


def number(n):
    for _ in range(n):
        x.mul(2)


def chain(n):
    for _ in range(n):
        a = x.add(y)
        b = a.mul(y)
        c = b.relu()
        d = c.sub(x)
        e = d.tanh()
        f = e.mul(2)
        g = f.matmul(y)
        h = g.transpose(0, 1)
        i = h.reshape(256)
        i.sum()


CASES = {"add": add, "relu": relu, "matmul": matmul, "view": view, "number": number, "chain": chain}


class Operators:
    def __init__(self, spec, folder, tuned, half):
        pass

    def first(self):
        add(1)
        return True

    def time(self, asked):
        """Nanoseconds of a small operator, measured over so many of them."""
        name, operations = asked["name"], asked["operations"]
        start = time.perf_counter_ns()
        CASES[name](operations // 10 if name == "chain" else operations)
        return (time.perf_counter_ns() - start) / operations
