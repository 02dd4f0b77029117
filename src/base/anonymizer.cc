#include "base/anonymizer.h"

#include <openssl/evp.h>

#include <algorithm>
#include <new>
#include <stdexcept>

namespace flowmeter {
namespace {

constexpr std::size_t remembered_addresses = std::size_t{1} << 12;
constexpr std::size_t most_bits = 128;  // of an address

}  // namespace

void Anonymizer::Free::operator()(evp_cipher_ctx_st* context) const noexcept { EVP_CIPHER_CTX_free(context); }

Anonymizer::Anonymizer(const Key& key) : cipher_(EVP_CIPHER_CTX_new()), remembered_(remembered_addresses) {
  if (!cipher_) throw std::bad_alloc();
  if (EVP_EncryptInit_ex(cipher_.get(), EVP_aes_128_ecb(), nullptr, key.data(), nullptr) != 1) {
    throw std::runtime_error("libcrypto has no AES-128");
  }
  EVP_CIPHER_CTX_set_padding(cipher_.get(), 0);
  std::copy(key.begin() + 16, key.end(), ip_pad_.begin());
  encrypt({&ip_pad_, 1});
  mac_pad_ = ip_pad_;
  encrypt({&mac_pad_, 1});
}

Anonymizer::~Anonymizer() = default;

void Anonymizer::encrypt(std::span<Block> blocks) const {
  std::uint8_t* const bytes = blocks.front().data();
  int written = 0;
  if (EVP_EncryptUpdate(cipher_.get(), bytes, &written, bytes, static_cast<int>(blocks.size_bytes())) != 1) {
    throw std::runtime_error("libcrypto's AES-128 failed");
  }
}

/// Flips each bit or not, as the first bit of a block says that encrypts the bits before it, which the
/// pad fills up.
void Anonymizer::replace(std::span<std::uint8_t> address, const Block& pad) const {
  std::array<Block, most_bits> blocks;
  const std::size_t bits = address.size() * 8;
  Block prefix = pad;
  for (std::size_t bit = 0; bit < bits; ++bit) {
    blocks[bit] = prefix;
    const auto mask = static_cast<std::uint8_t>(0x80U >> bit % 8);
    std::uint8_t& byte = prefix[bit / 8];
    byte = static_cast<std::uint8_t>((byte & ~mask) | (address[bit / 8] & mask));
  }
  encrypt(std::span(blocks).first(bits));
  for (std::size_t bit = 0; bit < bits; ++bit) {
    address[bit / 8] ^= static_cast<std::uint8_t>((blocks[bit][0] & 0x80U) >> bit % 8);
  }
}

IpAddress Anonymizer::anonymize(const IpAddress& address) const {
  if (address.version == 0) return address;
  Remembered& remembered = remembered_[static_cast<std::size_t>(mix(0, address)) % remembered_addresses];
  if (remembered.from != address) {
    remembered = {address, address};
    replace(std::span(remembered.to.bytes).first(address.version == 4 ? 4 : 16), ip_pad_);
  }
  return remembered.to;
}

MacAddress Anonymizer::anonymize(const MacAddress& address) const {
  MacAddress other = address;
  replace(other.bytes, mac_pad_);
  return other;
}

}  // namespace flowmeter
