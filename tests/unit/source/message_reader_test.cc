#include "source/message_reader.h"

// Boost 1.74's Asio uses std::exchange without including it.
#include <utility>

#include <gtest/gtest.h>
#include <boost/asio/io_context.hpp>

#include <memory>
#include <string>

namespace flowmeter {
namespace {

Command shell(const std::string& script) { return {"/bin/sh", {"-c", script}, {}}; }

TEST(MessageReader, TellsTheEndAfterAllMessages) {
  boost::asio::io_context io;
  Child child(shell("echo first >&2; echo last >&2"), Child::Input::none);
  std::string at_end = "not called";
  const MessageReader reader(io, child, [&] { at_end = child.errors(); });
  io.run();
  EXPECT_EQ(at_end, "first\nlast\n");
}

TEST(MessageReader, KeepsAChildThatSaysMuchFromWaiting) {
  boost::asio::io_context io;
  Child child(shell("yes error | head -c 1000000 >&2; echo last >&2"), Child::Input::none);
  const MessageReader reader(io, child);
  io.run();
  EXPECT_TRUE(child.errors().ends_with("last\n"));
  EXPECT_LT(child.errors().size(), 10'000U);
  EXPECT_EQ(child.wait_for_end().status, 0);
}

TEST(MessageReader, MayBeDestroyedWhenItTellsTheEnd) {
  boost::asio::io_context io;
  Child child(shell("exit 0"), Child::Input::none);
  std::unique_ptr<MessageReader> reader;
  bool called = false;
  reader = std::make_unique<MessageReader>(io, child, [&] {
    reader.reset();
    called = true;
  });
  io.run();
  EXPECT_TRUE(called);
}

}  // namespace
}  // namespace flowmeter
