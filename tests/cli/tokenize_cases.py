"""Tokens with coordinates: formats, regions, threads, and refusals."""
import json
import runner

FASTA = ">one\nACGTACGTNACGTTGCA\n>two\nGGGGCCCC\n"


class Tokens(runner.Case):
    def setUp(self):
        super().setUp()
        self.write("a.fa", FASTA)
        self.works("pack", "a.fa", "-o", "a.2bit")
        self.works("vocab", "kmer", "--k", "3", "-o", "k3.json")

    def rows(self, *arguments, **options):
        text = self.works("tokenize", "-m", "k3.json", *arguments, **options)
        return [line.split("\t") for line in text.splitlines() if not line.startswith("#")]

    def test_head_says_where_it_came_from(self):
        lines = self.works("tokenize", "-m", "k3.json", "a.fa").splitlines()
        self.assertTrue(lines[0].startswith("##lexome_version="))
        self.assertIn("##command=lexome tokenize -m k3.json a.fa", lines)
        bare = self.works("tokenize", "-m", "k3.json", "a.fa", "--no-version")
        self.assertNotIn("##lexome_version", bare)

    def test_tokens_stand_for_their_bases(self):
        sequences = dict(part.split("\n", 1) for part in FASTA[1:].strip().split("\n>"))
        rows = self.rows("a.fa")
        self.assertEqual(len(rows), 15 + 6)
        for row in rows:
            name, start, end = row[0], int(row[1]), int(row[2])
            bases = sequences[name][start:end]
            self.assertIn("[UNK]" if "N" in bases else bases, row)

    def test_file_genome_stream_and_threads_agree(self):
        expected = self.rows("a.fa")
        self.assertEqual(self.rows("-g", "a.2bit"), expected)
        self.assertEqual(self.rows("-", stdin=FASTA.encode()), expected)
        self.assertEqual(self.rows("-t", "3", "--window", "5", "a.fa"), expected)

    def test_region_is_part_of_its_contig(self):
        inside = [row for row in self.rows("a.fa")
                  if row[0] == "one" and int(row[1]) >= 2 and int(row[2]) <= 12]
        self.assertEqual(self.rows("-g", "a.2bit", "-r", "one:3-12"), inside)

    def test_formats(self):
        bed = self.works("tokenize", "-m", "k3.json", "a.fa", "-O", "bed", "--no-version")
        fields = [line.split("\t") for line in bed.splitlines() if not line.startswith("#")]
        self.assertEqual({len(row) for row in fields}, {6})
        for line in self.works("tokenize", "-m", "k3.json", "a.fa", "-O", "json",
                               "--no-version").splitlines():
            self.assertIsInstance(json.loads(line), dict)
        self.works("tokenize", "-m", "k3.json", "a.fa", "-O", "npy", "-o", "t.npy")
        self.assertEqual((self.folder / "t.npy").read_bytes()[:6], b"\x93NUMPY")

    def test_refusals(self):
        say = lambda code, says, *words: self.fails(code, "tokenize", *words, says=says)
        say(2, "-m is missing", "a.fa")
        say(2, "either FASTA files or -g", "-m", "k3.json")
        say(2, "either FASTA files or -g", "-m", "k3.json", "a.fa", "-g", "a.2bit")
        say(2, "-g GENOME", "-m", "k3.json", "a.fa", "-r", "one")
        say(1, "none.json", "-m", "none.json", "a.fa", "-o", "out.tsv")
        say(1, "none.fa", "-m", "k3.json", "none.fa", "-o", "out.tsv")
        say(1, "three", "-m", "k3.json", "-g", "a.2bit", "-r", "three", "-o", "out.tsv")
        say(2, "nonsense", "-m", "k3.json", "a.fa", "--n-policy", "nonsense", "-o", "out.tsv")
        say(2, "npy", "-m", "k3.json", "a.fa", "-O", "npy")

    def test_bad_sequence_leaves_nothing(self):
        self.write("b.fa", ">ok\nACGT\n>protein\nMEEPQ\n")
        self.fails(1, "tokenize", "-m", "k3.json", "b.fa", "-o", "out.tsv", says=["b.fa:4", "'E'"])
        self.fails(1, "tokenize", "-m", "k3.json", "b.fa", "-O", "npy", "-o", "out.npy",
                   says="b.fa:4")


if __name__ == "__main__":
    runner.main()
