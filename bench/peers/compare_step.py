#!/usr/bin/python3
"""Steps of a benchmark and of its PyTorch peer, taken in turns within one run, so that a noisy machine slows both alike.
Usage: compare_step.py path/to/step_bench [--model dnabert] [--core SkylakeX] [--repeats 5] [--dropout 0.1]
       compare_step.py path/to/step_bench --model mxdna [--mixed]
       compare_step.py path/to/step_bench --model vqdna --rows 32
       compare_step.py path/to/step_bench --model vqdna-bert
       compare_step.py path/to/deformable_bench --model deformable
With all but dnabert both programs first show that they compute the same (--no-check goes without).
Two rounds with the peer's fp32 in both, since all programs together may need more than 24 GiB.
Prints a table: median seconds and CPU seconds (of all threads) a step, and their ratios to the peer's fp32 of the same
round."""
import argparse
import os
import statistics
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
# Options of both programs for the small problem on which they show that they compute the same.
SMALL = {"mxdna": ["--rows", "2", "--tokens", "128", "--layers", "4"], "deformable": ["--rows", "2", "--tokens", "128"],
         "vqdna": ["--rows", "4", "--tokens", "128", "--codes", "64,128"],
         "vqdna-bert": ["--rows", "4", "--tokens", "128", "--layers", "2", "--codes", "64,128"]}


def start(command, core):
    env = dict(os.environ)
    if core:
        env["OPENBLAS_CORETYPE"] = core
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=env)
    if process.stdout.readline().strip() != "ready":
        sys.exit(f"{command[0]} did not start")
    return process


def step(process):
    process.stdin.write("go\n")
    process.stdin.flush()
    return [float(seconds) for seconds in process.stdout.readline().split()]


def check(program, peer, model, core):
    """A small problem of lexome's, and the peer's word that it finds the same."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "small.safetensors")
        env = {**os.environ, **({"OPENBLAS_CORETYPE": core} if core else {})}
        mixed = ["--mixed"] * (model == "mxdna")
        subprocess.run([*program, *SMALL[model], *mixed, "--save", path], check=True, env=env)
        subprocess.run([*peer, *SMALL[model], "--check", path], check=True, env=env)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("program")
    parser.add_argument("--core", default=os.environ.get("OPENBLAS_CORETYPE", ""))
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--dropout", default="0.1")
    parser.add_argument("--layers", default="12")
    parser.add_argument("--model", choices=["dnabert", *SMALL], default="dnabert")
    parser.add_argument("--mixed", action="store_true", help="rows of mixed lengths (mxdna)")
    parser.add_argument("--rows", default="8")
    parser.add_argument("--threads", default="2", help="with 1, CPU seconds hold no waiting of threads for each other")
    parser.add_argument("--no-check", action="store_true")
    a = parser.parse_args()
    peer = ["/usr/bin/python3", os.path.join(HERE, f"{a.model.replace('-', '_')}_step.py")]
    options = ["--rows", a.rows, "--threads", a.threads]
    options += ["--dropout", a.dropout, "--layers", a.layers] if a.model == "dnabert" else ["--mixed"] * a.mixed
    program = [a.program] + ([] if a.model == "deformable" else ["--model", a.model])
    rounds = [
        {"peer fp32": peer + ["--precision", "fp32"],
         "lexome fp32": program + ["--precision", "fp32"],
         "lexome bf16": program + ["--precision", "bf16"]},
        {"peer fp32": peer + ["--precision", "fp32"],
         "peer fp32, head on labelled tokens": peer + ["--precision", "fp32", "--gather"],
         "peer bf16 autocast": peer + ["--precision", "bf16"]},
    ]
    if a.model != "dnabert":
        del rounds[1:]  # torch 1.13 has no LayerNorm of mixed types on CPUs, which autocast would need
        if not a.no_check:
            check(program, peer, a.model, a.core)
    print(f"{a.model} {' '.join(options)}, core type {a.core or 'as found'}, medians of {a.repeats}")
    print("| program | s a step | times peer fp32 | CPU s | times peer fp32 | all |\n|---|---|---|---|---|---|")
    for commands in rounds:
        programs = {name: start(command + options + ["--serve"], a.core)
                    for name, command in commands.items()}
        times = {name: [] for name in programs}
        for _ in range(a.repeats):
            for name, process in programs.items():
                times[name].append(step(process))
        for process in programs.values():
            process.communicate("stop\n")
        medians = {name: [statistics.median(each) for each in zip(*values)] for name, values in times.items()}
        wall, busy = medians["peer fp32"]
        for name, (seconds, cpu) in medians.items():
            every = " ".join(f"{each:.3f}" for each, _ in times[name])
            print(f"| {name} | {seconds:.3f} | {wall / seconds:.2f} | {cpu:.3f} | {busy / cpu:.2f} | {every} |", flush=True)


if __name__ == "__main__":
    main()
