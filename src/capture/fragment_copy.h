#pragma once

#include <cstddef>
#include <functional>
#include <string_view>

namespace flowmeter {

/// Gives `out` the capture in `fd`, but of its frames only those whose IP packet is part of a datagram: what
/// a capture that follows it may hold the rest of. Returns how many there are. Throws InputError if the
/// capture is none that can be taken apart, or is damaged.
std::size_t copy_fragments(int fd, const std::function<void(std::string_view)>& out);

}  // namespace flowmeter
