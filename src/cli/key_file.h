#pragma once

#include <string>

#include "base/anonymizer.h"
#include "cli/given_file.h"

namespace flowmeter {

/// The key in a file: 32 bytes, or 64 hexadecimal digits with or without a line end. As with ssh's
/// private keys a file that others than its owner and group may read is refused: it gives away whatever
/// was anonymised with it. Pipes (`<(...)` of a shell) are taken as well.
/// `file` becomes what can be told of it: its digest, by which nobody finds the key.
/// Throws UsageError, naming the file.
[[nodiscard]] Anonymizer::Key read_key_file(const std::string& path, GivenFile& file);

}  // namespace flowmeter
