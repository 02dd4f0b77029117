#include "source/tshark_records.h"

#include "base/error.h"

namespace flowmeter {

bool TsharkRecords::next(Record& record) {
  while (true) {
    ++count_;  // a damaged record is one too
    const auto text = splitter_.next();
    if (text && parser_->parse(*text, record)) {
      if (parser_->before() == Between::nothing) return true;
      throw InputError("a frame after text that tshark does not write");
    }
    --count_;
    if (!text) return false;
  }
}

}  // namespace flowmeter
