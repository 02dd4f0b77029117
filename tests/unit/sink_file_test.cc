#include "sink/file_sink.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <string>
#include <thread>

#include "base/error.h"
#include "scratch.h"
#include "support.h"

namespace flowmeter {
namespace {

namespace fs = std::filesystem;
using test::message_of;

class FileSinkTest : public test::Scratch {
 protected:
  static mode_t mode_of(const fs::path& path) {
    struct stat status {};
    EXPECT_EQ(stat(path.c_str(), &status), 0);
    return status.st_mode & 07777U;
  }

  std::size_t files() const {
    std::size_t count = 0;
    for ([[maybe_unused]] const auto& entry : fs::directory_iterator(directory)) ++count;
    return count;
  }

  const fs::path path = directory / "flows.csv";
};

TEST_F(FileSinkTest, TheFileAppearsWhenItIsFinished) {
  FileSink sink(path);
  sink.write("a row\n");
  sink.flush();
  EXPECT_FALSE(fs::exists(path));
  sink.finish();
  EXPECT_EQ(get(path), "a row\n");
  EXPECT_EQ(files(), 1U);
}

TEST_F(FileSinkTest, AnUnfinishedFileLeavesNothing) {
  {
    FileSink sink(path);
    sink.write("a row\n");
    sink.flush();
    EXPECT_EQ(files(), 1U) << "beside its place";
  }
  EXPECT_EQ(files(), 0U);
}

TEST_F(FileSinkTest, AFileMayBeEmpty) {
  FileSink(path).finish();
  EXPECT_TRUE(fs::exists(path));
  EXPECT_EQ(get(path), "");
}

TEST_F(FileSinkTest, WhatWasThereStaysUntilTheEnd) {
  put(path, "old\n");
  FileSink sink(path);
  sink.write("new\n");
  sink.flush();
  EXPECT_EQ(get(path), "old\n");
  sink.finish();
  EXPECT_EQ(get(path), "new\n");
  EXPECT_EQ(files(), 1U);
}

TEST_F(FileSinkTest, WhatWasThereStaysWhenTheRunFails) {
  put(path, "old\n");
  {
    FileSink sink(path);
    sink.write("new\n");
    sink.flush();
  }
  EXPECT_EQ(get(path), "old\n");
  EXPECT_EQ(files(), 1U);
}

TEST_F(FileSinkTest, ANewFileHasTheRightsOfAnyNewFile) {
  const mode_t before = umask(027);
  FileSink(path).finish();
  EXPECT_EQ(umask(before), 027U) << "the mask is as it was";
  EXPECT_EQ(mode_of(path), 0640U);
}

TEST_F(FileSinkTest, AReplacedFileKeepsItsRights) {
  put(path, "old\n");
  chmod(path.c_str(), 0604);
  FileSink sink(path);
  sink.write("new\n");
  sink.finish();
  EXPECT_EQ(mode_of(path), 0604U);
}

TEST_F(FileSinkTest, ADeviceIsWrittenInPlace) {
  FileSink sink("/dev/null");
  sink.write("a row\n");
  sink.finish();
  EXPECT_TRUE(fs::is_character_file("/dev/null"));
  EXPECT_FALSE(fs::exists("/dev/.null"));
}

TEST_F(FileSinkTest, AFullDeviceIsAnError) {
  FileSink sink("/dev/full");
  sink.write("a row\n");
  EXPECT_EQ(message_of<OutputError>([&] { sink.finish(); }), "/dev/full: No space left on device");
}

TEST_F(FileSinkTest, AFifoIsWrittenInPlace) {
  ASSERT_EQ(mkfifo(path.c_str(), 0600), 0);
  std::string got;
  std::thread reader([&] { got = get(path); });
  FileSink sink(path);
  sink.write("a row\n");
  sink.finish();
  reader.join();
  EXPECT_EQ(got, "a row\n");
  EXPECT_TRUE(fs::is_fifo(path));
}

TEST_F(FileSinkTest, ANameWithoutADirectoryIsHere) {
  const fs::path before = fs::current_path();
  fs::current_path(directory);
  {
    FileSink sink("flows.csv");
    sink.write("a row\n");
    sink.finish();
  }
  fs::current_path(before);
  EXPECT_EQ(get(path), "a row\n");
}

TEST_F(FileSinkTest, SaysThatThereIsNoSuchDirectory) {
  const fs::path missing = directory / "missing" / "flows.csv";
  EXPECT_EQ(message_of<OutputError>([&] { FileSink sink(missing); }),
            missing.string() + ": No such file or directory");
}

TEST_F(FileSinkTest, ADirectoryIsNoFile) {
  EXPECT_THROW(FileSink{directory}, OutputError);
  EXPECT_TRUE(fs::is_directory(directory));
}

TEST_F(FileSinkTest, AFileThatCannotTakeItsPlaceIsAnErrorAndLeavesNothing) {
  {
    FileSink sink(path);
    sink.write("a row\n");
    fs::create_directories(path / "occupied");
    EXPECT_THROW(sink.finish(), OutputError);
  }
  EXPECT_TRUE(fs::is_directory(path));
  EXPECT_EQ(files(), 1U);
}

TEST_F(FileSinkTest, LongOutputIsWhole) {
  const std::string rows(3'000'000, 'x');
  FileSink sink(path);
  sink.write(rows);
  sink.finish();
  EXPECT_TRUE(get(path) == rows);
}

}  // namespace
}  // namespace flowmeter
