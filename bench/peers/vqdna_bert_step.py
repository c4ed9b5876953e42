#!/usr/bin/python3
"""One training step of VQDNA's second stage (BERT-Base with rotary positions on the codes of a frozen full-size HRQ
vocabulary, a softmax a level) in eager PyTorch: the vocabulary's codes of the batch, forward, backward, clipping and AdamW.
The same mathematics as src/models/vqdna_bert.cpp, written the way such models are written in Python, with the heads on
masked places only. The peer that bench/step_bench is compared with; --check shows on a file of step_bench --save that both
compute the same.

peer.py says what is printed."""
import math
import time

import peer
import torch
import vqdna_step
from torch import nn
from torch.nn import functional as F

CLASS, END, MASK, FIRST = 2, 3, 4, 5


def rotate(x, angles):
    a, b = x.chunk(2, -1)
    return torch.cat([a * angles.cos() - b * angles.sin(), b * angles.cos() + a * angles.sin()], -1)


class Layer(nn.Module):
    def __init__(self, width, heads, ffn, dropout):
        super().__init__()
        self.heads = heads
        self.query, self.key, self.value = (nn.Linear(width, width) for _ in range(3))
        self.out = nn.Linear(width, width)
        self.norm1 = nn.LayerNorm(width, eps=1e-12)
        self.up, self.down = nn.Linear(width, ffn), nn.Linear(ffn, width)
        self.norm2 = nn.LayerNorm(width, eps=1e-12)
        self.drop = nn.Dropout(dropout)

    def forward(self, x, angles):
        rows, tokens, width = x.shape
        split = lambda y: y.view(rows, tokens, self.heads, width // self.heads).transpose(1, 2)
        q, k, v = rotate(split(self.query(x)), angles), rotate(split(self.key(x)), angles), split(self.value(x))
        scores = q @ k.transpose(-1, -2) / math.sqrt(width // self.heads)
        context = (scores.softmax(-1) @ v).transpose(1, 2).reshape(rows, tokens, width)
        x = self.norm1(x + self.drop(self.out(context)))
        return self.norm2(x + self.drop(self.down(F.gelu(self.up(x)))))


class Head(nn.Module):
    def __init__(self, width, codes):
        super().__init__()
        self.dense, self.norm = nn.Linear(width, width), nn.LayerNorm(width, eps=1e-12)
        self.decoder = nn.Linear(width, codes)

    def forward(self, x):
        return self.decoder(self.norm(F.gelu(self.dense(x))))


class CodesBert(nn.Module):
    def __init__(self, codes, layers=12, width=768, heads=12, ffn=3072, dropout=0.1):
        super().__init__()
        self.codes = vqdna_step.Vqdna(codes)
        self.codes.requires_grad_(False)
        self.project, self.specials = nn.Linear(384, width), nn.Embedding(9, width)
        self.norm, self.drop = nn.LayerNorm(width, eps=1e-12), nn.Dropout(dropout)
        self.layers = nn.ModuleList(Layer(width, heads, ffn, dropout) for _ in range(layers))
        self.heads = nn.ModuleList(Head(width, k) for k in codes)
        self.head = width // heads
        for p in self.parameters():
            if p.dim() > 1 and p.requires_grad:
                nn.init.normal_(p, std=0.02)

    def forward(self, ids, labels, bases):  # rows: [CLS] bases [SEP]
        with torch.no_grad():
            features, _, levels = self.codes.quantize(self.codes.taps(bases))
            features = F.pad(features.view(*bases.shape, -1), (0, 0, 1, 1))
            chosen = [F.pad(codes.view(bases.shape), (1, 1)) for _, codes in levels]
        special = (ids < FIRST)[..., None]
        x = self.drop(self.norm(torch.where(special, self.specials(ids), self.project(features))))
        frequency = 1e4 ** (-torch.arange(self.head // 2) * 2.0 / self.head)
        angles = torch.arange(ids.shape[1])[:, None] * frequency
        for layer in self.layers:
            x = layer(x, angles)
        asked = labels.ne(-100)
        return sum(F.cross_entropy(head(x[asked]), codes[asked]) for head, codes in zip(self.heads, chosen)) / 2


NAMES = [("embeddings.codes", "project"), ("embeddings.specials", "specials"), ("embeddings.LayerNorm", "norm"),
         ("encoder.layer.", "layers."), ("attention.self.", ""), ("attention.output.dense", "out"),
         ("attention.output.LayerNorm", "norm1"), ("intermediate.dense", "up"), ("output.dense", "down"),
         ("output.LayerNorm", "norm2"), ("head.level1", "heads.0"), ("head.level2", "heads.1"), (".LayerNorm", ".norm")]


def named_here(tensors):
    """lexome's tensors under this program's names."""
    codes = {n[len("codes."):]: t for n, t in tensors.items() if n.startswith("codes.")}
    found = {"codes." + n: t for n, t in vqdna_step.named_here(codes).items()}
    for name, tensor in tensors.items():
        if name.startswith("codes.") or name.startswith("bases_level"):
            continue
        for theirs, mine in NAMES:
            name = name.replace(theirs, mine)
        found[name] = tensor
    return found


def check(path, model):
    saved = peer.read_tensors(path)
    part = lambda prefix: named_here({n[len(prefix):]: t for n, t in saved.items() if n.startswith(prefix)})
    model.load_state_dict(part("weight."))
    loss = model.eval()(saved["ids"], saved["labels"], saved["bases"])
    loss.backward()
    mine = dict(model.named_parameters())
    peer.check(loss.item(), saved["loss"].item(), {n: (mine[n].grad, t) for n, t in part("grad.").items()})


def main():
    parser = peer.options(__doc__, repeats=3)
    parser.add_argument("--layers", type=int, default=12)
    parser.add_argument("--dropout", type=float, default=0.1)
    parser.add_argument("--codes", type=lambda text: [int(k) for k in text.split(",")], default=[1024, 2048])
    parser.add_argument("--check", metavar="FILE", help="compare loss and gradients with those in the file")
    a = parser.parse_args()
    torch.set_num_threads(a.threads)
    torch.manual_seed(1)
    model = CodesBert(a.codes, a.layers, dropout=a.dropout)
    if a.check:
        return check(a.check, model)
    optimizer = peer.adamw(model)
    bases = torch.randint(4, (a.rows, a.tokens - 2))
    asked = torch.rand(bases.shape) < 0.25
    ids = torch.where(asked, MASK, bases + FIRST)
    ids = torch.cat([torch.full((a.rows, 1), CLASS), ids, torch.full((a.rows, 1), END)], 1)
    labels = F.pad(torch.where(asked, bases + FIRST, -100), (1, 1), value=-100)

    def step():
        begin = time.perf_counter()
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=a.precision == "bf16"):
            loss = model(ids, labels, bases)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        return time.perf_counter() - begin

    peer.time_steps(step, a, "peer", ids.numel())


if __name__ == "__main__":
    main()
