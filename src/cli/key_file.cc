#include "cli/key_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <string_view>

#include "base/descriptor.h"
#include "base/error.h"

namespace flowmeter {
namespace {

constexpr std::size_t most_bytes = 128;  // more than any form of a key has

[[noreturn]] void refuse(const std::string& path, std::string_view why) {
  throw UsageError(fmt::format("--anonymize: {}: {}", path, why));
}

std::string read_all(const std::string& path) {
  const Descriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat status {};
  if (file.get() < 0 || fstat(file.get(), &status) != 0) refuse(path, std::strerror(errno));
  if (S_ISREG(status.st_mode) && (status.st_mode & S_IROTH) != 0) {
    refuse(path, "every user can read this key: run chmod o-r on it");
  }
  std::string bytes(most_bytes, '\0');
  std::size_t size = 0;
  while (size < bytes.size()) {
    const ssize_t count = read(file.get(), bytes.data() + size, bytes.size() - size);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) refuse(path, std::strerror(errno));
    if (count == 0) break;
    size += static_cast<std::size_t>(count);
  }
  bytes.resize(size);
  return bytes;
}

bool parse_hex(std::string_view text, Anonymizer::Key& key) {
  if (text.size() != 2 * key.size()) return false;
  for (std::size_t i = 0; i < key.size(); ++i) {
    const char* const at = text.data() + 2 * i;
    const auto [end, error] = std::from_chars(at, at + 2, key[i], 16);
    if (error != std::errc{} || end != at + 2) return false;
  }
  return true;
}

}  // namespace

Anonymizer::Key read_key_file(const std::string& path, GivenFile& file) {
  const std::string bytes = read_all(path);
  file = given_file(path, bytes);
  Anonymizer::Key key;
  if (bytes.size() == key.size()) {
    std::memcpy(key.data(), bytes.data(), key.size());
    return key;
  }
  std::string_view text = bytes;
  if (text.ends_with('\n')) text.remove_suffix(1);
  if (text.ends_with('\r')) text.remove_suffix(1);
  if (!parse_hex(text, key)) refuse(path, "a key must be 32 bytes or 64 hexadecimal digits");
  return key;
}

}  // namespace flowmeter
