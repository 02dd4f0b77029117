#pragma once

#include <cstddef>
#include <span>

namespace flowmeter {

/// A descriptor that is closed with the object.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int fd) noexcept : fd_(fd) {}
  ~Descriptor() { reset(); }
  Descriptor(Descriptor&& other) noexcept : fd_(other.release()) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    if (this != &other) reset(other.release());
    return *this;
  }

  [[nodiscard]] int get() const noexcept { return fd_; }
  [[nodiscard]] int release() noexcept {
    const int fd = fd_;
    fd_ = -1;
    return fd;
  }
  void reset(int fd = -1) noexcept;

 private:
  int fd_ = -1;
};

/// Both ends of a pipe; children do not inherit them.
struct Pipe {
  Descriptor read, write;
};

/// A pipe that holds so many bytes if the system allows it (0: as many as it likes).
/// Throws std::system_error.
[[nodiscard]] Pipe make_pipe(int bytes = 0);

/// read(2), again after EINTR. 0 at the end. Throws InputError.
[[nodiscard]] std::size_t read_some(int fd, std::span<char> room);

}  // namespace flowmeter
