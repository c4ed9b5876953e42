#include "segments/unit_insides.h"

#include <algorithm>

#include "base/random.h"

namespace lexome {
namespace {

struct Place {
  size_t region = 0;
  int64_t line = 0;  // the stretch's first base
};

std::vector<Place> places_over(const InsideUnits& network, size_t region, int64_t start,
                               int64_t end) {
  std::vector<Place> places;
  for (int64_t line = start / network.core() * network.core(); line < end; line += network.core())
    places.push_back({region, line});
  return places;
}

UnitRead read_at(const Genome& genome, const std::vector<Studied>& regions,
                 const InsideUnits& network, const Place& place, int64_t start, int64_t end) {
  const Studied& region = regions[place.region];
  const int64_t length = genome.contigs()[static_cast<size_t>(region.contig)].length;
  UnitRead read;
  read.region = place.region;
  read.asked_start = std::max(place.line, start);
  read.asked_end = std::min(place.line + network.core(), end);
  read.start = std::max<int64_t>(0, place.line - network.flank());
  const int64_t last = std::min(length, place.line + network.core() + network.flank());
  read.bases.resize(static_cast<size_t>(last - read.start));
  genome.fetch(region.contig, read.start, last, read.bases.data());
  return read;
}

}  // namespace

InsideUnits::~InsideUnits() = default;

std::vector<UnitRead> sampled_reads(const Genome& genome, const std::vector<Studied>& regions,
                                    const InsideUnits& network, size_t most, uint64_t seed) {
  std::vector<Place> places;
  for (size_t r = 0; r < regions.size(); ++r) {
    const Interval& where = regions[r].where;
    const std::vector<Place> here = places_over(network, r, where.start, where.end);
    places.insert(places.end(), here.begin(), here.end());
  }
  Random random(seed, Purpose::kSample, 9);
  const size_t wanted = std::min(most, places.size());
  for (size_t i = 0; i < wanted; ++i)
    std::swap(places[i], places[i + random.below(places.size() - i)]);
  places.resize(wanted);
  std::sort(places.begin(), places.end(), [](const Place& a, const Place& b) {
    return std::pair(a.region, a.line) < std::pair(b.region, b.line);
  });
  std::vector<UnitRead> reads;
  for (const Place& place : places) {
    const Interval& where = regions[place.region].where;
    reads.push_back(read_at(genome, regions, network, place, where.start, where.end));
  }
  return reads;
}

std::vector<UnitRead> reads_over(const Genome& genome, const std::vector<Studied>& regions,
                                 const InsideUnits& network, size_t region, int64_t start,
                                 int64_t end) {
  std::vector<UnitRead> reads;
  for (const Place& place : places_over(network, region, start, end))
    reads.push_back(read_at(genome, regions, network, place, start, end));
  return reads;
}

}  // namespace lexome
