#!/usr/bin/python3
"""The nearest code of every row in eager PyTorch: cdist and argmin. One search for each line on stdin (compare_codes.py)."""
import argparse
import resource
import sys
import time

import torch

parser = argparse.ArgumentParser()
parser.add_argument("--rows", type=int, default=65536)
parser.add_argument("--width", type=int, default=384)
parser.add_argument("--codes", type=int, default=512)
parser.add_argument("--threads", type=int, default=2)
a = parser.parse_args()
torch.set_num_threads(a.threads)
torch.manual_seed(1)
codes = torch.randn(a.codes, a.width)
z = torch.randn(a.rows, a.width)
z += codes[torch.arange(a.rows) % a.codes]


def search():
    with torch.no_grad():
        return torch.cdist(z, codes).argmin(1)


def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


before = peak()
search()
print("ready", flush=True)
for line in sys.stdin:
    if line.strip() != "go":
        break
    begin = time.perf_counter()
    search()
    print(f"{time.perf_counter() - begin:.6f}", flush=True)
print(f"{peak() - before:.1f}", flush=True)
