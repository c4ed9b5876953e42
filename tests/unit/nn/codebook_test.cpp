// Codebooks that follow their features: where they settle, who is revived and how, what padding and
// the number of workers change (nothing).
#include "nn/codebook.h"

#include <gtest/gtest.h>

#include <memory>
#include <thread>

#include "kernels/nearest_code.h"
#include "unit/kernels/random_tensor.h"

namespace lexome {
namespace {

using lexome_test::distance;
using lexome_test::random_tensor;

constexpr int64_t kWidth = 32;

Tensor all_real(const Tensor& z_RD) { return torch::ones({z_RD.size(0)}, torch::kBool); }

// Rows around `groups` points far apart.
Tensor clustered(int64_t rows, int64_t groups, uint64_t stream) {
  const Tensor centres = random_tensor({groups, kWidth}, 900, 5.0);
  return centres.repeat({rows / groups, 1}) + random_tensor({rows, kWidth}, stream, 0.3);
}

void step(Codebook& book, const Tensor& z_RD, uint64_t number, const Tensor& real_R = {}) {
  const Tensor real = real_R.defined() ? real_R : all_real(z_RD);
  book.observe(z_RD, book.assign(z_RD, real));
  book.update(number, single_worker());
}

Tensor buffer(const Codebook& book, const std::string& name) {
  return book.named_buffers()[name].clone();
}

TEST(Codebook, AStaticBatchLeadsToClusterMeans) {
  const Tensor z = clustered(240, 6, 1);
  CodebookOptions options;
  options.decay = 0.8;
  options.revive_below = 0;
  Codebook book(options, 6, kWidth, 3, 0);
  book.initialise(z, all_real(z), single_worker());
  for (uint64_t i = 1; i <= 120; ++i) step(book, z, i);
  // The oracle: means in float64 of the rows each code has.
  const Tensor codes_R = book.assign(z, all_real(z));
  const Tensor chosen = torch::one_hot(codes_R, 6).to(torch::kFloat64);
  EXPECT_TRUE(chosen.sum(0).eq(40).all().item<bool>()) << "k-means found the six groups";
  const Tensor means = chosen.t().mm(z.to(torch::kFloat64)) / chosen.sum(0).unsqueeze(1);
  EXPECT_LT(distance(book.codes(), means), 2e-6);
}

TEST(Codebook, FirstCodesFindGroupsFarApartWhateverTheSeed) {
  const Tensor z = clustered(240, 6, 1);
  for (uint64_t seed = 0; seed < 40; ++seed) {
    Codebook book({}, 6, kWidth, seed, 0);
    book.initialise(z, all_real(z), single_worker());
    const Tensor counts = torch::one_hot(book.assign(z, all_real(z)), 6).sum(0);
    EXPECT_TRUE(counts.eq(40).all().item<bool>()) << seed;
  }
}

TEST(Codebook, UpdateIsTheSmoothedMovingAverage) {
  const Tensor z = random_tensor({50, kWidth}, 2);
  CodebookOptions options;
  options.kmeans = false;
  options.revive_below = 0;
  options.smoothing = 0.1;
  Codebook book(options, 8, kWidth, 3, 0);
  const Tensor codes_R = book.assign(z, all_real(z));
  const CodeStatistics seen = code_statistics(z, codes_R, 8);
  const Tensor n = 0.99 * buffer(book, "counts").to(torch::kFloat64) + 0.01 * seen.counts_K;
  const Tensor m = 0.99 * buffer(book, "sums").to(torch::kFloat64) + 0.01 * seen.sums_KD;
  const Tensor smooth = (n + 0.1) / (n.sum() + 0.8) * n.sum();
  step(book, z, 1);
  EXPECT_LT(distance(book.codes(), m / smooth.unsqueeze(1)), 1e-6);
}

TEST(Codebook, RevivalSetsVectorCountAndSumTogether) {
  const Tensor z = clustered(240, 6, 3);
  CodebookOptions options;
  options.kmeans = false;
  options.revive_below = 0.2;
  Codebook book(options, 12, kWidth, 3, 0);
  const torch::NoGradGuard no_grad;
  for (const auto& item : book.named_buffers()) {
    if (item.key() == "counts") item.value().fill_(20.0);
    if (item.key() == "counts") item.value()[4] = 1e-3;
    if (item.key() == "sums") item.value().copy_(book.codes() * 20.0);
    if (item.key() == "codes" || item.key() == "sums") item.value()[4].fill_(1e3);
  }
  ASSERT_EQ(book.num_dead(), 1);
  book.observe(z, book.assign(z, all_real(z)));
  EXPECT_EQ(book.update(1, single_worker()), 1);
  const Tensor born = book.codes()[4].clone();
  EXPECT_LT((z - born).norm(2, 1).min().item<double>(), 1e-6) << "one of the features";
  const double count = buffer(book, "counts")[4].item<double>();
  EXPECT_GT(count, 1.0);
  EXPECT_LT(distance(buffer(book, "sums")[4], born * count), 1e-6);
  // The next update must not throw it back to where it was.
  step(book, z, 2);
  EXPECT_LT(distance(book.codes()[4], born), 0.1);
  EXPECT_EQ(book.num_dead(), 0);
}

TEST(Codebook, PaddingLeavesEverythingUnchanged) {
  const Tensor z = clustered(120, 4, 4), noise = random_tensor({60, kWidth}, 5, 100.0);
  const Tensor padded = torch::cat({z.slice(0, 0, 50), noise, z.slice(0, 50)});
  const Tensor real = torch::ones({180}, torch::kBool);
  real.slice(0, 50, 110).fill_(false);
  Codebook plain({}, 10, kWidth, 3, 0), other({}, 10, kWidth, 3, 0);
  plain.initialise(z, all_real(z), single_worker());
  other.initialise(padded, real, single_worker());
  for (uint64_t i = 1; i <= 20; ++i) {
    step(plain, z, i);
    step(other, padded, i, real);
  }
  for (const char* name : {"codes", "counts", "sums"})
    EXPECT_TRUE(buffer(plain, name).equal(buffer(other, name))) << name;
  EXPECT_TRUE(other.assign(padded, real).slice(0, 50, 110).eq(-1).all().item<bool>());
}

// k-means, averages and revival of one batch in `workers` parts.
Tensor learned_by(int workers) {
  const auto comms = thread_workers(workers);
  std::vector<std::unique_ptr<Codebook>> books;
  CodebookOptions options;
  options.revive_below = 0.5;
  for (int rank = 0; rank < workers; ++rank)
    books.push_back(std::make_unique<Codebook>(options, 24, kWidth, 3, 0));
  std::vector<std::thread> threads;
  for (int rank = 0; rank < workers; ++rank) {
    threads.emplace_back([&, rank] {
      Codebook& book = *books[static_cast<size_t>(rank)];
      Comm& comm = *comms[static_cast<size_t>(rank)];
      for (uint64_t i = 1; i <= 30; ++i) {
        const Tensor z = clustered(480, 6, 10 + i).chunk(workers)[static_cast<size_t>(rank)];
        if (i == 1) book.initialise(z, all_real(z), comm);
        book.observe(z, book.assign(z, all_real(z)));
        book.update(i, comm);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const auto& book : books) EXPECT_TRUE(book->codes().equal(books[0]->codes()));
  return books[0]->codes().clone();
}

TEST(Codebook, WorkersChangeNothing) {
  const Tensor one = learned_by(1);
  for (const int workers : {2, 4}) {
    const Tensor many = learned_by(workers);
    EXPECT_LT(((one - many).norm(2, 1) / one.norm(2, 1)).max().item<double>(), 1e-6) << workers;
  }
}

TEST(Codebook, SeveralBatchesCountAsOne) {
  const Tensor z = clustered(240, 6, 6);
  CodebookOptions options;
  options.revive_below = 0;  // revival draws from the last batch, which is another one here
  Codebook whole(options, 16, kWidth, 3, 0), parts(options, 16, kWidth, 3, 0);
  for (Codebook* book : {&whole, &parts}) book->initialise(z, all_real(z), single_worker());
  for (uint64_t i = 1; i <= 5; ++i) {
    step(whole, z, i);
    for (const Tensor& part : z.chunk(3)) parts.observe(part, parts.assign(part, all_real(part)));
    parts.update(i, single_worker());
  }
  EXPECT_LT(distance(parts.codes(), whole.codes()), 1e-6);
}

TEST(Codebook, CosineCodesKeepLengthOne) {
  CodebookOptions options;
  options.cosine = true;
  Tensor z = clustered(240, 6, 7);
  z = z / z.norm(2, {1}, true);
  Codebook book(options, 12, kWidth, 3, 0);
  book.initialise(z, all_real(z), single_worker());
  for (uint64_t i = 1; i <= 10; ++i) step(book, z, i);
  EXPECT_LT((book.codes().norm(2, 1) - 1).abs().max().item<double>(), 1e-5);
}

TEST(Codebook, FewerFeaturesThanCodes) {
  const Tensor z = random_tensor({5, kWidth}, 8);
  Codebook book({}, 32, kWidth, 3, 0);
  book.initialise(z, all_real(z), single_worker());
  for (uint64_t i = 1; i <= 3; ++i) step(book, z, i);
  EXPECT_FALSE(book.codes().isnan().any().item<bool>());
  EXPECT_LT((book.vectors(book.assign(z, all_real(z))) - z).norm(2, 1).max().item<double>(), 1e-2);
}

}  // namespace
}  // namespace lexome
