#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

struct evp_md_ctx_st;

namespace flowmeter {

/// SHA-256 (FIPS 180-4) of bytes that come in pieces.
class Sha256 {
 public:
  /// Throws std::runtime_error if the library has none.
  Sha256();
  ~Sha256();

  void add(std::string_view bytes);

  [[nodiscard]] std::uint64_t bytes() const noexcept { return bytes_; }

  /// The digest so far, in 64 hexadecimal digits.
  [[nodiscard]] std::string hex() const;

 private:
  struct Free {
    void operator()(evp_md_ctx_st* context) const noexcept;
  };
  std::unique_ptr<evp_md_ctx_st, Free> context_;
  std::uint64_t bytes_ = 0;
};

}  // namespace flowmeter
