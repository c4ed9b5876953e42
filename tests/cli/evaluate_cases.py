"""The verb evaluate on a tiny suite of the simulator, and reproduce: folders, resuming, refusals."""
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import time
import unittest
import runner

SUITE = """name = "tiny"
seeds = 2
data = "sim/tasks"
[[task]]
name = "motif/pair"
train = "pair/train.csv"
dev = "pair/dev.csv"
test = "pair/test.csv"
metric = "mcc"
"""
BUDGET = ["--set", "train.steps=6", "--set", "finetune.evaluations=2", "--set", "suite.rates=1e-3",
          "--device", "cpu", "--precision", "fp32", "-t", "1"]


def rows(path):
    """The rows of a table as dictionaries."""
    lines = [line for line in path.read_text().splitlines() if not line.startswith("##")]
    names = lines[0].lstrip("#").split("\t")
    return [dict(zip(names, line.split("\t"))) for line in lines[1:]]


class Case(runner.Case):
    @classmethod
    def setUpClass(cls):
        cls.shared = pathlib.Path(tempfile.mkdtemp(prefix="lexome_evaluate_"))
        cls.addClassCleanup(shutil.rmtree, cls.shared)
        subprocess.run([runner.PROGRAM, "simulate", "-o", "sim", "--size", "300k", "--contigs", "3"],
                       cwd=cls.shared, check=True, capture_output=True)

    def setUp(self):
        super().setUp()
        os.symlink(self.shared / "sim", self.folder / "sim")
        self.write("suite.toml", SUITE)

    def refused(self, manifest, says, code):
        self.write("bad.toml", manifest)
        self.fails(code, "evaluate", "bad.toml", "--baselines", "majority", "-o", "out", says=says)


@runner.needs_tensors
class Evaluate(Case):
    def evaluate(self, *more):
        return ["evaluate", "suite.toml", "-o", "out", *BUDGET, *more]

    def test_baselines_alone_and_few_shots(self):
        self.works(*self.evaluate("--baselines", "majority,kmer-lr", "--shots", "5,20,all",
                                  "--draws", "2"))
        found = rows(self.folder / "out/results.tsv")
        self.assertEqual({row["model"] for row in found}, {"majority", "kmer-lr"})
        cells = {(row["shots"], row["draw"]) for row in found}
        self.assertEqual(cells, {("5", "0"), ("5", "1"), ("20", "0"), ("20", "1"), ("", "")})
        self.assertTrue((self.folder / "out/runs/motif__pair/kmer-lr/20-d1-s0").is_dir())
        majority = [row for row in found if row["model"] == "majority" and row["metric"] == "mcc"]
        self.assertEqual({row["value"] for row in majority}, {"0"})

    def test_models_with_their_compute(self):
        self.write("tiny.toml", runner.TINY)
        for name, steps, more in (("k3", 4, ["--set", "vocab.k=3"]),
                                  ("k6", 4, ["--set", "vocab.k=6"]), ("long", 8, [])):
            self.works("pretrain", "-c", "tiny.toml", "-g", "sim/genome.2bit", "--device", "cpu", "-t",
                       "1", "--set", f"train.steps={steps}", *more, "-o", name)
        words = self.evaluate("--baselines", "majority", "--seeds", "1", "-m", "k3", "-m", "k6")
        self.works(*words, "--equal", "bases")
        found = [row for row in rows(self.folder / "out/results.tsv")
                 if row["split"] == "test" and row["metric"] == "mcc"]
        self.assertEqual([row["model"] for row in found],
                         ["k3", "k6", "k3-scratch", "k6-scratch", "majority"])
        k3, k6 = found[:2]
        self.assertEqual((k3["bases_seen"], k6["bases_seen"]), ("960", "960"))  # 4 x 4 x 60
        self.assertEqual(k3["params_trunk"], k6["params_trunk"])
        self.assertLess(int(k3["params_total"]), int(k6["params_total"]))
        self.assertAlmostEqual(float(k3["tokens_per_base"]), 0.98, delta=0.02)
        for row in (k3, k6):
            self.assertTrue(0 < float(row["masked_share"]) < 0.5, row["masked_share"])
            self.assertGreater(float(row["flops"]), 0)
        # 960 bases in windows of 60: 58 and 55 tokens and two specials; three passes; 15 % guessed.
        for row, tokens, vocabulary in ((k3, 60, 69), (k6, 57, 4101)):
            layer = 2 * (4 * 16 * 16 + 2 * 16 * 32) + 4 * tokens * 16
            head = 0.15 * 2 * (16 * 16 + 16 * vocabulary)
            self.assertAlmostEqual(float(row["pretrain_flops"]) / (3 * 16 * tokens * (layer + head)),
                                   1, delta=0.05)
        table = rows(self.folder / "out/equal_bases.tsv")
        self.assertEqual([row["equal"] for row in table], ["yes", "yes", "", "", ""])
        audit = rows(self.folder / "out/audit.tsv")
        in_genome = [row for row in audit if row["kind"] == "pretraining" and row["side"] == "test"]
        self.assertTrue(in_genome)  # the tasks are cut out of the very genome
        self.assertEqual(in_genome[0]["items"], in_genome[0]["of"])
        self.fails(1, *words, "-m", "long", "--equal", "bases", "--force",
                   says=["960 for k3", "1920 for long", "suite.unequal"])
        self.fails(1, *words, "--equal", "flops", "--force", says="FLOPs of pre-training")
        self.works("report", "out", "-O", "md", "-o", "report.md")
        self.assertIn("k6-scratch", (self.folder / "report.md").read_text())

    def test_dry_run_writes_nothing(self):
        before = self.contents()
        plan = self.works(*self.evaluate("--dry-run", "--baselines", "kmer-lr,cnn"))
        self.assertEqual(self.contents(), before)
        lines = [line.split("\t") for line in plan.splitlines()]
        self.assertEqual([line[1] for line in lines[1:]], ["kmer-lr", "cnn"])
        self.assertGreater(float(lines[2][-1]), 1e9)

    def test_kill_and_resume(self):
        words = self.evaluate("--baselines", "majority,cnn", "--seeds", "3",
                              "--set", "train.steps=300")
        process = subprocess.Popen([runner.PROGRAM, *words], cwd=self.folder,
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        first = self.folder / "out/runs/motif__pair/cnn/all-d0-s1/results.tsv"
        for _ in range(2400):
            if first.exists():
                break
            time.sleep(0.05)
        process.kill()
        process.wait(60)
        self.assertTrue(first.exists())
        kept = first.stat().st_mtime_ns
        self.fails(2, *words, says=["out", "--resume"])
        self.works(*words, "--resume", timeout=500)
        self.assertEqual(first.stat().st_mtime_ns, kept)
        seeds = {row["finetune_seed"] for row in rows(self.folder / "out/results.tsv")
                 if row["model"] == "cnn"}
        self.assertEqual(seeds, {"1", "2", "3"})
        whole = {row["metric"]: row["value"] for row in rows(first)}
        self.works(*words, "--force", timeout=500)
        self.assertEqual({row["metric"]: row["value"] for row in rows(first)}, whole)

    def test_signal_keeps_what_is_done(self):
        words = self.evaluate("--baselines", "majority,cnn", "--set", "train.steps=100k")
        process = subprocess.Popen([runner.PROGRAM, *words], cwd=self.folder,
                                   stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        unfinished = self.folder / "out/runs/motif__pair/cnn/all-d0-s1"
        for _ in range(2400):
            if unfinished.exists():
                break
            time.sleep(0.05)
        time.sleep(0.5)
        process.send_signal(signal.SIGINT)
        errors = process.communicate(timeout=120)[1].decode()
        self.assertEqual(process.returncode, 128 + signal.SIGINT, errors)
        self.assertIn("--resume", errors)
        self.assertEqual({row["model"] for row in rows(self.folder / "out/results.tsv")},
                         {"majority"})

    def test_a_failed_run_goes_on(self):
        done = self.run_lexome(*self.evaluate("--baselines", "majority", "--shots", "5,1M"))
        self.assertEqual(done.returncode, 0, done.stderr.decode())
        self.assertIn("runs failed", done.stderr.decode())
        found = rows(self.folder / "out/results.tsv")
        failed = [row for row in found if row["status"]]
        self.assertEqual({row["shots"] for row in failed}, {"1000000"})
        self.assertTrue(all("shots" in row["message"] for row in failed))
        self.assertTrue(any(row["metric"] == "mcc" for row in found))

    def test_output_is_a_folder(self):
        words = self.evaluate()
        words[words.index("out")] = "results.tsv"
        self.fails(2, *words, says=["results.tsv", "folder", "-o results"])

    def test_bad_manifests(self):
        self.refused(SUITE.replace("pair/test.csv", "none/test.csv"), ["none/test.csv"], 1)
        self.refused(SUITE.replace('"mcc"', '"mmc"'), ["mmc"], 2)
        self.refused(SUITE.replace("metric =", "metrics ="), ["metrics"], 2)
        self.refused(SUITE.replace("pair/dev.csv", "pair/test.csv"), ["test.csv"], 2)
        self.fails(1, "evaluate", "none.toml", "-o", "out", says="none.toml")

    def test_bad_options(self):
        self.fails(2, *self.evaluate("--baselines", "kmer"), says=["kmer", "known"])
        self.fails(2, *self.evaluate("--shots", "few"), says="few")
        self.fails(2, *self.evaluate("--set", "suite.rates=0"), says="suite.rates")
        self.fails(1, *self.evaluate("-m", "none"), says="none")
        self.fails(2, *self.evaluate("--tasks", "motif/pari"), says="motif/pair")


class Reproduce(Case):
    RECIPE = """title = "size"
[data]
"suite.toml" = "HASH"
[[run]]
command = "lexome simulate -o sim2 --size 300k --contigs 3"
[[run]]
command = "lexome info -O tsv sim2/genome.2bit"
[[expect]]
table = "run-2.out"
where.contig = "chr1"
column = "length"
expected = 100000
tolerance = TOLERANCE
"""

    def recipe(self, digest, tolerance="1000000"):
        self.write("again.toml", self.RECIPE.replace("HASH", digest).replace("TOLERANCE", tolerance))

    def digest(self):
        return self.contents()["suite.toml"]

    def test_verdicts(self):
        self.recipe(self.digest())
        out = self.works("reproduce", "again.toml")
        self.assertIn("\treproduced", out)
        self.recipe(self.digest(), "0")
        done = self.run_lexome("reproduce", "again.toml", "-o", "kept")
        self.assertEqual(done.returncode, 1)
        self.assertIn("differs", done.stdout.decode())
        self.assertIn("1 of 1 numbers", done.stderr.decode())
        self.assertTrue((self.folder / "kept/sim2/genome.2bit").exists())

    def test_data_are_checked_first(self):
        self.recipe("0" * 64)
        self.fails(1, "reproduce", "again.toml", "-o", "kept", says=["suite.toml", "another file"])
        self.fails(1, "reproduce", "again.toml", "--data", "sim", says=["suite.toml is missing"])

    def test_a_command_that_fails_is_named(self):
        self.recipe(self.digest())
        text = (self.folder / "again.toml").read_text().replace("--contigs 3", "--contigs none")
        self.write("again.toml", text)
        done = self.run_lexome("reproduce", "again.toml")
        self.assertEqual(done.returncode, 1)
        self.assertIn("simulate", done.stderr.decode().splitlines()[-1])

    @runner.needs_tensors
    def test_the_shipped_example(self):
        self.assertIn("reproduced", self.works("reproduce", "simulated-motif", timeout=300))


del Case

if __name__ == "__main__":
    runner.main()
