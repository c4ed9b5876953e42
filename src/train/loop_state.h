// What a resumed training loop must know besides its tensors: the member "loop" of state.json.
#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <string>

namespace lexome {

// Sums since the last log line.
struct LogInterval {
  double loss = 0, norm = 0;
  int64_t steps = 0, labels = 0, tokens = 0, hidden = 0, bases = 0;
  std::map<std::string, double> parts;  // of the loss, where it has several
};

struct LoopState {
  int64_t step = 0, best_step = -1, since_best = 0, bad_steps = 0, bad_since = -1, slow_count = 0;
  double best_score = 0, slow = 0, seconds = 0, last_loss = 0;
  int64_t tokens = 0, bases = 0;
  bool pending_evaluation = false, stopped_early = false;
  LogInterval interval;

  nlohmann::json to_json() const {
    return {{"best_step", best_step},
            {"best_score", best_score},
            {"since_best", since_best},
            {"bad_steps", bad_steps},
            {"bad_since", bad_since},
            {"slow", slow},
            {"slow_count", slow_count},
            {"seconds", seconds},
            {"last_loss", last_loss},
            {"tokens", tokens},
            {"bases", bases},
            {"pending_evaluation", pending_evaluation},
            {"stopped_early", stopped_early},
            {"interval",
             {interval.loss, interval.norm, interval.steps, interval.labels, interval.tokens,
              interval.hidden, interval.bases}},
            {"parts", interval.parts}};
  }
  void from_json(const nlohmann::json& json) {
    json.at("best_step").get_to(best_step);
    json.at("best_score").get_to(best_score);
    json.at("since_best").get_to(since_best);
    json.at("bad_steps").get_to(bad_steps);
    json.at("bad_since").get_to(bad_since);
    json.at("slow").get_to(slow);
    json.at("slow_count").get_to(slow_count);
    json.at("seconds").get_to(seconds);
    json.at("last_loss").get_to(last_loss);
    json.at("tokens").get_to(tokens);
    json.at("bases").get_to(bases);
    json.at("pending_evaluation").get_to(pending_evaluation);
    json.at("stopped_early").get_to(stopped_early);
    const nlohmann::json& sums = json.at("interval");
    interval = {
        sums.at(0), sums.at(1), sums.at(2), sums.at(3),
        sums.at(4), sums.at(5), sums.at(6), json.value("parts", std::map<std::string, double>())};
  }
};

}  // namespace lexome
