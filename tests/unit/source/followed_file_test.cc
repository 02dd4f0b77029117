#include "source/followed_file.h"

// Boost 1.74's Asio uses std::exchange without including it.
#include <utility>

#include <gtest/gtest.h>
#include <poll.h>
#include <boost/asio/io_context.hpp>

#include <filesystem>
#include <fstream>
#include <string>

#include "base/error.h"
#include "scratch.h"
#include "support.h"

namespace flowmeter {
namespace {

namespace fs = std::filesystem;

class Followed : public test::Scratch {
 protected:
  fs::path path() const { return directory / "growing"; }

  void append(const std::string& text) { std::ofstream(path(), std::ios::app) << text; }

  /// What comes out of the pipe next, `size` bytes or all up to its end; the loop runs meanwhile.
  std::string next(FollowedFile& file, std::size_t size) {
    std::string text;
    while (text.size() < size) {
      pollfd pipe{file.fd(), POLLIN, 0};
      if (poll(&pipe, 1, 0) == 0) {
        if (io.run_one() == 0) ADD_FAILURE() << "nothing will come any more";
        continue;
      }
      std::string piece(size - text.size(), '\0');
      const std::size_t count = read_some(file.fd(), piece);
      if (count == 0) break;
      text += piece.substr(0, count);
    }
    return text;
  }

  boost::asio::io_context io;
};

TEST_F(Followed, HandsOnWhatIsThereAndWhatIsAppended) {
  put(path(), "abc");
  FollowedFile file(io, path());
  EXPECT_EQ(next(file, 3), "abc");
  append("de");
  EXPECT_EQ(next(file, 2), "de");
}

TEST_F(Followed, EndsWithWhatIsThereByThen) {
  put(path(), "abc");
  FollowedFile file(io, path());
  append("de");
  file.end();
  append("f");
  EXPECT_EQ(next(file, 10), "abcde");
  EXPECT_EQ(file.failure(), "");
}

TEST_F(Followed, MayBeLargerThanThePipe) {
  std::string text(3 << 20, '\0');
  for (std::size_t i = 0; i < text.size(); ++i) text[i] = static_cast<char>(i % 251);
  put(path(), text);
  FollowedFile file(io, path());
  file.end();
  EXPECT_TRUE(next(file, text.size() + 1) == text);
}

TEST_F(Followed, MayBeEmpty) {
  put(path(), "");
  FollowedFile file(io, path());
  file.end();
  EXPECT_EQ(next(file, 1), "");
}

TEST_F(Followed, FailsWhenTheFileIsCut) {
  put(path(), "abc");
  FollowedFile file(io, path());
  EXPECT_EQ(next(file, 3), "abc");
  fs::resize_file(path(), 1);
  EXPECT_EQ(next(file, 1), "");
  EXPECT_EQ(file.failure(), "was made shorter while it was read");
}

TEST_F(Followed, IsARegularFile) {
  const auto refusal = [&](const fs::path& what) {
    return test::message_of<InputError>([&] { FollowedFile(io, what); });
  };
  EXPECT_EQ(refusal(directory), "is not a regular file; --follow reads files that grow");
  EXPECT_EQ(refusal(path()), "No such file or directory");
}

}  // namespace
}  // namespace flowmeter
