"""What the peers of lexome's training steps share: how they are timed, and how they show that they compute the same."""
import argparse
import json
import resource
import statistics
import struct
import sys
import time

import torch


def options(doc, repeats=5):
    """Options of all peers; the caller adds its own."""
    parser = argparse.ArgumentParser(description=doc)
    parser.add_argument("--precision", choices=["fp32", "bf16"], default="fp32")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--repeats", type=int, default=repeats)
    parser.add_argument("--rows", type=int, default=8)
    parser.add_argument("--tokens", type=int, default=512)
    parser.add_argument("--serve", action="store_true", help="one step for each line on stdin")
    return parser


def time_steps(step, a, name, tokens):
    """Runs `step`, which gives seconds: once to warm up, then for each line on stdin (seconds and CPU seconds of all
    threads), or repeatedly with a line of what, precision, median seconds, all seconds, tokens a second and peak memory."""
    step()
    if a.serve:
        print("ready", flush=True)
        for _ in iter(input, "stop"):
            before = time.process_time()
            print(f"{step():.4f} {time.process_time() - before:.4f}", flush=True)
        return
    times = [step() for _ in range(a.repeats)]
    median = statistics.median(times)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(name, a.precision, f"{median:.3f}", " ".join(f"{t:.3f}" for t in times), f"{tokens / median:.0f} tokens/s",
          f"{peak} MiB", sep="\t")


def adamw(model):
    """The optimizer of all peers: weight decay on matrices, none on vectors."""
    trained = [p for p in model.parameters() if p.requires_grad]
    groups = [{"params": [p for p in trained if p.dim() > 1], "weight_decay": 0.01},
              {"params": [p for p in trained if p.dim() == 1], "weight_decay": 0.0}]
    return torch.optim.AdamW(groups, lr=1e-4, betas=(0.9, 0.98), eps=1e-6)


def read_tensors(path):
    """The fp32 and i64 tensors of a safetensors file."""
    with open(path, "rb") as file:
        about = json.loads(file.read(struct.unpack("<Q", file.read(8))[0]))
        data = file.read()
    kinds = {"F32": torch.float32, "I64": torch.int64}
    return {name: torch.frombuffer(bytearray(data[slice(*each["data_offsets"])]), dtype=kinds[each["dtype"]])
            .view(each["shape"]) for name, each in about.items() if name != "__metadata__"}


def check(loss, wanted, gradients, limit=1e-3):
    """Says how far a loss and named pairs of gradients (ours, theirs) are apart, and ends the program when too far."""
    apart = abs(loss - wanted) / abs(wanted)
    worst, where = max(((mine - theirs).norm() / theirs.norm().clamp_min(1e-12), name)
                       for name, (mine, theirs) in gradients.items())
    print(f"checked: losses {loss:.6f} and {wanted:.6f}, {len(gradients)} gradients within {worst:.1e} ({where})", flush=True)
    if apart > 1e-4 or worst > limit:
        sys.exit("the peer does not compute what lexome computes")
