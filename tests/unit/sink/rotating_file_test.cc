#include "sink/rotating_file.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <set>
#include <string>

#include "base/error.h"
#include "scratch.h"

namespace flowmeter {
namespace {

namespace fs = std::filesystem;

class RotatingFileTest : public test::Scratch {
 protected:
  std::string read(const std::string& name) const {
    std::ifstream file(directory / name);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  std::set<std::string> names() const {
    std::set<std::string> found;
    for (const auto& entry : fs::directory_iterator(directory)) found.insert(entry.path().filename());
    return found;
  }

  RotatingFile file(const std::string& name, const Rotation& rotation = {}) {
    return {(directory / name).string(), "header\n", rotation, {reporter}};
  }

  using Names = std::set<std::string>;
  Reporter reporter{Reporter::Level::normal};
};

TEST_F(RotatingFileTest, EachFileIsWholeAndHasTheHeader) {
  RotatingFile out = file("flows.csv", {.every = {}, .rows = 2});
  for (const char* row : {"1\n", "2\n", "3\n"}) out.write(row);
  EXPECT_TRUE(fs::exists(directory / "flows.csv"));
  EXPECT_FALSE(fs::exists(directory / "flows-2.csv"));  // not finished
  out.finish();
  EXPECT_EQ(read("flows.csv"), "header\n1\n2\n");
  EXPECT_EQ(read("flows-2.csv"), "header\n3\n");
  EXPECT_EQ(names(), (Names{"flows.csv", "flows-2.csv"}));
}

TEST_F(RotatingFileTest, ARunWithoutRowsLeavesTheHeader) {
  RotatingFile out = file("flows.csv");
  out.finish();
  EXPECT_EQ(read("flows.csv"), "header\n");
}

TEST_F(RotatingFileTest, TheLastFileIsNotFollowedByAnEmptyOne) {
  RotatingFile out = file("flows.csv", {.every = {}, .rows = 1});
  out.write("1\n");
  out.finish();
  EXPECT_EQ(names(), Names{"flows.csv"});
}

TEST_F(RotatingFileTest, ARestartTakesNoNameThatIsTaken) {
  for (const char* row : {"1\n", "2\n"}) {
    RotatingFile out = file("flows.csv", {.every = std::chrono::seconds(3600), .rows = 0});
    out.write(row);
    out.finish();
  }
  EXPECT_EQ(read("flows.csv"), "header\n1\n");
  EXPECT_EQ(read("flows-2.csv"), "header\n2\n");
}

TEST_F(RotatingFileTest, WithoutRotationAnOlderFileIsReplaced) {
  std::ofstream(directory / "flows.csv") << "old";
  RotatingFile out = file("flows.csv");
  out.write("1\n");
  EXPECT_EQ(read("flows.csv"), "old");
  out.finish();
  EXPECT_EQ(read("flows.csv"), "header\n1\n");
}

TEST_F(RotatingFileTest, APeriodEndsByTheClockAndWhoeverAsksForIt) {
  RotatingFile out = file("flows.csv", {.every = std::chrono::seconds(1'000'000'000), .rows = 0});
  out.write("1\n");
  out.tick(std::time(nullptr));
  EXPECT_TRUE(!fs::exists(directory / "flows.csv"));  // the same period still
  out.tick(std::time(nullptr) + 1'000'000'000);
  EXPECT_EQ(read("flows.csv"), "header\n1\n");
  out.write("2\n");
  out.turn();
  EXPECT_EQ(read("flows-2.csv"), "header\n2\n");
  out.turn();  // there is none
  out.finish();
  EXPECT_EQ(names(), (Names{"flows.csv", "flows-2.csv"}));
}

TEST_F(RotatingFileTest, NamesHaveTheTimeAtWhichThePeriodBegan) {
  RotatingFile out = file("%Y/flows-%s.csv", {.every = std::chrono::seconds(3600), .rows = 0});
  out.write("1\n");
  const std::time_t now = std::time(nullptr);
  out.finish();
  std::size_t files = 0;
  for (const auto& entry : fs::recursive_directory_iterator(directory)) {
    if (!entry.is_regular_file()) continue;
    ++files;
    const std::time_t began = std::stoll(entry.path().stem().string().substr(6));
    EXPECT_EQ(began % 3600, 0);
    EXPECT_LE(began, now);
    EXPECT_GT(began + 3601, now);
  }
  EXPECT_EQ(files, 1U);
}

TEST_F(RotatingFileTest, APlaceThatCannotBeWrittenIsAnError) {
  RotatingFile out(("/proc/flowmeter/flows.csv"), "header\n", {}, {reporter});
  EXPECT_THROW(out.write("1\n"), OutputError);
}

/// What it says while it does something.
template <class Action>
std::string said(Action&& action) {
  testing::internal::CaptureStderr();
  action();
  return testing::internal::GetCapturedStderr();
}

TEST_F(RotatingFileTest, WithRotationTheNextFileIsTriedAgain) {
  std::ofstream(directory / "no") << "a file where a directory should be";
  RotatingFile out = file("no/flows.csv", {.every = {}, .rows = 2});
  const std::string path = (directory / "no" / "flows.csv").string();
  EXPECT_EQ(said([&] {
              for (const char* row : {"1\n", "2\n", "3\n"}) out.write(row);
              out.flush();
            }),
            "flowmeter: " + path + ": Not a directory; the next file is tried again\n");
  EXPECT_TRUE(out.failed());
  fs::remove(directory / "no");
  EXPECT_EQ(said([&] {
              for (const char* row : {"4\n", "5\n", "6\n"}) out.write(row);
            }),
            "flowmeter: " + path + ": 4 rows were lost meanwhile\n");
  EXPECT_EQ(said([&] { out.finish(); }), "");
  EXPECT_EQ(read("no/flows.csv"), "header\n5\n6\n");
  EXPECT_TRUE(out.failed());
}

TEST_F(RotatingFileTest, RowsOfAFileThatFailsAreKept) {
  RotatingFile out = file("flows.csv", {.every = {}, .rows = 3});
  const std::string path = (directory / "flows.csv").string();
  out.write("1\n");
  out.write("2\n");
  fs::create_directories(directory / "flows.csv" / "occupied");
  EXPECT_EQ(said([&] { out.write("3\n"); }), "flowmeter: " + path +
                                                 ": Is a directory (the rows up to there are in " + path +
                                                 ".incomplete); the next file is tried again\n");
  EXPECT_EQ(read("flows.csv.incomplete"), "header\n1\n2\n3\n");
  fs::remove_all(directory / "flows.csv");
  out.write("4\n");
  EXPECT_EQ(said([&] { out.finish(); }), "") << "no row was lost";
  EXPECT_EQ(read("flows.csv"), "header\n4\n");
}

TEST_F(RotatingFileTest, LeftoversAreReportedAtTheStart) {
  for (const char* name : {"2024/a-01.csv.incomplete", "2024/a-01-2.csv.3.incomplete",
                           "2024/b-01.csv.incomplete", "2024/a-01.csv"}) {
    put(directory / name, "left");
  }
  const std::string told = said([&] { RotatingFile out = file("%Y/a-%-d.csv", {.every = {}, .rows = 2}); });
  EXPECT_NE(told.find("2024/a-01.csv.incomplete: rows of an earlier run"), std::string::npos) << told;
  EXPECT_NE(told.find("2024/a-01-2.csv.3.incomplete: rows of an earlier run"), std::string::npos) << told;
  EXPECT_EQ(std::count(told.begin(), told.end(), '\n'), 2) << told;
}

}  // namespace
}  // namespace flowmeter
