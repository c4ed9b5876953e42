#!/usr/bin/python3
"""torchvision's deform_conv2d on images of one row: a modulated deformable convolution over sequences of width 512 with
three taps, forward and backward. The peer that bench/deformable_bench is compared with; --check shows on a file of
deformable_bench --save that both compute the same.

peer.py says what is printed."""
import time

import peer
import torch
import torchvision

TAPS, WIDTH = 3, 512


def images(x_KC, rows):
    """[rows * tokens, C] as [rows, C, 1, tokens]."""
    return x_KC.view(rows, -1, x_KC.shape[1]).transpose(1, 2).unsqueeze(2).contiguous()


def convolution(v, offsets, modulation, filters):
    rows, _, _, tokens = offsets.shape
    # A tap's offsets are down, then right.
    both = torch.stack([torch.zeros_like(offsets), offsets], 2).view(rows, 2 * TAPS, 1, tokens)
    return torchvision.ops.deform_conv2d(v, both, filters, padding=(0, TAPS // 2), mask=modulation)


def main():
    parser = peer.options(__doc__)
    parser.add_argument("--check", metavar="FILE", help="compare the result and gradients with those in the file")
    a = parser.parse_args()
    torch.set_num_threads(a.threads)
    torch.manual_seed(1)
    count = a.rows * a.tokens
    saved = peer.read_tensors(a.check) if a.check else {
        "v": torch.randn(count, WIDTH), "offsets": 1.5 * torch.randn(count, TAPS),
        "modulation": 2 * torch.randn(count, TAPS).sigmoid(), "filters": 0.02 * torch.randn(WIDTH, TAPS * WIDTH),
        "asked": torch.randn(count, WIDTH)}
    shaped = {n: images(t, a.rows) for n, t in saved.items() if "filters" not in n and n != "loss"}
    for name in ("filters", "grad.filters"):
        if name in saved:
            shaped[name] = saved[name].view(WIDTH, TAPS, WIDTH).transpose(1, 2).unsqueeze(2).contiguous()
    inputs = {n: shaped[n].requires_grad_() for n in ("v", "offsets", "modulation", "filters")}

    def step():
        begin = time.perf_counter()
        for each in inputs.values():
            each.grad = None
        step.out = convolution(**inputs)
        step.out.backward(shaped["asked"])
        return time.perf_counter() - begin

    if a.check:
        step()
        pairs = {n: (inputs[n].grad, shaped[f"grad.{n}"]) for n in inputs}
        weigh = lambda x: (x * shaped["asked"]).sum().item()
        return peer.check(weigh(step.out.detach()), weigh(shaped["out"]), pairs)
    peer.time_steps(step, a, "peer", count)


if __name__ == "__main__":
    main()
