#!/usr/bin/env python3
"""Keeps the floors: an include that goes up, or a torch header above the torch line, fails.

Each folder of src/ is a floor; a file may include its own floor and the floors listed for it. Public
headers (include/lexome) count as the floor whose types they declare. Names below must match docs/design.md.
"""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
CORE = ["base", "genome", "vocab", "mask", "data", "report", "motifs", "lineages", "segments", "codes"]
MAY_SEE = {
    "base": [],
    "genome": ["base"],
    "vocab": ["base", "genome"],
    "mask": ["base", "genome", "vocab"],
    "data": ["base", "genome", "vocab", "mask", "report"],
    "report": ["base"],
    "motifs": ["base", "genome", "vocab", "data", "report"],
    "lineages": ["base", "genome", "vocab", "data", "report"],
    "segments": ["base", "genome", "vocab", "data", "report"],
    "codes": ["base", "genome", "vocab", "data", "report", "motifs"],
    "tensor": ["base"],
    "kernels": ["base", "tensor"],
    "nn": ["base", "tensor", "kernels"],
    "models": ["base", "genome", "vocab", "tensor", "kernels", "nn"],
    "train": CORE + ["tensor", "kernels", "nn", "models"],
    "tasks": CORE + ["tensor", "kernels", "nn", "models", "train"],
    "cli": CORE,  # floors 4-8 are reached through lexome/engine.h only
}
# Lowest floor of each public header; a floor may use those of the floors it sees.
PUBLIC = {
    "error.h": "base", "options.h": "base", "engine.h": "base", "result_table.h": "base",
    "bases.h": "genome", "interval.h": "genome", "genome.h": "genome", "window.h": "genome",
    "tokens.h": "vocab", "tokenizer.h": "vocab", "masker.h": "mask", "batch.h": "data",
}
# Plain data that crosses the torch line; it declares no function.
PLAIN = {"batch.h", "tokens.h", "window.h", "bases.h", "tokenizer.h"}
TORCH = re.compile(r"<(torch|ATen|c10|caffe2)/")
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"][^>"]+[>"])', re.M)


def problems(path: pathlib.Path, floor: str):
    allowed = set(MAY_SEE[floor]) | {floor}
    torch_free = floor in CORE or floor == "cli"
    for match in INCLUDE.finditer(path.read_text()):
        name = match.group(1)
        line = path.read_text()[: match.start()].count("\n") + 1
        where = f"{path.relative_to(ROOT)}:{line}"
        if torch_free and TORCH.match(name):
            yield f"{where}: torch header {name} above the torch line"
        if name == "<torch/torch.h>":
            yield f"{where}: include module headers, not the torch umbrella"
        target = name.strip('<>"')
        head, _, rest = target.partition("/")
        if head == "lexome":
            if rest not in PUBLIC:
                yield f"{where}: public header {rest} has no floor in scripts/check_floors.py"
            elif PUBLIC[rest] not in allowed and rest not in PLAIN:
                yield f"{where}: {floor}/ may not see {target} (floor {PUBLIC[rest]})"
        elif head in MAY_SEE and head not in allowed:
            yield f"{where}: {floor}/ may not see {target}"


def main() -> int:
    found = []
    for floor in MAY_SEE:
        for path in sorted((ROOT / "src" / floor).rglob("*")):
            if path.suffix in {".h", ".cpp", ".cu", ".cuh"}:
                found += problems(path, floor)
    for path in sorted((ROOT / "include" / "lexome").glob("*.h")):
        text = path.read_text()
        if TORCH.search(text) or "htslib" in text.replace("no htslib", ""):
            for match in INCLUDE.finditer(text):
                if TORCH.match(match.group(1)) or "htslib" in match.group(1):
                    found.append(f"{path.relative_to(ROOT)}: {match.group(1)} in a public header")
    for folder in sorted(p.name for p in (ROOT / "src").iterdir() if p.is_dir()):
        if folder not in MAY_SEE:
            found.append(f"src/{folder}: not a floor; name it in scripts/check_floors.py and docs/design.md")
    print("\n".join(found) if found else "floors: every include goes down")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
