#include "report/sequence_view.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "report/page_parts.h"

namespace lexome {
namespace {

constexpr int64_t kLine = 100;  // bases
constexpr int kBase = 10, kLeft = 150, kTrack = 13, kLinks = 18, kGap = 12;

class SequenceDrawing {
 public:
  SequenceDrawing(const std::string& letters, int64_t start) : letters_(letters), start_(start) {}

  void line(int64_t first, const std::vector<SequenceTrack>& units,
            const std::vector<SequenceTrack>& annotation) {
    first_ = first;
    last_ = std::min(first + kLine, start_ + static_cast<int64_t>(letters_.size()));
    bases();
    for (const SequenceTrack& track : units) {
      name(track.name);
      for (const SequencePart& part : track.parts) unit(part);
      y_ += kTrack;
      if (track.links.empty()) continue;
      name(track.links_name);
      for (const SequenceLink& link : track.links) line(link);
      y_ += kLinks;
    }
    for (const SequenceTrack& track : annotation) {
      if (std::none_of(track.parts.begin(), track.parts.end(),
                       [&](const SequencePart& part) { return visible(part); }))
        continue;
      name(track.name);
      for (const SequencePart& part : track.parts) bar(part, track.name);
      y_ += kTrack;
    }
    y_ += kGap;
  }

  std::string finish(const std::string& label) const {
    constexpr int kWidth = kLeft + kBase * static_cast<int>(kLine) + 2;
    return fmt::format(
        "<svg viewBox=\"0 0 {} {}\" width=\"{}\" role=\"img\" aria-label=\"{}\" font-size=\"10\" "
        "fill=\"currentColor\">{}</svg>",
        kWidth, y_, kWidth, escape_html(label), body_);
  }

 private:
  bool visible(const SequencePart& part) const { return part.end > first_ && part.start < last_; }
  int x_of(int64_t position) const {
    return kLeft + kBase * static_cast<int>(std::clamp(position, first_, last_) - first_);
  }

  void bases() {
    const auto from = static_cast<size_t>(first_ - start_);
    y_ += kTrack;
    body_ += fmt::format("<text x=\"{}\" y=\"{}\" text-anchor=\"end\">{}</text>", kLeft - 6, y_ - 3,
                         with_commas(first_ + 1));
    body_ += fmt::format("<g font-family=\"monospace\" text-anchor=\"middle\">");
    for (int64_t at = first_; at < last_; ++at) {
      body_ += fmt::format("<text x=\"{}\" y=\"{}\">{}</text>", x_of(at) + kBase / 2, y_ - 3,
                           letters_[from + static_cast<size_t>(at - first_)]);
    }
    body_ += "</g>";
  }
  void name(const std::string& text) {
    body_ += fmt::format("<text x=\"{}\" y=\"{}\" text-anchor=\"end\">{}</text>", kLeft - 6,
                         y_ + kTrack - 4, escape_html(text));
  }
  void unit(const SequencePart& part) {
    if (!visible(part)) return;
    const int64_t length = part.end - part.start;
    body_ += fmt::format(
        "<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" fill=\"#0b6e99\" "
        "fill-opacity=\"{:.2f}\" stroke=\"currentColor\" stroke-width=\"0.6\"><title>{}-{}, {} "
        "bp</title></rect>",
        x_of(part.start), y_ + 1, x_of(part.end) - x_of(part.start), kTrack - 3,
        std::min(0.9, 0.08 * static_cast<double>(length)), with_commas(part.start + 1),
        with_commas(part.end), length);
  }
  void line(const SequenceLink& link) {
    const auto first = static_cast<double>(first_), last = static_cast<double>(last_);
    if (link.from < first || link.from >= last) return;
    const auto x = [&](double at) { return kLeft + kBase * (std::clamp(at, first, last) - first); };
    body_ += fmt::format(
        "<line x1=\"{:.1f}\" y1=\"{}\" x2=\"{:.1f}\" y2=\"{}\" stroke=\"{}\" "
        "stroke-width=\"1.4\" stroke-opacity=\"{:.2f}\"><title>{}</title></line>",
        x(link.from), y_ + 1, x(link.to), y_ + kLinks - 4, series_colour(link.kind),
        0.1 + 0.9 * std::clamp(link.weight, 0.0, 1.0), escape_html(link.title));
  }
  void bar(const SequencePart& part, const std::string& name) {
    if (!visible(part)) return;
    body_ += fmt::format(
        "<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"5\" fill=\"#b5541c\"><title>{} "
        "{}-{}</title></rect>",
        x_of(part.start), y_ + 4, x_of(part.end) - x_of(part.start), escape_html(name),
        with_commas(part.start + 1), with_commas(part.end));
  }

  const std::string& letters_;
  int64_t start_, first_ = 0, last_ = 0;
  int y_ = 4;
  std::string body_;
};

}  // namespace

std::string svg_sequence(const std::string& label, const std::string& letters, int64_t start,
                         const std::vector<SequenceTrack>& units,
                         const std::vector<SequenceTrack>& annotation) {
  SequenceDrawing drawing(letters, start);
  const int64_t end = start + static_cast<int64_t>(letters.size());
  for (int64_t first = start; first < end; first += kLine) drawing.line(first, units, annotation);
  return drawing.finish(label);
}

}  // namespace lexome
