"""Genomes in every broken form, and the round trip of whole ones."""
import gzip
import runner

FASTA = ">one first\nACGTNNNNacgtRY\nGATTACA\n>two\nGGGGCCCC\n"


class Good(runner.Case):
    def test_round_trip_keeps_case_and_n(self):
        self.write("a.fa", ">one\nACGTNNNNacgtn\n>two\nggGG\n")
        self.works("pack", "a.fa", "-o", "a.2bit")
        self.assertEqual(self.works("unpack", "a.2bit"), ">one\nACGTNNNNacgtn\n>two\nggGG\n")

    def test_stdin_gzip_and_crlf_give_the_same_store(self):
        self.write("plain.fa", FASTA)
        self.write("packed.fa.gz", gzip.compress(FASTA.encode()))
        self.write("crlf.fa", FASTA.replace("\n", "\r\n"))
        self.works("pack", "plain.fa", "-o", "1.2bit")
        self.works("pack", "packed.fa.gz", "-o", "2.2bit")
        self.works("pack", "crlf.fa", "-o", "3.2bit")
        self.works("pack", "-", "-o", "4.2bit", stdin=FASTA.encode())
        stores = {(self.folder / f"{i}.2bit").read_bytes() for i in (1, 2, 3, 4)}
        self.assertEqual(len(stores), 1)

    def test_unpacked_gz_is_gzip(self):
        self.write("a.fa", FASTA)
        self.works("pack", "a.fa", "-o", "a.2bit")
        self.works("unpack", "a.2bit", "-o", "b.fa.gz")
        text = gzip.decompress((self.folder / "b.fa.gz").read_bytes()).decode()
        self.assertEqual(text, self.works("unpack", "a.2bit"))

    def test_info_counts_the_same_in_text_and_store(self):
        self.write("a.fa", FASTA)
        self.works("pack", "a.fa", "-o", "a.2bit")
        of_text = self.works("info", "-O", "tsv", "a.fa").splitlines()
        of_store = self.works("info", "-O", "tsv", "a.2bit").splitlines()
        self.assertEqual(of_text[1].split("\t")[1:5], ["one", "21", "6", "4"])
        self.assertEqual([row.split("\t")[1:] for row in of_text],
                         [row.split("\t")[1:] for row in of_store])


class Bad(runner.Case):
    def check(self, code, says, *arguments, **options):
        """The same refusal from info and from pack."""
        self.fails(code, "pack", *arguments, "-o", "out.2bit", says=says, **options)

    def test_empty_file(self):
        self.write("a.fa", "")
        self.check(1, ["a.fa", "empty"], "a.fa")
        self.fails(1, "info", "a.fa", says=["a.fa", "empty"])

    def test_header_only(self):
        self.write("a.fa", ">c\n")
        self.check(1, "a.fa", "a.fa")

    def test_missing_file(self):
        self.check(1, ["none.fa", "No such file"], "none.fa")
        self.fails(1, "info", "none.fa", says=["none.fa", "No such file"])

    def test_folder(self):
        (self.folder / "dir").mkdir()
        self.check(1, "dir", "dir")
        self.fails(1, "info", "dir", says="dir")

    def test_binary_garbage(self):
        self.write("a.fa", bytes(range(256)) * 20)
        self.check(1, "a.fa", "a.fa")
        self.fails(1, "info", "a.fa", says="a.fa")

    def test_truncated_gzip(self):
        import random
        letters = "".join(random.Random(1).choices("ACGT", k=200_000))
        whole = gzip.compress(f">c\n{letters}\n".encode())
        self.write("a.fa.gz", whole[:len(whole) // 2])
        self.check(1, ["a.fa.gz", "truncated"], "a.fa.gz")

    def test_protein(self):
        self.write("a.fa", ">ok\nACGT\n>p53\nMEEPQSDPSVEPPLSQETFSDLWKLLPENNVLS\n")
        self.check(1, ["a.fa:4", "'E'"], "a.fa")

    def test_text_before_the_first_header(self):
        self.write("a.fa", "ACGT\n>c\nACGT\n")
        self.check(1, ["a.fa:1"], "a.fa")

    def test_duplicate_contigs(self):
        self.write("a.fa", ">c\nACGT\n>d\nACGT\n>c\nGGGG\n")
        self.check(1, ["a.fa:5", "'c'", "twice"], "a.fa")

    def test_gaps_refused_on_request(self):
        self.write("a.fa", ">c\nAC-GT\n")
        self.check(1, ["a.fa:1", "gaps"], "a.fa", "--gaps", "refuse")

    def packed(self):
        self.write("a.fa", FASTA)
        self.works("pack", "a.fa", "-o", "a.2bit")
        whole = (self.folder / "a.2bit").read_bytes()
        (self.folder / "a.2bit").unlink()
        return whole

    def test_truncated_store_anywhere(self):
        whole = self.packed()
        for size in sorted({1, 3, 8, 15, 17, 30, len(whole) // 2, len(whole) - 1}):
            self.write("cut.2bit", whole[:size])
            self.fails(1, "unpack", "cut.2bit", "-o", "out.fa", says="cut.2bit")

    def test_corrupt_store(self):
        whole = bytearray(self.packed())
        whole[8:12] = b"\xff\xff\xff\x7f"  # the number of sequences
        self.write("many.2bit", bytes(whole))
        self.fails(1, "unpack", "many.2bit", "-o", "out.fa", says="many.2bit")
        self.fails(1, "info", "many.2bit", says="many.2bit")
        whole = bytearray(self.packed())
        whole[4] = 9
        self.write("new.2bit", bytes(whole))
        self.fails(1, "unpack", "new.2bit", "-o", "out.fa", says=["new.2bit", "version"])

    def test_fasta_where_a_store_is_due(self):
        self.write("a.fa", FASTA)
        self.fails(1, "unpack", "a.fa", "-o", "out.fa", says=["a.fa", "not a .2bit"])


if __name__ == "__main__":
    runner.main()
