# The genomes of the studies on real sequence, for the scripts that rebuild them: sourced after common.sh, with DATA,
# OUT (where packed genomes go) and LEXOME set. Leaves the options for -g in the array `genomes`.
mkdir -p "$OUT/genomes"
pack() { [ -f "$OUT/genomes/$1.2bit" ] || "$LEXOME" pack "$DATA/genomes/$2" -o "$OUT/genomes/$1.2bit"; }
pack 1000g human/1000g_1Mb.fa.gz
pack LPA human/LPA_haplotypes.fa.gz
pack hg18_chr20 human/hg18_chrM_chr20_first1Mb.fa.gz
pack hg19_chr3 human/hg19_chr3_42M-44M.fa.gz
pack hg19_chr4 human/hg19_chr4_103M-105M.fa.gz
pack hg38_chr1 human/hg38_chr1_first1Mb.fa.gz
pack hs37_20_21 human/hs37_20_21_10M-10.2M.fa
for species in bosTau8 canFam3 hg38 mm10 rheMac3; do pack "globin_$species" "vertebrate_region/$species.fa"; done

# Homologous sequence stays on one side: the haplotypes of one locus weigh as one, the two copies of the start of
# chromosome 20 are one group, so are the five copies of the globin region.
genomes=()
genome() { genomes+=(-g "$OUT/genomes/$1.2bit$2"); }
genome 1000g ,group=chr20
genome hg18_chr20 ,group=chr20
genome LPA ,group=LPA,weight=0.0714
genome hg19_chr3 ""
genome hg19_chr4 ""
genome hg38_chr1 ""
genome hs37_20_21 ""
for species in bosTau8 canFam3 hg38 mm10 rheMac3; do genome "globin_$species" ,group=globin,weight=0.2; done
