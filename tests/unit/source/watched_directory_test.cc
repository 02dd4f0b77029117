#include "source/watched_directory.h"

// Boost 1.74's Asio uses std::exchange without including it.
#include <utility>

#include <gtest/gtest.h>
#include <boost/asio/io_context.hpp>

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "base/error.h"
#include "scratch.h"
#include "source/tshark_command.h"
#include "support.h"

namespace flowmeter {
namespace {

namespace fs = std::filesystem;

using Names = std::vector<std::string>;

/// Nothing is a capture for it: so the names that it finds are seen, and no mergecap is run.
class Watched : public test::Scratch {
 protected:
  void SetUp() override {
    if (program_in_path("mergecap").empty()) GTEST_SKIP() << "there is no mergecap";
    fs::create_directories(spool());
  }

  fs::path spool() const { return directory / "spool"; }

  void watch() {
    watched_ = std::make_unique<WatchedDirectory>(
        io_, spool().string(),
        [this](const std::vector<std::string>& files) {
          for (const std::string& file : files) found_.push_back(fs::path(file).filename());
          return Names();
        },
        [](const std::string&) {});
  }

  /// What was found by now, once there is so much of it; the loop runs meanwhile.
  Names found(std::size_t count) {
    while (found_.size() < count && io_.run_one() != 0) {
    }
    io_.poll();
    return found_;
  }

  WatchedDirectory& watched() { return *watched_; }

 private:
  boost::asio::io_context io_;
  Names found_;
  std::unique_ptr<WatchedDirectory> watched_;
};

TEST_F(Watched, FindsAFileWhenItIsClosed) {
  watch();
  std::ofstream file(spool() / "a");
  file << "begun" << std::flush;
  EXPECT_EQ(found(0), Names());
  file.close();
  EXPECT_EQ(found(1), Names{"a"});
}

TEST_F(Watched, FindsAFileThatIsMovedThere) {
  watch();
  put(directory / "elsewhere", "x");
  fs::rename(directory / "elsewhere", spool() / "a");
  EXPECT_EQ(found(1), Names{"a"});
}

TEST_F(Watched, WaitsForAFileThatIsBeingWrittenAtFirst) {
  std::ofstream file(spool() / "a");
  file << "begun" << std::flush;
  watch();
  EXPECT_EQ(found(0), Names());
  file.close();
  EXPECT_EQ(found(1), Names{"a"});
}

TEST_F(Watched, FindsWhatIsThereBefore) {
  put(spool() / "a", "x");
  watch();
  put(spool() / "b", "y");  // where the system does not tell who writes, it shows that `a` is whole
  EXPECT_EQ(found(2), (Names{"a", "b"}));
}

TEST_F(Watched, PassesOverHiddenFilesAndDirectories) {
  watch();
  put(spool() / ".hidden", "x");
  put(spool() / "sub/a", "x");
  put(spool() / "b", "x");
  EXPECT_EQ(found(1), Names{"b"});
}

TEST_F(Watched, FindsAFileAgainWhenItIsAnotherOne) {
  watch();
  put(spool() / "a", "x");
  EXPECT_EQ(found(1).size(), 1U);
  std::ofstream(spool() / "a", std::ios::app).close();
  put(spool() / "b", "y");
  EXPECT_EQ(found(2), (Names{"a", "b"})) << "nothing was added to the first one";
  put(spool() / "a", "longer");
  EXPECT_EQ(found(3), (Names{"a", "b", "a"}));
}

TEST_F(Watched, EndsWithWhatIsClosedByThen) {
  watch();
  put(spool() / "a", "x");
  watched().end();
  EXPECT_EQ(found(1), Names{"a"});
  put(spool() / "b", "y");
  EXPECT_EQ(found(2), Names{"a"}) << "the loop has nothing left to do";
}

TEST_F(Watched, IsADirectory) {
  put(spool() / "a", "x");
  boost::asio::io_context io;
  EXPECT_EQ(test::message_of<InputError>([&] {
              WatchedDirectory(
                  io, (spool() / "a").string(), [](const Names& files) { return files; },
                  [](const std::string&) {});
            }),
            "Not a directory");
}

}  // namespace
}  // namespace flowmeter
