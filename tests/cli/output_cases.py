"""Outputs are complete or absent: existing ones, full disks, read-only folders, closed pipes, signals."""
import os
import resource
import signal
import subprocess
import time
import runner


def file_limit(size):
    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


class Outputs(runner.Case):
    def setUp(self):
        super().setUp()
        self.write("a.fa", ">c\n" + "ACGTTGCA" * 20000 + "\n")
        self.works("pack", "a.fa", "-o", "a.2bit")

    WRITERS = [
        ["pack", "a.fa", "-o", "{}"],
        ["unpack", "a.2bit", "-o", "{}"],
        ["vocab", "kmer", "--k", "6", "-o", "{}"],
        ["vocab", "bpe", "-g", "a.2bit", "--size", "64", "-o", "{}"],
        ["simulate", "-o", "{}", "--size", "300k", "--contigs", "3"],
        ["report", "results.tsv", "-O", "md", "-o", "{}"],
    ]

    def writers(self, target):
        self.write("results.tsv", self.results_table())
        for words in self.WRITERS:
            yield [word.format(target) for word in words]

    @staticmethod
    def results_table():
        return ("#suite\ttask\tmodel\tsplit\tmetric\tvalue\n"
                "demo\tpromoter\tdnabert\ttest\tmcc\t0.5\n")

    def test_existing_output_is_kept(self):
        self.write("old", "precious")
        for words in self.writers("old"):
            with self.subTest(words[0]):
                self.fails(2, *words, says=["old", "exists", "--force"])
        self.works("unpack", "a.2bit", "-o", "old", "--force")
        self.assertTrue((self.folder / "old").read_text().startswith(">c\n"))

    def test_folder_that_is_not_there(self):
        for words in self.writers("none/out"):
            with self.subTest(words[0]):
                self.fails(1, *words, says="none/out")

    def test_folder_that_cannot_be_written(self):
        for target in ("a.fa/out", "/proc/lexome_out"):  # root ignores permissions, not these
            for words in self.writers(target):
                with self.subTest(f"{words[0]} {target}"):
                    self.fails(1, *words, says=target)

    def test_output_that_is_a_folder(self):
        (self.folder / "dir").mkdir()
        for words in self.writers("dir"):
            if words[0] in ("simulate",):
                continue
            with self.subTest(words[0]):
                self.fails(1, *words, "--force", says="dir")

    def test_full_disk(self):
        limits = {"pack": 20000, "unpack": 50000, "vocab": 1000, "simulate": 50000, "report": 100}
        for words in self.writers("out"):
            with self.subTest(words[0]):
                self.fails(1, *words, preexec=file_limit(limits[words[0]]), says="File too large")

    def test_full_device(self):
        self.fails(1, "unpack", "a.2bit", "-o", "/dev/full", says="No space left")
        with open("/dev/full", "w") as full:
            self.fails(1, "unpack", "a.2bit", stdout=full, says=["standard output", "No space left"])
            self.fails(1, "list", "tokenizers", stdout=full, says="No space left")

    def test_full_temporary_disk(self):
        disk = self.folder / "disk"
        disk.mkdir()
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(disk)],
                                 capture_output=True)
        if mounted.returncode != 0:
            self.skipTest("may not mount a tmpfs here")
        try:
            self.fails(1, "unpack", "a.2bit", "-o", "disk/out.fa", says="No space left")
            self.assertEqual(list(disk.iterdir()), [])
        finally:
            subprocess.run(["umount", str(disk)], check=True)

    def test_closed_pipe_is_quiet(self):
        command = f"'{runner.PROGRAM}' unpack a.2bit --width 10; echo $? >&2"
        done = subprocess.run(["bash", "-c", f"( {command} ) | head -1"], cwd=self.folder,
                              capture_output=True)
        self.assertEqual(done.stdout, b">c\n")
        self.assertEqual(done.stderr, b"141\n")

    def test_signal_leaves_nothing(self):
        before = self.contents()
        process = subprocess.Popen([runner.PROGRAM, "pack", "-", "-o", "b.2bit"], cwd=self.folder,
                                   stdin=subprocess.PIPE, stderr=subprocess.PIPE)
        process.stdin.write(b">c\n" + b"ACGT" * 100000)
        process.stdin.flush()
        for _ in range(200):
            if self.contents() != before:
                break
            time.sleep(0.02)
        self.assertNotEqual(self.contents(), before, "the temporary never came")
        process.send_signal(signal.SIGTERM)
        process.wait(30)
        process.stdin.close()
        process.stderr.close()
        self.assertEqual(process.returncode, -signal.SIGTERM)
        self.assertEqual(self.contents(), before)


if __name__ == "__main__":
    runner.main()
