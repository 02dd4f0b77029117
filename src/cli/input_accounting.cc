#include "cli/input_accounting.h"

#include <unistd.h>

#include <utility>

#include "base/interrupt.h"

namespace flowmeter {
namespace {

constexpr std::size_t hash_chunk = std::size_t{1} << 20;

}  // namespace

InputAccounting::InputAccounting(const Options& options, const Input& input)
    : input_(input),
      account_(options.accounts() ? std::make_shared<InputAccount>() : nullptr),
      digest_(options.meta.empty() || input.endless() ? nullptr : std::make_unique<Sha256>()) {}

void InputAccounting::attach_to(FrameSource& source) {
  if (!account_) return;
  source.attach(account_->frames);
  account_->command = source.command_line();
}

void InputAccounting::add_bytes(std::string_view bytes) {
  if (digest_) digest_->add(bytes);
}

std::shared_ptr<InputAccount> InputAccounting::finish(End end) {
  if (!account_) return nullptr;
  account_->seconds = std::chrono::duration<double>(elapsed()).count();
  account_->flows = end.flows;
  account_->media_elsewhere = end.media_elsewhere;
  account_->interfaces = std::move(end.interfaces);
  account_->files = {{input_.path, std::nullopt, ""}};
  if (digest_ && end.is_pipe) account_->files[0] = {input_.path, digest_->bytes(), digest_->hex()};
  return account_;
}

void InputAccounting::hash_file(EventLoop& io, int fd, std::int64_t begin, std::function<void()> done) {
  std::string piece(hash_chunk, '\0');
  const ssize_t count =
      pread(fd, piece.data(), piece.size(), begin + static_cast<std::int64_t>(digest_->bytes()));
  if (count > 0 && Interrupt::signal() == 0) {
    digest_->add({piece.data(), static_cast<std::size_t>(count)});
    post(io, [this, &io, fd, begin, done = std::move(done)] { hash_file(io, fd, begin, done); });
    return;
  }
  if (count == 0) account_->files[0] = {input_.path, digest_->bytes(), digest_->hex()};
  done();
}

}  // namespace flowmeter
