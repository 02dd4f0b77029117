#pragma once

#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include "sink/byte_sink.h"
#include "sink/row_writer.h"

namespace flowmeter {

/// JSON Lines: each row an object on a line of its own, its members in the order of the columns.
/// Numbers are those of CSV, digit for digit (one that is not finite is null); text is valid UTF-8, what is
/// not becomes U+FFFD.
class JsonWriter final : public RowWriter {
 public:
  /// `sink` outlives the writer. The rows have these columns.
  JsonWriter(ByteSink& sink, std::vector<std::string> names);

  /// Nothing: each row names its columns.
  void header(const std::vector<std::string>& /*names*/) override {}
  void integer(std::int64_t value) override;
  void natural(std::uint64_t value) override;
  void real(double value) override;
  void text(std::string_view value) override;
  /// `null` for the token "null", else the token as text.
  void none(std::string_view token) override;
  void end_row() override;

 private:
  void name();

  ByteSink& sink_;
  const std::vector<std::string> names_;
  std::size_t column_ = 0;
  rapidjson::StringBuffer row_;
  rapidjson::Writer<rapidjson::StringBuffer> writer_{row_};
};

}  // namespace flowmeter
