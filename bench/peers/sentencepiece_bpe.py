#!/usr/bin/python3
"""BPE of lexome beside sentencepiece's, in one run on one genome: learning, encoding, tokens.
Usage: sentencepiece_bpe.py path/to/lexome genome.fa[.gz] [--size 4096] [--line 2000] [--repeats 3]
Both learn with one thread and encode the same lines; times are CPU seconds of the whole program, start and
reading included, and wall seconds beside them. sentencepiece learns once (a minute and more), lexome `repeats` times."""
import argparse
import gzip
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time


def read_records(path):
    opener = gzip.open if path.endswith(".gz") else open
    name, parts = None, []
    with opener(path, "rt") as file:
        for line in file:
            if line.startswith(">"):
                if name is not None:
                    yield name, "".join(parts)
                name, parts = line[1:].split()[0], []
            else:
                parts.append(line.strip().upper())
    if name is not None:
        yield name, "".join(parts)


def timed(command, stdin=None, stdout=subprocess.DEVNULL):
    """CPU seconds, wall seconds, peak memory in MiB."""
    start = time.monotonic()
    process = subprocess.Popen(command, stdin=stdin, stdout=stdout, stderr=subprocess.PIPE)
    errors = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    wall = time.monotonic() - start
    if process.returncode != 0:
        sys.exit(f"{' '.join(command)} failed:\n{errors.decode()[-2000:]}")
    return usage.ru_utime + usage.ru_stime, wall, usage.ru_maxrss / 1024


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("lexome")
    parser.add_argument("genome")
    parser.add_argument("--size", type=int, default=4096)
    parser.add_argument("--line", type=int, default=2000)
    parser.add_argument("--repeats", type=int, default=3)
    a = parser.parse_args()
    for program in ("spm_train", "spm_encode"):
        if shutil.which(program) is None:
            sys.exit(f"{program} is missing: apt-get install sentencepiece")
    with tempfile.TemporaryDirectory() as folder:
        lines, fasta = os.path.join(folder, "lines.txt"), os.path.join(folder, "lines.fa")
        bases = 0
        with open(lines, "w") as text, open(fasta, "w") as records:
            for name, letters in read_records(a.genome):
                for at in range(0, len(letters), a.line):
                    piece = letters[at : at + a.line]
                    text.write(piece + "\n")
                    records.write(f">{name}_{at}\n{piece}\n")
                    bases += len(piece)
        model, vocab = os.path.join(folder, "spm"), os.path.join(folder, "vocab.json")
        ours, peer = {}, {}
        ours["learn"] = [
            timed([a.lexome, "vocab", "bpe", "-g", a.genome, "--set", f"vocab.size={a.size}", "-o", vocab, "--force", "-q"])
            for _ in range(a.repeats)
        ]
        peer["learn"] = [
            timed(["spm_train", f"--input={lines}", f"--model_prefix={model}", "--model_type=bpe",
                   f"--vocab_size={a.size}", "--character_coverage=1.0", "--num_threads=1"])
        ]
        ids = os.path.join(folder, "ids.txt")
        ours["encode"], peer["encode"] = [], []
        for _ in range(a.repeats):  # in turns, so that a noisy machine slows both alike
            ours["encode"].append(timed([a.lexome, "tokenize", "-m", vocab, fasta, "-O", "npy", "-t", "1", "-q",
                                         "-o", os.path.join(folder, "t.npy"), "--force"]))
            with open(ids, "w") as out:
                peer["encode"].append(timed(["spm_encode", f"--model={model}.model", "--output_format=id", lines], stdout=out))
        with open(ids) as file:
            peer_tokens = sum(len(line.split()) for line in file)
        our_tokens = (os.path.getsize(os.path.join(folder, "t.npy")) - 128) // 4
    print(f"{bases:,} bases, {a.size:,} tokens, lines of {a.line:,} bp; medians of {a.repeats} (sentencepiece learns once)")
    print("| | lexome | sentencepiece | ratio |\n|---|---|---|---|")
    for what in ("learn", "encode"):
        mine, other = ([statistics.median(run[i] for run in runs[what]) for i in range(3)] for runs in (ours, peer))
        print(f"| {what}, CPU s | {mine[0]:.2f} | {other[0]:.2f} | {other[0] / mine[0]:.1f}x |")
        print(f"| {what}, wall s | {mine[1]:.2f} | {other[1]:.2f} | {other[1] / mine[1]:.1f}x |")
        print(f"| {what}, peak MiB | {mine[2]:.0f} | {other[2]:.0f} | |")
        if what == "encode":
            print(f"| encode, Mbp per CPU s, files included | {bases / mine[0] / 1e6:.1f} | {bases / other[0] / 1e6:.1f} | |")
    print(f"| tokens | {our_tokens:,} | {peer_tokens:,} | {100 * (our_tokens / peer_tokens - 1):+.2f} % |")


if __name__ == "__main__":
    main()
