#!/usr/bin/python3
"""One training step of VQDNA's vocabulary network (full-size HRQ, 14.4 M parameters, codebooks of 1,024 and 2,048 codes) in
eager PyTorch: forward, backward, clipping, AdamW and the codebooks' moving averages. The same mathematics as
src/models/vqdna.cpp, written the way ConvNeXt and EMA codebooks are written in Python. The peer that bench/step_bench is
compared with; --check shows on a file of step_bench --save that both compute the same. First codes are not timed.

peer.py says what is printed."""
import time

import peer
import torch
from torch import nn
from torch.nn import functional as F

BETA, DECAY, SMOOTHING, REVIVE_BELOW = 0.5, 0.99, 1e-5, 0.05


class Block(nn.Module):
    def __init__(self, width, scale=1e-6):
        super().__init__()
        self.dw = nn.Conv1d(width, width, 7, padding=3, groups=width)
        self.norm = nn.LayerNorm(width, eps=1e-6)
        self.up, self.gelu, self.down = nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width)
        self.scale = nn.Parameter(torch.full((width,), scale))

    def forward(self, x):  # [B, D, L]
        y = self.norm(self.dw(x).transpose(1, 2))
        y = self.scale * self.down(self.gelu(self.up(y)))
        return x + y.transpose(1, 2)


class ChannelNorm(nn.LayerNorm):
    def forward(self, x):  # [B, C, L]
        return super().forward(x.transpose(1, 2)).transpose(1, 2)


class Codebook(nn.Module):
    def __init__(self, codes, width):
        super().__init__()
        self.register_buffer("codes", torch.randn(codes, width))
        self.register_buffer("counts", torch.ones(codes))
        self.register_buffer("sums", self.codes.clone())

    def nearest(self, z):
        return torch.cdist(z, self.codes).argmin(1)

    @torch.no_grad()
    def fill(self, z):
        self.codes.copy_(z[torch.randint(len(z), (len(self.codes),))])
        self.counts.fill_(len(z) / len(self.codes))
        self.sums.copy_(self.codes * self.counts[:, None])

    @torch.no_grad()
    def update(self, z, chosen):
        one_hot = F.one_hot(chosen, len(self.codes)).type(z.dtype)
        self.counts.mul_(DECAY).add_(one_hot.sum(0), alpha=1 - DECAY)
        self.sums.mul_(DECAY).add_(one_hot.t() @ z, alpha=1 - DECAY)
        total = self.counts.sum()
        smooth = (self.counts + SMOOTHING) / (total + len(self.codes) * SMOOTHING) * total
        self.codes.copy_(self.sums / smooth[:, None])
        mean = self.counts.mean()
        dead = self.counts < REVIVE_BELOW * mean
        if dead.any():
            self.codes[dead] = z[torch.randint(len(z), (int(dead.sum()),))]
            self.counts[dead] = mean
            self.sums[dead] = self.codes[dead] * mean


class Vqdna(nn.Module):
    def __init__(self, codes=(1024, 2048), stem=256, width=384, blocks=6):
        super().__init__()
        self.stem, self.stem_norm = nn.Conv1d(4, stem, 5, padding=2), ChannelNorm(stem, eps=1e-6)
        self.up, self.down = nn.Conv1d(stem, width, 1), nn.Conv1d(width, stem, 1)
        self.encoder = nn.ModuleList(Block(width) for _ in range(blocks))
        self.decoder = nn.ModuleList(Block(width) for _ in range(blocks))
        self.down_norm, self.head = ChannelNorm(stem, eps=1e-6), nn.Conv1d(stem, 4, 5, padding=2)
        self.books = nn.ModuleList(Codebook(k, width) for k in codes)
        self.ready = False

    def taps(self, bases):  # [B, L] -> features of half the blocks and of all, [B * L, D] each
        x = self.up(F.gelu(self.stem_norm(self.stem(F.one_hot(bases, 4).float().transpose(1, 2)))))
        found = []
        for i, block in enumerate(self.encoder, 1):
            x = block(x)
            if i * 2 % len(self.encoder) == 0:
                found.append(x.transpose(1, 2).flatten(0, 1))
        return found

    def quantize(self, taps):
        """What the decoder reads, the commitment loss, and for each level what was quantised and the codes."""
        z1, z2 = taps
        levels, first, second = [], *self.books
        if self.training and not self.ready:
            first.fill(z1)
        levels.append((z1.detach(), first.nearest(z1.detach())))
        e1 = first.codes[levels[0][1]]
        q1 = z1 + (e1 - z1).detach()
        input2 = 2 * z2 - e1
        if self.training and not self.ready:
            second.fill(input2)
            self.ready = True
        levels.append((input2.detach(), second.nearest(input2.detach())))
        e2 = second.codes[levels[1][1]]
        asked = 2 * z2 - q1
        q2 = asked + (e2 - asked).detach()
        return (q1 + q2) / 2, (F.mse_loss(z1, e1) + F.mse_loss(input2, e2)) / 2, levels

    def forward(self, bases):
        features, commitment, levels = self.quantize(self.taps(bases))
        x = features.view(*bases.shape, -1).transpose(1, 2)
        for block in self.decoder:
            x = block(x)
        logits = self.head(F.gelu(self.down_norm(self.down(x))))
        return F.cross_entropy(logits, bases) + BETA * commitment, levels

    def update(self, levels):
        for book, (z, chosen) in zip(self.books, levels):
            book.update(z, chosen)


# Parts of lexome's names, and what they are called here.
NAMES = [("network.encoder.block", "encoder."), ("network.decoder.block", "decoder."), ("network.encoder.", ""),
         ("network.decoder.", ""), ("quantizer.level1", "books.0"), ("quantizer.level2", "books.1"),
         (".in.", ".up."), (".out.", ".down.")]


def named_here(tensors):
    """lexome's tensors under this program's names and in its shapes; its blocks count from 1."""
    found = {}
    for name, tensor in tensors.items():
        for theirs, mine in NAMES:
            name = name.replace(theirs, mine)
        parts = name.split(".")
        if parts[0] in ("encoder", "decoder"):
            parts[1] = str(int(parts[1]) - 1)
        if name == "stem.weight":  # [S, taps * 4]
            tensor = tensor.view(len(tensor), -1, 4).transpose(1, 2)
        elif name == "head.weight":  # [taps * 4, S]
            tensor = tensor.view(-1, 4, tensor.shape[1]).permute(1, 2, 0)
        elif name in ("up.weight", "down.weight"):
            tensor = tensor.unsqueeze(-1)
        elif name.endswith("dw.weight"):  # [taps, D]
            tensor = tensor.t().unsqueeze(1)
        found[".".join(parts)] = tensor
    return {name: tensor for name, tensor in found.items() if not name.endswith("ready")}


def check(path, model):
    saved = peer.read_tensors(path)
    part = lambda prefix: named_here({n[len(prefix):]: t for n, t in saved.items() if n.startswith(prefix)})
    model.load_state_dict(part("weight."))
    model.ready = True
    loss, levels = model(saved["bases"])
    loss.backward()
    model.update(levels)
    mine, books = dict(model.named_parameters()), dict(model.named_buffers())
    pairs = {n: (mine[n].grad, t) for n, t in part("grad.").items()}
    pairs.update({n: (books[n], t) for n, t in part("after.").items()})
    peer.check(loss.item(), saved["loss"].item(), pairs)


def main():
    parser = peer.options(__doc__, repeats=3)
    parser.add_argument("--codes", type=lambda text: [int(k) for k in text.split(",")], default=[1024, 2048])
    parser.add_argument("--check", metavar="FILE", help="compare loss, gradients and codebooks with those in the file")
    a = parser.parse_args()
    torch.set_num_threads(a.threads)
    torch.manual_seed(1)
    model = Vqdna(a.codes)
    if a.check:
        return check(a.check, model)
    optimizer = peer.adamw(model)
    bases = torch.randint(4, (a.rows, a.tokens))

    def step():
        begin = time.perf_counter()
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=a.precision == "bf16"):
            loss, levels = model(bases)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        model.update(levels)
        optimizer.zero_grad(set_to_none=True)
        return time.perf_counter() - begin

    peer.time_steps(step, a, "peer", bases.numel())


if __name__ == "__main__":
    main()
