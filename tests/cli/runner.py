"""Runs the real program in a fresh folder and checks exit code, streams and what is left on disk.

LEXOME names the program. Every failing case must leave its folder as it was: `fails` compares.
"""
import hashlib
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

PROGRAM = os.environ.get("LEXOME", "lexome")


# A recipe that pre-trains in a moment.
TINY = """[model]
layers = 1
width = 16
heads = 2
ffn = 32
max_tokens = 64
[windows]
length = 60
[train]
steps = 4
batch = 4
precision = "fp32"
[evaluate]
nll_windows = 4
nll_windows_during = 2
"""


def has_tensors():
    return (pathlib.Path(PROGRAM).resolve().parent / "liblexome_torch.so").exists()


needs_tensors = unittest.skipUnless(has_tensors(), "this build has no liblexome_torch.so")


class Case(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="lexome_cli_"))
        self.addCleanup(shutil.rmtree, self.folder)
        self.cache = pathlib.Path(tempfile.mkdtemp(prefix="lexome_cache_"))
        self.addCleanup(shutil.rmtree, self.cache)

    def write(self, name, content):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def run_lexome(self, *arguments, stdin=b"", env=None, preexec=None, timeout=240, stdout=None):
        environment = dict(os.environ, LEXOME_CACHE=str(self.cache), OPENBLAS_CORETYPE="", **(env or {}))
        if not environment["OPENBLAS_CORETYPE"]:
            del environment["OPENBLAS_CORETYPE"]
        return subprocess.run(
            [PROGRAM, *map(str, arguments)], input=stdin, cwd=self.folder, env=environment,
            stdout=subprocess.PIPE if stdout is None else stdout, stderr=subprocess.PIPE,
            preexec_fn=preexec, timeout=timeout)

    def works(self, *arguments, **options):
        done = self.run_lexome(*arguments, **options)
        self.assertEqual(done.returncode, 0, done.stderr.decode())
        return done.stdout.decode() if done.stdout is not None else ""

    def contents(self):
        return {
            str(path.relative_to(self.folder)):
                hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "folder"
            for path in self.folder.rglob("*")}

    def fails(self, code, *arguments, says=(), **options):
        """The exit code, one line of error with all of `says`, nothing on stdout, nothing left."""
        before = self.contents()
        done = self.run_lexome(*arguments, **options)
        errors = done.stderr.decode()
        self.assertEqual(done.returncode, code, errors)
        lines = [line for line in errors.splitlines() if line.startswith("[lexome] error: ")]
        self.assertEqual(len(lines), 1, errors)
        self.assertEqual(errors.splitlines()[-1], lines[0], "the error stands last")
        self.assertNotIn("internal error", errors)
        for words in [says] if isinstance(says, str) else says:
            self.assertIn(words, lines[0])
        if done.stdout is not None:
            self.assertEqual(done.stdout, b"")
        self.assertEqual(self.contents(), before)
        return lines[0]


def main():
    unittest.main(verbosity=1)
