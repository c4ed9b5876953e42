#!/usr/bin/python3
"""One masked-LM training step of MxDNA (100 M parameters) in eager PyTorch, forward and backward: the same mathematics
as src/models/mxdna.cpp in the compact layout, written the way such models are written in Python: rows padded, experts one
by one, units chosen by a sort of all candidates and a loop, the head on all positions. The peer that bench/step_bench is
compared with; --check shows on a file of step_bench --save that both compute the same.

peer.py says what is printed."""
import math
import time

import peer
import torch
from torch import nn
from torch.nn import functional as F

LENGTHS = list(range(1, 11))
GROUPS = [1, 2, 2, 4, 4, 4, 8, 8, 8, 8]


def rotate(x, angles):
    half = x.shape[-1] // 2
    a, b = x[..., :half], x[..., half:]
    cos, sin = angles.cos()[None, None], angles.sin()[None, None]
    return torch.cat([a * cos - b * sin, b * cos + a * sin], -1)


class Layer(nn.Module):
    def __init__(self, width, heads, ffn):
        super().__init__()
        self.heads = heads
        self.q, self.k, self.v, self.o = (nn.Linear(width, width, bias=False) for _ in range(4))
        self.w1, self.w3 = nn.Linear(width, ffn, bias=False), nn.Linear(width, ffn, bias=False)
        self.w2 = nn.Linear(ffn, width, bias=False)
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)

    def forward(self, x, mask, other=None):
        head = x.shape[-1] // self.heads
        split = lambda y: y.view(y.shape[0], y.shape[1], self.heads, head).transpose(1, 2)
        frequency = 1e4 ** (-torch.arange(head // 2) * 2.0 / head)
        angles = lambda y: torch.arange(y.shape[1])[:, None] * frequency
        normed = self.norm1(x)
        keys = normed if other is None else self.norm1(other)
        q, k = rotate(split(self.q(normed)), angles(normed)), rotate(split(self.k(keys)), angles(keys))
        scores = q @ k.transpose(-1, -2) / math.sqrt(head) + mask
        context = (scores.softmax(-1) @ split(self.v(keys))).transpose(1, 2).reshape(x.shape)
        x = x + self.o(context)
        y = self.norm2(x)
        return x + self.w2(F.silu(self.w1(y)) * self.w3(y))


class Expert(nn.Module):
    def __init__(self, width, length, groups):
        super().__init__()
        self.pre = nn.Linear(width, 2 * width, bias=False)
        self.conv = nn.Conv1d(width, width, length, stride=length, groups=groups, bias=False)
        self.norm = nn.LayerNorm(width)
        self.post = nn.Linear(width, width, bias=False)

    def forward(self, x):  # [units, length, width]
        made = self.conv(F.glu(self.pre(x), dim=-1).transpose(1, 2)).squeeze(2)
        return self.post(F.silu(self.norm(made)))


def select(scores):
    """Greedy choice of units in one sequence; a list of (centre, expert)."""
    count = len(scores)
    order = sorted(((-s, p, e) for p, row in enumerate(scores) for e, s in enumerate(row)))
    taken, units = [False] * count, []
    for _, p, e in order:
        low = p - LENGTHS[e] // 2
        high = low + LENGTHS[e]
        if low < 0 or high > count or any(taken[low:high]):
            continue
        taken[low:high] = [True] * LENGTHS[e]
        units.append((p, e))
    return sorted(units)


class Tokenization(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.norm, self.gate = nn.LayerNorm(width), nn.Linear(width, 10, bias=False)
        self.experts = nn.ModuleList(Expert(width, k, g) for k, g in zip(LENGTHS, GROUPS))
        self.deform_norm = nn.LayerNorm(width)
        self.offset, self.modulator = nn.Conv1d(width, 3, 3, padding=1), nn.Conv1d(width, 3, 3, padding=1)
        self.conv = nn.Linear(3 * width, width, bias=False)

    def forward(self, h, lengths):  # rows: [CLS] bases [SEP] padding
        rows, _, width = h.shape
        z = self.norm(h)
        noisy = z * torch.empty_like(z).uniform_(0.99, 1.01) if self.training else z
        scores = self.gate(noisy.float())
        probabilities = scores.softmax(-1)
        units = [select(each[1 : n - 1].tolist()) for each, n in zip(scores.detach(), lengths)]
        flat = [(b, p + 1, e) for b, row in enumerate(units) for p, e in row]
        h = h.clone()
        for e, expert in enumerate(self.experts):
            mine = [(b, p) for b, p, which in flat if which == e]
            if not mine:
                continue
            b, p = (torch.tensor(x) for x in zip(*mine))
            inside = p[:, None] - LENGTHS[e] // 2 + torch.arange(LENGTHS[e])
            made = expert(z[b[:, None], inside]) * probabilities[b, p, e][:, None].to(z.dtype)
            h = h.index_put((b, p), h[b, p] + made.to(h.dtype))
        chosen = torch.tensor([e for _, _, e in flat])
        b, p = torch.tensor([x[0] for x in flat]), torch.tensor([x[1] for x in flat])
        share = torch.bincount(chosen, minlength=10) / len(flat)
        balance = 10 * (share * probabilities[b, p].mean(0)).sum()
        kept = [[0] + [p + 1 for p, _ in row] + [n - 1] for row, n in zip(units, lengths)]
        most = max(map(len, kept))
        out = torch.zeros(rows, most, width, dtype=h.dtype)
        mask, inner = torch.full((rows, most), -1e9), torch.zeros(rows, most, 1)
        real = torch.zeros(rows, most, 1)
        for i, places in enumerate(kept):
            out[i, : len(places)] = h[i, torch.tensor(places)]
            mask[i, : len(places)] = 0.0
            real[i, : len(places)] = 1.0
            inner[i, 1 : len(places) - 1] = 1.0
        return self.assemble(out, inner, real), mask[:, None, None, :], balance

    def assemble(self, h, inner, real):
        rows, tokens, width = h.shape
        y = self.deform_norm(h) * real
        offset = self.offset(y.transpose(1, 2)).transpose(1, 2).float()
        modulation = 2 * self.modulator(y.transpose(1, 2)).transpose(1, 2).sigmoid()
        v = F.pad(y * inner.to(y.dtype), (0, 0, 1, 1))
        place = torch.arange(tokens)[None, :, None] + torch.arange(-1, 2) + offset
        inside = (place > -1) & (place < real.sum(1, keepdim=True))
        low = place.floor()
        share = (place - low).unsqueeze(-1).to(y.dtype)
        at = lambda q: v[torch.arange(rows)[:, None, None], (q.long() + 1).clamp(0, tokens + 1)]
        read = (at(low) * (1 - share) + at(low + 1) * share) * inside.unsqueeze(-1)
        return h + self.conv((read * modulation.unsqueeze(-1)).flatten(2))


class Mxdna(nn.Module):
    def __init__(self, width=512, heads=16, ffn=2048, before=4, after=16):
        super().__init__()
        self.words = nn.Embedding(9, width, padding_idx=0)
        self.before = nn.ModuleList(Layer(width, heads, ffn) for _ in range(before))
        self.tokens = Tokenization(width)
        self.after = nn.ModuleList(Layer(width, heads, ffn) for _ in range(after))
        self.norm, self.decoder, self.norm2 = nn.LayerNorm(width), Layer(width, heads, ffn), nn.LayerNorm(width)
        self.dense, self.head_norm, self.head = nn.Linear(width, width), nn.LayerNorm(width), nn.Linear(width, 9)
        for p in self.parameters():
            if p.dim() > 1:
                nn.init.normal_(p, std=0.02)
        for conv in (self.tokens.offset, self.tokens.modulator):
            nn.init.zeros_(conv.weight)
            nn.init.zeros_(conv.bias)

    def forward(self, ids, labels, lengths):
        h = self.words(ids)
        mask = torch.where(torch.arange(ids.shape[1]) < torch.tensor(lengths)[:, None], 0.0, -1e9)[:, None, None, :]
        for layer in self.before:
            h = layer(h, mask)
        x, mask, balance = self.tokens(h, lengths)
        for layer in self.after:
            x = layer(x, mask)
        q = self.norm2(self.decoder(h, mask, self.norm(x)))
        logits = self.head(self.head_norm(F.gelu(self.dense(q))))
        return F.cross_entropy(logits.float().flatten(0, 1), labels.flatten()) + 0.01 * balance


# Beginnings and parts of lexome's names, and what they are called here.
NAMES = [("model.embed_tokens", "words"), ("model.nucleotide_layers", "before"), ("model.token_layers", "after"),
         ("self_attn.projection_", ""), ("cross_attn.projection_", ""), ("ffn.ffn.", ""),
         ("model.conversion_layer.deform_conv.input_layernorm", "tokens.deform_norm"),
         ("model.conversion_layer.input_layernorm", "tokens.norm"), ("model.conversion_layer.conv_moe", "tokens"),
         ("model.conversion_layer.gate", "tokens.gate"), ("model.conversion_layer.deform_conv.", "tokens."),
         ("offset_conv", "offset"), ("modulator_conv", "modulator"), ("regular_conv", "conv"), ("grouped_conv", "conv"),
         ("pointwise_conv_pre", "pre"), ("pointwise_conv_post", "post"), ("post_attention_layernorm.norm", "norm2"),
         ("input_layernorm.norm", "norm1"), ("model.norm.norm", "norm"), ("norm.norm", "norm2"),
         ("lm_head.dense", "dense"), ("lm_head.layer_norm", "head_norm"), ("lm_head.decoder", "head"), ("lm_head.bias", "head.bias")]


def named_here(tensors):
    """lexome's parameters, or their gradients, under this program's names and in its shapes."""
    found = {}
    for name, tensor in tensors.items():
        for theirs, mine in NAMES:
            name = name.replace(theirs, mine)
        found[name] = tensor.squeeze(-1).permute(0, 2, 1).flatten(1) if tensor.dim() == 4 else tensor
    return {name: tensor for name, tensor in found.items() if "masked_token_embedding" not in name}


def check(path, model):
    saved = peer.read_tensors(path)
    part = lambda prefix: named_here({n[len(prefix):]: t for n, t in saved.items() if n.startswith(prefix)})
    model.load_state_dict(part("weight."))
    loss = model.eval()(saved["ids"], saved["labels"], saved["lengths"].tolist())
    loss.backward()
    mine = dict(model.named_parameters())
    peer.check(loss.item(), saved["loss"].item(), {n: (mine[n].grad, t) for n, t in part("grad.").items()})


def main():
    parser = peer.options(__doc__, repeats=3)
    parser.add_argument("--layers", type=int, default=16, help="layers on tokens; a fourth as many before")
    parser.add_argument("--mixed", action="store_true", help="rows of mixed lengths, padded to the longest")
    parser.add_argument("--check", metavar="FILE", help="compare loss and gradients with those in the file")
    a = parser.parse_args()
    torch.set_num_threads(a.threads)
    torch.manual_seed(1)
    model = Mxdna(before=a.layers // 4, after=a.layers)
    if a.check:
        return check(a.check, model)
    ids = torch.randint(5, 9, (a.rows, a.tokens))
    labels = torch.where(torch.rand(ids.shape) < 0.15, ids, torch.full_like(ids, -100))
    lengths = [a.tokens - r * a.tokens * 7 // 8 // max(1, a.rows - 1) if a.mixed else a.tokens for r in range(a.rows)]
    for row, n in enumerate(lengths):
        ids[row, 0], ids[row, n - 1], ids[row, n:] = 2, 3, 0
        labels[row, n:] = -100

    def step():
        begin = time.perf_counter()
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=a.precision == "bf16"):
            loss = model(ids, labels, lengths)
        loss.backward()
        model.zero_grad(set_to_none=True)
        return time.perf_counter() - begin

    peer.time_steps(step, a, "peer", sum(lengths))


if __name__ == "__main__":
    main()
