#pragma once

#include "base/report.h"
#include "cli/inputs.h"
#include "cli/options.h"
#include "cli/tshark_setup.h"
#include "source/event_loop.h"

namespace flowmeter {

/// What the metering of an input works with. All of it outlives the metering.
struct InputContext {
  EventLoop& io;
  const Options& options;
  const MeterPlan& plan;
  TsharkSetup& setup;
  const Input& input;
  unsigned jobs;  ///< tsharks that may run at once for this input
  Reporter& reporter;
};

}  // namespace flowmeter
