#include "cli/input_accounting.h"

// Boost 1.74's Asio uses std::exchange without including it.
#include <utility>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <boost/asio/io_context.hpp>

#include <string>

#include "base/descriptor.h"
#include "scratch.h"

namespace flowmeter {
namespace {

/// Of "abc".
const std::string digest = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

class InputAccountingTest : public test::Scratch {
 protected:
  InputAccountingTest() { options.meta = "meta.json"; }

  Options options;
  Input input{"name", "name"};
};

TEST_F(InputAccountingTest, KeepsNothingUnlessItIsAskedFor) {
  InputAccounting accounting(Options{}, input);
  accounting.add_bytes("abc");
  EXPECT_FALSE(accounting.has_digest());
  EXPECT_EQ(accounting.finish({}), nullptr);
}

TEST_F(InputAccountingTest, HasTheDigestOfAPipe) {
  InputAccounting accounting(options, input);
  accounting.add_bytes("a");
  accounting.add_bytes("bc");
  const auto account = accounting.finish({{}, 5, {{"eth0", 1, 2}}});
  ASSERT_NE(account, nullptr);
  ASSERT_EQ(account->files.size(), 1U);
  EXPECT_EQ(account->files[0].name, "name");
  EXPECT_EQ(account->files[0].bytes, 3U);
  EXPECT_EQ(account->files[0].sha256, digest);
  EXPECT_EQ(account->media_elsewhere, 5U);
  EXPECT_EQ(account->interfaces.size(), 1U);
  EXPECT_GE(account->seconds, 0);
}

TEST_F(InputAccountingTest, HasTheDigestOfAFileFromWhereItBegins) {
  put(directory / "file", "beforeabc");
  const Descriptor file(open((directory / "file").c_str(), O_RDONLY | O_CLOEXEC));
  InputAccounting accounting(options, input);
  const auto account = accounting.finish({{}, 0, {}, false});
  EXPECT_EQ(account->files[0].sha256, "") << "not known yet";
  EXPECT_EQ(account->files[0].bytes, std::nullopt);
  boost::asio::io_context io;
  int done = 0;
  accounting.hash_file(io, file.get(), 6, [&] { ++done; });
  EXPECT_EQ(done, 0) << "others go on meanwhile";
  io.run();
  EXPECT_EQ(done, 1);
  EXPECT_EQ(account->files[0].sha256, digest);
  EXPECT_EQ(account->files[0].bytes, 3U);
}

TEST_F(InputAccountingTest, HashesNoInputWithoutAnEnd) {
  input.origin = InputOrigin::growing;
  EXPECT_FALSE(InputAccounting(options, input).has_digest());
}

}  // namespace
}  // namespace flowmeter
