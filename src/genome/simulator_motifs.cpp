// The matrices. A zero is a rule without exception (the AG of an acceptor); all else leaves room
// for weak sites, so that no single motif gives a site away.
#include "genome/simulator_motifs.h"

#include <algorithm>
#include <cmath>

namespace lexome::sim {

Pwm::Pwm(const char* name, std::vector<Row> rows) : name_(name), rows_(std::move(rows)) {
  for (const Row& row : rows_) {
    Row logs;
    for (int b = 0; b < 4; ++b) logs[b] = std::log(row[b]);
    log_rows_.push_back(logs);
  }
}

Pwm Pwm::reversed() const {
  std::vector<Row> rows;
  for (auto row = rows_.rbegin(); row != rows_.rend(); ++row)
    rows.push_back({(*row)[3], (*row)[2], (*row)[1], (*row)[0]});
  return Pwm(name_, std::move(rows));
}

Pwm Pwm::part(int begin, int end) const {
  return Pwm(name_, std::vector<Row>(rows_.begin() + begin, rows_.begin() + end));
}

Base sample_row(const Row& row, Random* random) {
  double u = random->uniform();
  for (int b = 0; b < 3; ++b) {
    if (u < row[b]) return static_cast<Base>(b);
    u -= row[b];
  }
  // Rounding may leave u just above the last probability of a row that ends in zero.
  return static_cast<Base>(row[3] > 0 ? 3 : std::max_element(row.begin(), row.end()) - row.begin());
}

void Pwm::sample(Random* random, Bases* out) const {
  for (const Row& row : rows_) out->push_back(sample_row(row, random));
}

double Pwm::log_p(BasesView bases) const {
  double sum = 0;
  for (size_t i = 0; i < log_rows_.size(); ++i) sum += log_rows_[i][bases[i]];
  return sum;
}

double Pwm::bits(BasesView bases) const { return log_p(bases) / std::log(2.0) + 2.0 * width(); }

const Motifs& motifs() {
  static const Motifs all = {
      Pwm("tata",  // TATAWAWR; the first T is at -31..-26
          {{.05, .11, .05, .79},
           {.90, .01, .01, .08},
           {.01, .02, .01, .96},
           {.91, .01, .01, .07},
           {.68, .01, .01, .30},
           {.92, .01, .03, .04},
           {.57, .01, .04, .38},
           {.40, .10, .40, .10}}),
      Pwm("inr",  // YYANWYY, -2 to +5
          {{.14, .36, .16, .34},
           {.05, .62, .05, .28},
           {.90, .02, .05, .03},
           {.22, .24, .28, .26},
           {.33, .09, .10, .48},
           {.08, .42, .12, .38},
           {.08, .40, .14, .38}}),
      Pwm("gcbox",  // KRGGCGKRRY
          {{.13, .08, .42, .37},
           {.35, .05, .55, .05},
           {.03, .02, .93, .02},
           {.02, .02, .94, .02},
           {.08, .88, .02, .02},
           {.02, .02, .94, .02},
           {.03, .03, .62, .32},
           {.21, .04, .70, .05},
           {.28, .06, .60, .06},
           {.07, .60, .08, .25}}),
      Pwm("caat",  // RRCCAATSR
          {{.40, .10, .40, .10},
           {.55, .07, .32, .06},
           {.03, .93, .02, .02},
           {.02, .95, .01, .02},
           {.96, .01, .02, .01},
           {.94, .02, .02, .02},
           {.04, .02, .03, .91},
           {.12, .44, .38, .06},
           {.48, .10, .35, .07}}),
      Pwm("donor",  // MAG|GTRAGT; C in place of T is the one GC-AG intron in a hundred
          {{.35, .36, .18, .11},
           {.60, .13, .13, .14},
           {.09, .03, .80, .08},
           {0, 0, 1, 0},
           {0, .01, 0, .99},
           {.51, .03, .43, .03},
           {.70, .08, .12, .10},
           {.07, .05, .82, .06},
           {.16, .16, .20, .48}}),
      Pwm("branch",  // YTNAY
          {{.08, .52, .06, .34},
           {.05, .08, .04, .83},
           {.26, .28, .27, .19},
           {.92, .03, .03, .02},
           {.10, .48, .07, .35}}),
      Pwm("ppt", {{.07, .35, .09, .49}}),  // one row, as often as the tract is long
      Pwm("acceptor",                      // NYAG|G
          {{.24, .27, .22, .27},
           {.05, .66, .01, .28},
           {1, 0, 0, 0},
           {0, 0, 1, 0},
           {.25, .14, .49, .12}}),
      Pwm("ebox",  // AACAGATGGY
          {{.60, .10, .20, .10},
           {.55, .20, .20, .05},
           {.01, .97, .01, .01},
           {.97, .01, .01, .01},
           {.03, .09, .85, .03},
           {.88, .04, .04, .04},
           {.01, .01, .01, .97},
           {.01, .01, .97, .01},
           {.10, .15, .60, .15},
           {.10, .35, .10, .45}}),
      Pwm("gata",  // AGATAAGR
          {{.60, .05, .05, .30},
           {.01, .01, .97, .01},
           {.97, .01, .01, .01},
           {.01, .01, .01, .97},
           {.95, .01, .01, .03},
           {.88, .02, .07, .03},
           {.14, .08, .72, .06},
           {.45, .10, .35, .10}})};
  return all;
}

}  // namespace lexome::sim
