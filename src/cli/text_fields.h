#pragma once

#include <memory>
#include <string>
#include <vector>

#include "observer/field_watch.h"
#include "packet/due_fields.h"
#include "schema/meter.h"
#include "source/frame_source.h"

namespace flowmeter {

/// Tells a text which fields the plan's columns need beyond those of every packet.
void expect_fields(DueFields& due, const MeterPlan& plan);

/// Refuses tshark's text, or warns of it, if it lacks fields that the columns need: whoever made it may not
/// have asked for them.
class TextFields {
 public:
  /// `plan` and `source` outlive the object. `source` gives frames of a text, and was not started yet.
  TextFields(const MeterPlan& plan, FrameSource& source);

  /// Throws InputError, once, with what to add to tshark's command line. `rows_written`: whether rows of the
  /// text are written already.
  void refuse_if_lacking(bool rows_written);

  /// The same when a field is lacking in the frame that comes next, see DialectSource::on_lack(). It is told
  /// once enough frames were seen.
  void refuse_if_lacking_for_long(bool at_end, bool rows_written);

  /// What the user should know at the end of the text, one line each.
  [[nodiscard]] std::vector<std::string> remarks() const;

 private:
  std::unique_ptr<FieldWatch> watch(const FieldSet& fields);

  const MeterPlan& plan_;
  FrameSource& source_;
  std::unique_ptr<FieldWatch> named_, application_;  // or none
  bool refused_ = false;
};

}  // namespace flowmeter
