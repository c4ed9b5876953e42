#!/usr/bin/env python3
"""Runs a study: arms that differ in one thing, pre-trained on the same genomes and evaluated alike, from one manifest.

    scripts/study.py recipes/studies/genemask.toml [-o runs/genemask] [--only ARM,ARM] [--write | --dry-run]

A manifest (recipes/studies/*.toml) names genomes, what to prepare, the arms, the evaluations and which arms to compare.
Steps that are done are not done again, so an interrupted study goes on where it stopped, and more seeds are a longer run
of the same manifest. The result page is written from the tables the program made; --write does only that. Programs run
on one thread each, as many at a time as there are cores. --dry-run only says what is left to run.
"""
import argparse
import concurrent.futures
import csv
import datetime
import math
import os
import pathlib
import shlex
import statistics
import subprocess
import sys
import tomllib

ROOT = pathlib.Path(__file__).resolve().parent.parent
LEXOME = os.environ.get("LEXOME", str(ROOT / "build" / "lexome"))
DATA = pathlib.Path(os.environ.get("LEXOME_DATA", ROOT / "../shared/data"))


def say(text):
    print(f"[study] {text}\n", end="", file=sys.stderr, flush=True)  # one write, for threads speak at once


def read_table(path):
    """Rows of a table with ## lines and a # header, as dictionaries."""
    with open(path, newline="") as file:
        lines = [line for line in file if not line.startswith("##")]
    return list(csv.DictReader([lines[0].lstrip("#"), *lines[1:]], delimiter="\t"))


def number(text):
    return float(text) if text not in ("", None) else math.nan


def table(header, rows):
    """A Markdown table; the first column to the left, the others to the right."""
    lines = ["| " + " | ".join(header) + " |", "|---|" + "---:|" * (len(header) - 1)]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows])


class Study:
    def __init__(self, manifest, out, dry_run):
        self.manifest = pathlib.Path(manifest)
        self.about = tomllib.loads(self.manifest.read_text())
        self.out = pathlib.Path(out or ROOT / "runs" / self.manifest.stem)
        self.seeds = self.about["pretrain"].get("seeds", [1])
        self.logs = self.out / "logs"
        self.dry_run = dry_run
        if dry_run:
            return
        for folder in ("logs", "genomes", "pretrain", "evaluate"):
            (self.out / folder).mkdir(parents=True, exist_ok=True)

    def words(self, text):
        """A command's words with {data} and {out} filled in."""
        return [word.format(data=DATA, out=self.out, recipes=ROOT / "recipes") for word in shlex.split(text)]

    def run(self, name, words):
        """One program on one thread; what it says goes to a log of its own."""
        say(f"{name}: {shlex.join(words)}")
        if self.dry_run:
            return
        with open(self.logs / f"{name.replace('/', '_')}.log", "a") as log:
            done = subprocess.run([LEXOME, *words], stdout=log, stderr=log, check=False)
        if done.returncode:
            sys.exit(f"[study] {name} ended with exit code {done.returncode}: see {log.name}")

    def side_by_side(self, jobs):
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            futures = [pool.submit(self.run, *job) for job in jobs]
            try:
                for future in concurrent.futures.as_completed(futures):
                    future.result()
            finally:
                pool.shutdown(cancel_futures=True)  # the others would fail alike

    # Genomes, as options of -g.
    def genomes(self):
        options = []
        for genome in self.about["genome"]:
            packed = self.out / "genomes" / (genome["name"] + ".2bit")
            if not packed.exists():
                self.run("pack", ["pack", str(DATA / genome["file"]), "-o", str(packed)])
            spec = str(packed)
            for key in ("weight", "group"):
                spec += f",{key}={genome[key]}" if key in genome else ""
            options += ["-g", spec]
        return options

    def prepare(self, genomes, arms):
        users = [text for arm in arms for text in [*arm.get("set", []), arm.get("options", "")]]
        users += [text for each in self.about["evaluate"] for text in [*each.get("models", []), each.get("data", "")]]
        users += [each.get("command", "") for each in self.about.get("table", [])]
        jobs = []
        for step in self.about.get("prepare", []):
            made = self.out / step["makes"]
            learned = (made / "recipe.toml").exists()  # a folder that fills up; others appear whole
            finished = made / "results.tsv" if learned else made
            if finished.exists() or not any(step["makes"] in text for text in users):
                continue
            if not self.dry_run:
                made.parent.mkdir(parents=True, exist_ok=True)
            words = self.words(step["command"]) + (genomes if step.get("genomes") else [])
            jobs.append((f"prepare/{made.stem}", words + (["--resume"] if learned else [])))
        self.side_by_side(jobs)

    def pretrained(self, arm, seed):
        return self.out / "pretrain" / (arm["name"] if seed == self.seeds[0] else f"{arm['name']}-s{seed}")

    def pretrain(self, genomes, arms):
        jobs = []
        for seed in self.seeds:
            for arm in arms:
                run = self.pretrained(arm, seed)
                if (run / "results.tsv").exists():
                    continue
                words = ["pretrain", "-c", str(ROOT / arm.get("recipe", self.about["pretrain"]["recipe"])), *genomes]
                words += ["-o", str(run), "--seed", str(seed), "-t", "1"] + (["--resume"] if run.exists() else [])
                for setting in self.about["pretrain"].get("set", []) + arm.get("set", []):
                    words += ["--set", *self.words(shlex.quote(setting))]
                for option in self.words(arm.get("options", "")):
                    words.append(option)
                jobs.append((f"pretrain/{run.name}", words))
        self.side_by_side(jobs)

    def evaluate(self, arms):
        runs = [str(self.pretrained(arm, seed)) for arm in arms for seed in self.seeds]
        jobs = []
        for each in self.about["evaluate"]:
            out = self.evaluated(each)
            named = [word for model in each.get("models", []) for word in self.words(model)]
            models = [word for run in named or runs for word in ("-m", run)]
            data, = self.words(each.get("data", "{data}"))
            words = ["evaluate", *self.words(each["suite"]), "--data", data, "-t", "1", "-o", str(out), *models]
            words += self.words(each.get("options", "")) + (["--resume"] if out.exists() else [])
            jobs.append((f"evaluate/{out.name}", words))
        self.side_by_side(jobs)
        for each in self.about["evaluate"]:
            out = self.evaluated(each)
            self.run("report", ["report", str(out), "-o", f"{out}.html", "--force"])
            against = list(dict.fromkeys(pair["against"] for pair in self.pairs(each)))
            for arm in against:
                words = ["report", str(out), "--against", arm, "-O", "tsv", "-o", f"{out}-against-{arm}.tsv", "--force"]
                self.run("report", words)

    def look(self):
        """Runs whose tables stand in the page; several tables may be of one run, whose command stands with the first."""
        for each in self.about.get("table", []):
            made = self.out / each["makes"]
            if "command" in each and not made.exists():
                self.run(f"look/{made.stem}", self.words(each["command"]))

    def looked_table(self, each):
        """The columns that the manifest names; numbers rounded, where they are measured ones."""
        def shown(text):
            whole, _, fraction = text.partition(".")
            if len(fraction) <= 3 or not (whole.lstrip("+-") + fraction).isdigit():
                return text.replace("|", "\\|")
            rounded = f"{float(text):+.3f}" if text[0] == "+" else f"{float(text):.3f}"
            return rounded.lstrip("+-") if float(rounded) == 0 else rounded
        path = self.out / each["makes"] / each["file"]
        if not path.exists():
            return ""
        wanted = each.get("where", {})
        rows = [[shown(row[column]) for column in each["columns"]] for row in read_table(path)
                if all(row[column] == value for column, value in wanted.items())]
        return table([name.replace("_", " ") for name in each.get("header", each["columns"])], rows)

    def evaluated(self, each):
        return self.out / "evaluate" / each["name"]

    def pairs(self, each):
        """The comparisons that an evaluation takes part in: those that name it, and those that name none."""
        return [pair for pair in self.about.get("compare", []) if pair.get("evaluation", each["name"]) == each["name"]]

    # The result page.
    def vocabulary_table(self):
        """How healthy the codes of learned vocabularies are, on held-out windows."""
        rows = []
        for step in self.about.get("prepare", []):
            path = self.out / step["makes"] / "results.tsv"
            if not path.exists():
                continue
            found, about = {}, {}
            for row in read_table(path):
                found.setdefault(row["task"], {})[row["metric"]] = number(row["value"])
                about = row
            cost = f"{number(about['flops']) / 1e12:.1f}"
            given_back = f"{100 * found['bases']['accuracy']:.2f} %"
            for level, of in found.items():
                if level != "bases":
                    rows.append([f"{path.parent.name}, {level}", f"{of['usage']:.1f} %", f"{of['perplexity']:.1f}",
                                 f"{of['dead']:.0f}", f"{of['error']:.3f}", given_back, cost])
        header = ["vocabulary", "codes used", "perplexity", "dead", "error of \\|z\\|²", "bases given back", "TFLOP"]
        return table(header, rows) if rows else ""

    def codes_table(self):
        """Masked codes guessed right, beside what their neighbours give away."""
        rows = []
        for arm in self.about["arm"]:
            for seed in self.seeds:
                path = self.pretrained(arm, seed) / "results.tsv"
                found = {}
                for row in read_table(path) if path.exists() else []:
                    if row["suite"] == "masked_codes":
                        model = row["model"] if row["model"] in ("nearest-codes", "commonest-code") else "model"
                        found.setdefault(row["task"], {})[model] = f"{100 * number(row['value']):.1f} %"
                for level, of in found.items():
                    rows.append([f"{path.parent.name}, {level}", of["model"], of["nearest-codes"], of["commonest-code"]])
        header = ["masked codes guessed right", "model", "from the nearest visible codes", "the commonest code"]
        return table(header, rows) if rows else ""

    def pretraining_table(self):
        header = ["arm", "TFLOP", "tokens guessed", "bases hidden", "of them in repeats", "Markov bits", "loss (nats)",
                  "base_nll isolated", "base_nll spans of 11"]
        rows, simple = [], {}
        for arm in self.about["arm"]:
            for seed in self.seeds:
                run = self.pretrained(arm, seed)
                if not (run / "results.tsv").exists():
                    continue
                logged = {}
                for row in read_table(run / "log.tsv"):
                    if row["split"] in ("data", "valid"):
                        logged[row["name"]] = number(row["value"])
                found = {}
                scores = read_table(run / "results.tsv")
                for row in scores:
                    if row["suite"] != "base_nll":
                        continue
                    low, high = number(row["interval_low"]), number(row["interval_high"])
                    text = f"{number(row['value']):.3f} ({low:.3f} to {high:.3f})"
                    if row["model"] == run.name:
                        found[row["task"]] = text
                    else:
                        simple.setdefault(row["model"], {})[row["task"]] = text
                def percent(name):
                    return f"{100 * logged[name]:.1f} %" if name in logged else "–"
                def figure(name):
                    return f"{logged[name]:.3f}" if not math.isnan(logged.get(name, math.nan)) else "–"
                cost = f"{number(scores[0]['flops']) / 1e12:.0f}"
                rows.append([run.name, cost, percent("masked_tokens"), percent("hidden_bases"), percent("hidden_repeats"),
                             figure("hidden_markov_bits"), figure("loss"),
                             found.get("isolated", "–"), found.get("spans", "–")])
        for model, found in simple.items():
            rows.append([model, *["–"] * 6, found.get("isolated", "–"), found.get("spans", "–")])
        return table(header, rows)

    def cost_table(self):
        """What pre-training saw and took; how long units were where the model makes its own tokens."""
        rows = []
        for arm in self.about["arm"]:
            for seed in self.seeds:
                run = self.pretrained(arm, seed)
                if not (run / "results.tsv").exists():
                    continue
                row = next(row for row in read_table(run / "results.tsv") if row["model"] == run.name)
                units = [number(r["value"]) for r in read_table(run / "log.tsv") if (r["split"], r["name"]) == ("train", "unit_length")]
                rows.append([run.name, f"{int(row['params_total']):,}", f"{int(row['bases_seen']):,}",
                             f"{number(row['flops']) / 1e12:.1f}", f"{number(row['wall_s']):.0f}",
                             f"{statistics.mean(units):.2f}" if units else "–", f"{units[-1]:.2f}" if units else "–"])
        header = ["arm", "parameters", "bases seen", "TFLOP", "seconds of one thread", "bases a unit", "at the end"]
        return table(header, rows)

    def scores_table(self, each):
        cells, names, columns = {}, [], []
        scores = read_table(self.evaluated(each) / "results.tsv")
        metric = next(row["metric"] for row in scores if row["split"] == "dev")  # the suite's own chose on dev
        for row in scores:
            if row["split"] != "test" or row["status"] or row["role"] == "published":
                continue
            if row["metric"] != metric:
                continue
            shots = row["shots"] if row["shots"] not in ("", "-1") else "all"
            column = (row["task"], shots)
            if column not in columns:
                columns.append(column)
            if row["model"] not in names:
                names.append(row["model"])
            cells.setdefault((row["model"], column), []).append(number(row["value"]))
        columns.sort(key=lambda c: (c[0], float("inf") if c[1] == "all" else int(c[1])))
        best = {c: max(statistics.mean(v) for (_, d), v in cells.items() if d == c) for c in columns}
        rows = []
        for name in names:
            row = [name]
            for column in columns:
                values = cells.get((name, column), [])
                if not values:
                    row.append("–")
                    continue
                mean = statistics.mean(values)
                text = f"**{mean:.3f}**" if mean == best[column] else f"{mean:.3f}"
                row.append(text + (f" ± {statistics.stdev(values):.3f}" if len(values) > 1 else ""))
            rows.append(row)
        header = [metric.upper()] + [f"{task}, {shots}" for task, shots in columns]
        return table(header, rows)

    def differences(self, pair):
        """Rows of a comparison over all evaluations, and its verdict in words."""
        rows, verdicts = [], []
        for each in self.about["evaluate"]:
            path = pathlib.Path(f"{self.evaluated(each)}-against-{pair['against']}.tsv")
            if pair not in self.pairs(each):
                continue
            for row in read_table(path) if path.exists() else []:
                if row["model"] != pair["arm"]:
                    continue
                rows.append([f"{pair['arm']} − {pair['against']}", each["name"], row["task"], row["shots"], row["difference"],
                             row["95 % interval"], row["p (Holm)"]])
                low, _, high = row["95 % interval"].partition(" to ")
                decided = low and float(row["p (Holm)"]) < 0.05 and float(low) * float(high) > 0
                verdicts.append("open" if not decided else "better" if float(row["difference"]) > 0 else "worse")
        better, worse = verdicts.count("better"), verdicts.count("worse")
        total = len(verdicts)
        if not total:
            words = "was not compared."
        elif better and not worse:
            words = f"holds on {better} of {total} comparisons after correction and is contradicted on none."
        elif worse and not better:
            words = f"is contradicted on {worse} of {total} comparisons after correction and holds on none."
        elif better:
            words = f"holds on {better} of {total} comparisons after correction and is contradicted on {worse}."
        else:
            words = f"is **not shown**: none of {total} differences is told apart from zero after correction."
        return rows, f"- *{pair['claim']}* ({pair['arm']} against {pair['against']}) {words}"

    def write(self):
        version = subprocess.run([LEXOME, "--version"], capture_output=True, text=True, check=True).stdout.strip()
        wall = sum(number(row["wall_s"]) for arm in self.about["arm"] for seed in self.seeds
                   if (self.pretrained(arm, seed) / "results.tsv").exists()
                   for row in read_table(self.pretrained(arm, seed) / "results.tsv")[:1])
        evaluation = sum(number(row["wall_s"]) for each in self.about["evaluate"]
                         if (self.evaluated(each) / "results.tsv").exists()
                         for row in read_table(self.evaluated(each) / "results.tsv")
                         if row["split"] == "test" and row["metric"] == "mcc" and row["wall_s"])
        seeds = len(self.seeds)
        manifest = self.manifest.resolve()
        shown = manifest.relative_to(ROOT) if manifest.is_relative_to(ROOT) else manifest.name
        parts = [f"# {self.about['title']}", self.about["intro"].strip()]
        parts.append(f"Written by `scripts/study.py {shown}` "
                     f"with {version} on {datetime.date.today()}: {self.about['machine']}. Pre-training took "
                     f"{wall / 60:.0f} minutes of one thread in all, fine-tuning and baselines {evaluation / 60:.0f}. "
                     + ("**One pre-training seed: figures speak of these runs and not of methods.**" if seeds == 1
                        else f"{seeds} pre-training seeds."))
        if health := self.vocabulary_table():
            parts += ["## Vocabularies", self.about.get("vocabularies", "").strip(), health]
        parts += ["## Pre-training", self.about["pretrain"].get("note", "").strip(), self.pretraining_table(), self.codes_table(),
                  "What it cost, forward and backward:", self.cost_table()]
        for each in self.about["evaluate"]:
            done = (self.evaluated(each) / "results.tsv").exists()
            parts += [f"## {each['title']}", each.get("note", "").strip(), self.scores_table(each) if done else "Not run yet."]
        for each in self.about.get("table", []):
            if looked := self.looked_table(each):
                parts += [f"## {each['title']}" if "title" in each else "", each.get("note", "").strip(), looked]
        rows, verdicts = [], []
        for pair in self.about.get("compare", []):
            found, words = self.differences(pair)
            rows += found
            verdicts.append(words)
        if verdicts:
            parts += ["## What was asked", "\n".join(verdicts),
                      table(["comparison", "in", "task", "shots", "difference", "95 % interval", "p (Holm)"], rows)]
        parts.append(self.about.get("outro", "").strip())
        result = ROOT / self.about["result"]
        result.write_text("\n\n".join(part for part in parts if part) + "\n")
        say(f"wrote {result}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("manifest", help="a file of recipes/studies")
    parser.add_argument("-o", "--out", help="folder of the runs [runs/NAME]")
    parser.add_argument("--only", default="", help="arms to run, with commas; all without")
    parser.add_argument("--write", action="store_true", help="only write the result page from what there is")
    parser.add_argument("--dry-run", action="store_true", help="only say what is left to run")
    asked = parser.parse_args()
    if not os.access(LEXOME, os.X_OK):
        sys.exit("[study] needs the release build: scripts/build.sh")
    if not DATA.is_dir():
        sys.exit(f"[study] needs the data folder: set LEXOME_DATA (looked in {DATA})")
    study = Study(asked.manifest, asked.out, asked.dry_run)
    wanted = [name for name in asked.only.split(",") if name]
    arms = [arm for arm in study.about["arm"] if not wanted or arm["name"] in wanted]
    if unknown := set(wanted) - {arm["name"] for arm in arms}:
        sys.exit(f"[study] {asked.manifest} has no arm {', '.join(sorted(unknown))}")
    if not asked.write:
        genomes = study.genomes()
        study.prepare(genomes, arms)
        study.pretrain(genomes, arms)
        study.look()
        study.evaluate(arms)
    if not asked.dry_run:
        study.write()


if __name__ == "__main__":
    main()
