#!/usr/bin/python3
"""Searches of codes_bench and of its PyTorch peer, taken in turns within one run. Usage: compare_codes.py path/to/codes_bench
[--core SapphireRapids] [--repeats 9]. Prints median seconds, the ratio to the peer, and the peak memory (MiB) beyond the inputs."""
import argparse
import os
import statistics

from compare_step import HERE, start, step

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("codes_bench")
parser.add_argument("--core", default=os.environ.get("OPENBLAS_CORETYPE", ""))
parser.add_argument("--repeats", type=int, default=9)
a = parser.parse_args()
print("| codes | program | s | times peer | MiB beyond inputs | all |\n|---|---|---|---|---|---|")
for codes in ("512", "2048"):
    commands = {"peer: cdist + argmin": ["/usr/bin/python3", os.path.join(HERE, "codes_step.py")],
                "lexome fp32": [a.codes_bench, "--how", "fp32"],
                "lexome screened": [a.codes_bench, "--how", "screened"]}
    programs = {name: start(command + ["--codes", codes], a.core) for name, command in commands.items()}
    times = {name: [] for name in programs}
    for _ in range(a.repeats):
        for name, process in programs.items():
            times[name].append(step(process)[0])
    memory = {name: process.communicate("stop\n")[0].strip() for name, process in programs.items()}
    base = statistics.median(times["peer: cdist + argmin"])
    for name, values in times.items():
        median = statistics.median(values)
        print(f"| {codes} | {name} | {median:.3f} | {base / median:.2f} | {memory[name]} | "
              f"{' '.join(f'{v:.3f}' for v in values)} |", flush=True)
