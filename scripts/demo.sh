#!/usr/bin/env bash
# The main job from end to end: a genome, a learned vocabulary, pre-training, a labelled task beside random
# initialisation and k-mer regression, and a report. Without arguments on a genome simulated on the spot.
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

usage() {
  cat <<'USAGE'
usage: bash scripts/demo.sh [--genome G.fa.gz --train T.csv --test E.csv [--dev D.csv]] [--out FOLDER] [--seed N]

Without files: simulates a 6 Mbp genome and learns to tell its splice sites from broken ones (runs/demo).
With files: a genome (FASTA, .gz, or .2bit; --genome may be given several times) to pre-train on, and labelled
sequences (columns with sequence and label are found) to learn from and to be scored on (runs/demo-yours).
USAGE
}

# common.sh went to the project's root; paths are meant from where the user stands.
path() { case "$1" in /*) printf '%s' "$1" ;; *) printf '%s/%s' "$OLDPWD" "$1" ;; esac }
genomes=() train="" dev="" test="" out="" seed=1
while [ $# -gt 0 ]; do
  case "$1" in
    -h | --help) usage; exit 0 ;;
    --genome | --train | --dev | --test | --out | --seed)
      [ $# -ge 2 ] || { say "$1 needs a value"; exit 2; }
      case "$1" in
        --genome) genomes+=("$(path "$2")") ;;
        --train) train=$(path "$2") ;;
        --dev) dev=$(path "$2") ;;
        --test) test=$(path "$2") ;;
        --out) out=$(path "$2") ;;
        --seed) seed=$2 ;;
      esac
      shift 2 ;;
    *) say "unknown option $1"; usage >&2; exit 2 ;;
  esac
done
given=${#genomes[@]}
if [ "$given" -gt 0 ] || [ -n "$train$test$dev" ]; then
  if [ "$given" -eq 0 ] || [ -z "$train" ] || [ -z "$test" ]; then
    say "your own files are --genome, --train and --test together"
    exit 2
  fi
  for file in "${genomes[@]}" "$train" "$test" ${dev:+"$dev"}; do
    [ -r "${file%%,*}" ] || { say "cannot read ${file%%,*}"; exit 1; }
  done
  out=${out:-runs/demo-yours}
else
  out=${out:-runs/demo}
fi

bash scripts/setup.sh
say "building (the first time takes some minutes)"
bash scripts/build.sh >/dev/null
LEXOME=$ROOT/build/lexome
begin=$(date +%s)
step() { say "$(printf '%3d s' $(($(date +%s) - begin)))  $*"; }
mkdir -p "$out"

task=splice
holdout=()
if [ "$given" -eq 0 ]; then
  step "simulating a genome with a known grammar"
  "$LEXOME" simulate -o "$out/sim" --seed "$seed" -c recipes/demo-simulate.toml --force >"$out/simulate.tsv"
  genomes=("$out/sim/genome.2bit")
  tables=$out/sim/tasks/$task
  train=$tables/train.csv dev=$tables/dev.csv test=$tables/test.csv
  # Contigs that carry dev and test rows stay out of pre-training.
  holdout=(--set "windows.holdout=$(awk -F'\t' '!/^#/ && $3 != "train" { printf "%s%s", sep, $1; sep = "," }' "$out/sim/contigs.tsv")")
fi
genome_options=()
for genome in "${genomes[@]}"; do genome_options+=(-g "$genome"); done

step "learning a vocabulary: byte-pair encoding, 512 tokens"
"$LEXOME" vocab bpe "${genome_options[@]}" --size 512 --max-memory 2GiB --seed "$seed" -o "$out/bpe.json" --force

step "pre-training: guessing hidden tokens"
"$LEXOME" pretrain -c recipes/demo.toml -m "$out/bpe.json" "${genome_options[@]}" "${holdout[@]}" --seed "$seed" \
  -o "$out/pretrain" --force

step "learning another vocabulary, by a network: 128 codes, one a base; and a small model on them"
"$LEXOME" vocab vq "${genome_options[@]}" "${holdout[@]}" -c recipes/demo-codes.toml --seed "$seed" -o "$out/codes" --force
"$LEXOME" pretrain -c recipes/demo-codes-pretrain.toml -m "$out/codes" "${genome_options[@]}" "${holdout[@]}" --seed "$seed" \
  -o "$out/pretrain-codes" --force

# Two arms run side by side on a core each: small models gain little from a second thread.
finetune() { # MODEL ARM [OPTIONS]
  local model=$1 arm=$2
  shift 2
  "$LEXOME" finetune -m "$out/$model" -c recipes/demo-finetune.toml --train "$train" ${dev:+--dev "$dev"} \
    --test "$test" --seed "$seed" -t 1 -o "$out/$arm" --force "$@" >/dev/null 2>"$out/$arm.log"
}
step "fine-tuning, beside the same model from random weights and k-mer regression (logs: $out/*.log)"
failed=""
finetune pretrain scratch --scratch --set finetune.baseline=false &
scratch=$!
finetune pretrain finetune || failed=finetune
wait "$scratch" || failed=${failed:-scratch}
step "the same on learned codes: a linear layer on the codes alone, and the model on them"
finetune codes probe-codes --set finetune.mode=probe --set finetune.baseline=false --set train.lr=1e-2 &
probe=$!
finetune pretrain-codes finetune-codes --set finetune.baseline=false --set finetune.max_updates=500 --set train.lr=1e-3 ||
  failed=${failed:-finetune-codes}
wait "$probe" || failed=${failed:-probe-codes}
if [ -n "$failed" ]; then
  tail -n 3 "$out/$failed.log" >&2
  exit 1
fi

"$LEXOME" report "$out/pretrain" "$out/pretrain-codes" "$out/finetune" "$out/scratch" "$out/finetune-codes" "$out/probe-codes" -o "$out/report.html" --force
step "done"

# One line a model: what the test set says.
score() { # RESULTS MODEL METRIC
  awk -F'\t' -v model="$2" -v metric="$3" '
    /^##/ { next }
    /^#/ { sub(/^#/, ""); for (i = 1; i <= NF; ++i) column[$i] = i; next }
    $column["split"] == "test" && $column["metric"] == metric && $column["model"] == model {
      printf "   %s %.3f", metric, $column["value"]
      exit
    }' "$1"
}
line() { # TEXT RESULTS MODEL
  printf '  %-36s' "$1"
  for metric in accuracy mcc pearson spearman; do score "$2" "$3" "$metric"; done
  printf '\n'
}
echo
echo "Report: $out/report.html"
echo "It shows how pre-training and fine-tuning went, and how each model does on the test set:"
line "pre-trained, then fine-tuned" "$out/finetune/results.tsv" dnabert
line "the same model from random weights" "$out/scratch/results.tsv" dnabert-scratch
line "pre-trained on learned codes" "$out/finetune-codes/results.tsv" vqdna
line "the codes alone, one linear layer" "$out/probe-codes/results.tsv" tokens-probe
line "k-mer logistic regression" "$out/finetune/results.tsv" kmer-lr
if [ "$given" -eq 0 ]; then
  awk -F'\t' -v task="$task" '$1 == task && $2 == "test" && $4 == "accuracy" {
    printf "  %-36s   accuracy %.3f   (the ceiling)\n", "the generator\047s own posterior", $5
  }' "$out/sim/tasks/oracle.tsv"
fi
