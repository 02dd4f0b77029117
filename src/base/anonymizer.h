#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/address.h"

struct evp_cipher_ctx_st;  // OpenSSL's

namespace flowmeter {

/// Replaces addresses by others, one to one, so that two that share a prefix of n bits share one of
/// exactly n bits afterwards: Crypto-PAn with AES-128 (J. Fan, J. Xu, M. Ammar, S. Moon:
/// "Prefix-preserving IP address anonymization", Computer Networks 46, 2004). The same key gives the
/// same addresses, in every run and in every other implementation of it.
///
/// MAC addresses are replaced in the same way over their 48 bits, with a pad of their own, so that they
/// tell nothing about IP addresses that begin with the same bits.
///
/// Not thread-safe: it remembers what it replaced last.
class Anonymizer {
 public:
  /// 16 bytes of AES key and 16 of which the pad is made.
  using Key = std::array<std::uint8_t, 32>;

  explicit Anonymizer(const Key& key);
  ~Anonymizer();
  Anonymizer(const Anonymizer&) = delete;
  Anonymizer& operator=(const Anonymizer&) = delete;

  /// No address stays none.
  [[nodiscard]] IpAddress anonymize(const IpAddress& address) const;
  [[nodiscard]] MacAddress anonymize(const MacAddress& address) const;

 private:
  using Block = std::array<std::uint8_t, 16>;
  struct Remembered {
    IpAddress from, to;
  };
  struct Free {
    void operator()(evp_cipher_ctx_st* context) const noexcept;
  };

  void encrypt(std::span<Block> blocks) const;
  void replace(std::span<std::uint8_t> address, const Block& pad) const;

  std::unique_ptr<evp_cipher_ctx_st, Free> cipher_;
  Block ip_pad_, mac_pad_;
  mutable std::vector<Remembered> remembered_;  // by hash
};

}  // namespace flowmeter
