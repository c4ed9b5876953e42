// How a representation of whole genomes lays out the classes of a task.
#pragma once

#include "lineages/findings.h"
#include "lineages/probe.h"

namespace lexome {

// Adds a SpaceScore and a GenomeMap to the findings. `genomes`: the view of whole genomes, whose
// items `probe` names by their rows. Each genome counts once, however often training repeats it.
void lay_out(const TaskView& genomes, const FeatureRows& features, const ProbeRows& probe,
             int threads, LineageFindings* findings);

}  // namespace lexome
