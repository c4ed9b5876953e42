#!/usr/bin/python3
"""One masked-LM training step of DNABERT-6 (12 layers, width 768) in eager PyTorch: forward, backward and
the optimizer. The peer that bench/step_bench is compared with: the same model, batch and dropout, written the
way Hugging Face's BERT is (fused softmax and layer norm of PyTorch, its own dropout and AdamW).

peer.py says what is printed."""
import math
import time

import peer
import torch
from torch import nn
from torch.nn import functional as F


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

    def forward(self, x, mask):
        rows, tokens, width = x.shape
        split = lambda y: y.view(rows, tokens, self.heads, width // self.heads).transpose(1, 2)
        q, k, v = split(self.query(x)), split(self.key(x)), split(self.value(x))
        scores = q @ k.transpose(-1, -2) / math.sqrt(width // self.heads) + mask
        context = self.drop(scores.softmax(-1)) @ v
        context = context.transpose(1, 2).reshape(rows, tokens, width)
        x = self.norm1(x + self.drop(self.out(context)))
        return self.norm2(x + self.drop(self.down(F.gelu(self.up(x)))))


class Bert(nn.Module):
    def __init__(self, vocab, layers, width, heads, ffn, tokens, dropout, gather):
        super().__init__()
        self.words = nn.Embedding(vocab, width, padding_idx=0)
        self.positions, self.segments = nn.Embedding(tokens, width), nn.Embedding(2, width)
        self.norm, self.drop = nn.LayerNorm(width, eps=1e-12), nn.Dropout(dropout)
        self.layers = nn.ModuleList(Layer(width, heads, ffn, dropout) for _ in range(layers))
        self.dense, self.head_norm = nn.Linear(width, width), nn.LayerNorm(width, eps=1e-12)
        self.bias = nn.Parameter(torch.zeros(vocab))
        self.gather = gather
        for p in self.parameters():
            if p.dim() > 1:
                nn.init.normal_(p, std=0.02)

    def forward(self, ids, attention_mask, labels):
        mask = (1.0 - attention_mask[:, None, None, :].float()) * -10000.0
        x = self.words(ids) + self.positions.weight[: ids.shape[1]] + self.segments.weight[0]
        x = self.drop(self.norm(x))
        for layer in self.layers:
            x = layer(x, mask)
        if self.gather:
            chosen = labels.ne(-100)
            x, labels = x[chosen], labels[chosen]
        logits = F.linear(self.head_norm(F.gelu(self.dense(x)).float()), self.words.weight, self.bias)
        return F.cross_entropy(logits.view(-1, logits.shape[-1]).float(), labels.view(-1))


def main():
    parser = peer.options(__doc__)
    parser.add_argument("--dropout", type=float, default=0.1)
    parser.add_argument("--layers", type=int, default=12)
    parser.add_argument("--gather", action="store_true", help="head on labelled positions only")
    a = parser.parse_args()
    torch.set_num_threads(a.threads)
    torch.manual_seed(1)
    model = Bert(4101, a.layers, 768, 12, 3072, 512, a.dropout, a.gather)
    optimizer = peer.adamw(model)
    ids = torch.randint(5, 4101, (a.rows, a.tokens))
    mask = torch.ones_like(ids)
    labels = torch.where(torch.rand(ids.shape) < 0.15, ids, torch.full_like(ids, -100))

    def step():
        begin = time.perf_counter()
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=a.precision == "bf16"):
            loss = model(ids, mask, labels)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        return time.perf_counter() - begin

    peer.time_steps(step, a, "peer" + ("+gather" if a.gather else ""), ids.numel())


if __name__ == "__main__":
    main()
