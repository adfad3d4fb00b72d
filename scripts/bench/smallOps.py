"""PyTorch's side of `npm run bench:ops`.

Reads lines "<case> <iterations>", answers each with the nanoseconds that one iteration took. The
first line it writes is the version of torch. Each result is released as soon as it is made.
"""

import sys
import time

import torch

torch.set_num_threads(1)
torch.manual_seed(1)
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

print(torch.__version__, flush=True)
for line in sys.stdin:
    name, iterations = line.split()
    start = time.perf_counter_ns()
    CASES[name](int(iterations))
    print((time.perf_counter_ns() - start) / int(iterations), flush=True)
