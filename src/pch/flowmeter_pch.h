/// Compiled once for all of the library: the standard headers and fmt that most files include, and nothing of
/// ours. Every file still includes what it uses, so that a build with -Db_pch=false works.

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <vector>
