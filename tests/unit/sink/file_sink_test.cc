#include "sink/file_sink.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <set>
#include <string>
#include <thread>
#include <vector>

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

  std::string name_of(const char* name) const { return (directory / name).string(); }

  const fs::path path = directory / "flows.csv";
  Reporter reporter{Reporter::Level::normal};
  const FileKeeper keeper{reporter};
};

TEST_F(FileSinkTest, TheFileAppearsWhenItIsFinished) {
  FileSink sink(path, keeper);
  sink.write("a row\n");
  sink.flush();
  EXPECT_FALSE(fs::exists(path));
  sink.finish();
  EXPECT_EQ(get(path), "a row\n");
  EXPECT_EQ(files(), 1U);
}

TEST_F(FileSinkTest, AnUnfinishedFileStaysUnderANameThatSaysSo) {
  testing::internal::CaptureStderr();
  {
    FileSink sink(path, keeper);
    sink.write("header\n");
    sink.write("a row\n");
  }
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "flowmeter: " + path.string() +
                                                        ": not finished; the rows up to there are in " +
                                                        path.string() + ".incomplete\n");
  EXPECT_EQ(get(name_of("flows.csv.incomplete")), "header\na row\n");
  EXPECT_EQ(files(), 1U);
}

TEST_F(FileSinkTest, AnUnfinishedFileWithoutRowsLeavesNothing) {
  {
    FileSink sink(path, keeper);
    sink.write("header\n");
    sink.flush();
    EXPECT_EQ(files(), 1U) << "beside its place";
  }
  EXPECT_EQ(files(), 0U);
}

TEST_F(FileSinkTest, WhatIsOfNoUseUnlessItIsWholeIsRemoved) {
  {
    FileSink sink(path, keeper, Unfinished::removed);
    sink.write("a\n");
    sink.write("b\n");
    sink.flush();
  }
  EXPECT_EQ(files(), 0U);
}

/// Runs a test of it in a child in which files may have so many bytes.
[[noreturn]] void write_with_little_room(const fs::path& path, FileKeeper keeper, rlim_t room) {
  ::signal(SIGXFSZ, SIG_IGN);
  const rlimit limit{room, room};
  if (setrlimit(RLIMIT_FSIZE, &limit) != 0) _exit(1);
  const std::string expected =
      path.string() + ": File too large (the rows up to there are in " + path.string() + ".incomplete)";
  FileSink sink(path, keeper);
  for (const char* text : {"header\n", "1,row\n", "2,\"quoted\nrow\"\n", "3,row\n"}) sink.write(text);
  try {
    sink.finish();
  } catch (const OutputError& error) {
    if (error.what() != expected) _exit(2);
    try {
      sink.write("4,row\n");
    } catch (const OutputError&) {
      _exit(sink.kept() ? 0 : 3);
    }
  }
  _exit(4);
}

TEST_F(FileSinkTest, AFullDiskKeepsWholeRows) {
  const std::string two = "header\n1,row\n";
  for (const std::size_t room : {std::size_t{14}, std::size_t{20}, std::size_t{28}}) {
    EXPECT_EXIT(write_with_little_room(path, keeper, room), testing::ExitedWithCode(0), "") << room;
    const std::string rows = get(name_of("flows.csv.incomplete"));
    EXPECT_EQ(rows, room < 28 ? two : two + "2,\"quoted\nrow\"\n") << room;
    fs::remove(name_of("flows.csv.incomplete"));
    EXPECT_EQ(files(), 0U);
  }
}

TEST_F(FileSinkTest, LeftoversAreFoundAndNeverWrittenTo) {
  put(name_of("flows.csv.incomplete"), "left");
  put(name_of("flows.csv.2.incomplete"), "");
  put(name_of("flows.csv.3.incomplete"), "left too");
  {
    FileSink sink(path, keeper);  // in the place of the one without a byte
    sink.write("a row\n");
    sink.flush();
    EXPECT_TRUE(fs::exists(name_of("flows.csv.2.incomplete")));
    EXPECT_EQ(leftovers_of(path),
              (std::set{name_of("flows.csv.incomplete"), name_of("flows.csv.3.incomplete")}));
    sink.finish();
  }
  EXPECT_EQ(get(path), "a row\n");
  EXPECT_EQ(get(name_of("flows.csv.incomplete")), "left");
  EXPECT_EQ(leftovers_like(name_of("f*.csv")),
            (std::set{name_of("flows.csv.incomplete"), name_of("flows.csv.3.incomplete")}));
}

TEST_F(FileSinkTest, TwoAtOnceDoNotMeet) {
  FileSink one(path, keeper), other(path, keeper);
  EXPECT_TRUE(leftovers_of(path).empty());
  one.write("one\n");
  other.write("other\n");
  one.flush();
  EXPECT_TRUE(leftovers_of(path).empty());
  other.finish();
  EXPECT_EQ(get(path), "other\n");
  one.finish();
  EXPECT_EQ(get(path), "one\n");
  EXPECT_EQ(files(), 1U);
}

TEST_F(FileSinkTest, AccountIsKeptOfFiles) {
  std::vector<WrittenFile> written;
  {
    FileSink(path, {reporter, &written}).finish();
    FileSink sink(name_of("b"), {reporter, &written});
    sink.write("ab");
    sink.write("c");
    sink.finish();
    FileSink in_place("/dev/null", {reporter, &written});
    in_place.write("x");
    in_place.finish();
    testing::internal::CaptureStderr();
    FileSink unfinished(name_of("c"), {reporter, &written});
    unfinished.write("header\n");
    unfinished.write("row\n");
  }
  testing::internal::GetCapturedStderr();
  ASSERT_EQ(written.size(), 4U);
  EXPECT_EQ(written[0].sha256, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_TRUE(written[0].complete);
  EXPECT_EQ(written[1].name, name_of("b"));
  EXPECT_EQ(written[1].bytes, 3U);
  EXPECT_EQ(written[1].sha256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(written[2].name, "/dev/null");
  EXPECT_EQ(written[3].name, name_of("c.incomplete"));
  EXPECT_EQ(written[3].bytes, 11U);
  EXPECT_FALSE(written[3].complete);
}

TEST_F(FileSinkTest, AFileMayBeEmpty) {
  FileSink(path, keeper).finish();
  EXPECT_TRUE(fs::exists(path));
  EXPECT_EQ(get(path), "");
}

TEST_F(FileSinkTest, WhatWasThereStaysUntilTheEnd) {
  put(path, "old\n");
  FileSink sink(path, keeper);
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
    FileSink sink(path, keeper, Unfinished::removed);
    sink.write("new\n");
    sink.flush();
  }
  EXPECT_EQ(get(path), "old\n");
  EXPECT_EQ(files(), 1U);
}

TEST_F(FileSinkTest, ANewFileHasTheRightsOfAnyNewFile) {
  const mode_t before = umask(027);
  FileSink(path, keeper).finish();
  EXPECT_EQ(umask(before), 027U) << "the mask is as it was";
  EXPECT_EQ(mode_of(path), 0640U);
}

TEST_F(FileSinkTest, AReplacedFileKeepsItsRights) {
  put(path, "old\n");
  chmod(path.c_str(), 0604);
  FileSink sink(path, keeper);
  sink.write("new\n");
  sink.finish();
  EXPECT_EQ(mode_of(path), 0604U);
}

TEST_F(FileSinkTest, ADeviceIsWrittenInPlace) {
  FileSink sink("/dev/null", keeper);
  sink.write("a row\n");
  sink.finish();
  EXPECT_TRUE(fs::is_character_file("/dev/null"));
  EXPECT_FALSE(fs::exists("/dev/.null"));
}

TEST_F(FileSinkTest, AFullDeviceIsAnError) {
  FileSink sink("/dev/full", keeper);
  sink.write("a row\n");
  EXPECT_EQ(message_of<OutputError>([&] { sink.finish(); }), "/dev/full: No space left on device");
}

TEST_F(FileSinkTest, AFifoIsWrittenInPlace) {
  ASSERT_EQ(mkfifo(path.c_str(), 0600), 0);
  std::string got;
  std::thread reader([&] { got = get(path); });
  FileSink sink(path, keeper);
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
    FileSink sink("flows.csv", keeper);
    sink.write("a row\n");
    sink.finish();
  }
  fs::current_path(before);
  EXPECT_EQ(get(path), "a row\n");
}

TEST_F(FileSinkTest, SaysThatThereIsNoSuchDirectory) {
  const fs::path missing = directory / "missing" / "flows.csv";
  EXPECT_EQ(message_of<OutputError>([&] { FileSink sink(missing, keeper); }),
            missing.string() + ": No such file or directory");
}

TEST_F(FileSinkTest, ADirectoryIsNoFile) {
  EXPECT_THROW(FileSink(directory, keeper), OutputError);
  EXPECT_TRUE(fs::is_directory(directory));
}

TEST_F(FileSinkTest, AFileThatCannotTakeItsPlaceStaysBesideIt) {
  {
    FileSink sink(path, keeper);
    sink.write("header\n");
    sink.write("a row\n");
    fs::create_directories(path / "occupied");
    EXPECT_EQ(
        message_of<OutputError>([&] { sink.finish(); }),
        path.string() + ": Is a directory (the rows up to there are in " + path.string() + ".incomplete)");
  }
  EXPECT_TRUE(fs::is_directory(path));
  EXPECT_EQ(get(name_of("flows.csv.incomplete")), "header\na row\n");
}

TEST_F(FileSinkTest, LongOutputIsWhole) {
  const std::string rows(3'000'000, 'x');
  FileSink sink(path, keeper);
  sink.write(rows);
  sink.finish();
  EXPECT_TRUE(get(path) == rows);
}

}  // namespace
}  // namespace flowmeter
