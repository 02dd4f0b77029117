#include "cli/inputs.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "scratch.h"

namespace flowmeter {
namespace {

namespace fs = std::filesystem;

using Names = std::vector<std::string>;

class Inputs : public test::Scratch {
 protected:
  /// What is taken for a capture.
  const std::string pcap = "\xd4\xc3\xb2\xa1" + std::string(20, '\1');

  /// The inputs, relative to the directory.
  Names below(const std::vector<Input>& inputs) const {
    Names names;
    for (const Input& input : inputs) names.push_back(fs::path(input.path).lexically_relative(directory));
    return names;
  }
};

TEST_F(Inputs, AreAsTheyWereNamed) {
  const auto inputs = list_inputs({"dir/b.pcap", "-", "a.pcap"}, false).inputs;
  ASSERT_EQ(inputs.size(), 3U);
  EXPECT_EQ(inputs[0].path, "dir/b.pcap");
  EXPECT_EQ(inputs[0].below, "b.pcap");
  EXPECT_EQ(inputs[1].path, "-");
  EXPECT_EQ(inputs[2].path, "a.pcap");
  EXPECT_TRUE(std::none_of(inputs.begin(), inputs.end(), [](const Input& input) { return input.found; }));
}

TEST_F(Inputs, ADirectoryIsKeptUnlessToldToEnterIt) {
  put(directory / "x.pcap", pcap);
  const auto inputs = list_inputs({directory.string()}, false).inputs;
  ASSERT_EQ(inputs.size(), 1U);
  EXPECT_EQ(inputs[0].path, directory);
  EXPECT_FALSE(inputs[0].found);
}

TEST_F(Inputs, AreAllFilesBelowADirectoryInTheOrderOfTheirNames) {
  for (const char* name :
       {"b.pcap", "a.pcap", "sub/c.pcap", "sub/deep/d.pcap", "z.txt", "10.pcap", "9.pcap"}) {
    put(directory / name, pcap);
  }
  fs::create_directories(directory / "empty");
  const auto inputs = list_inputs({directory.string()}, true).inputs;
  EXPECT_EQ(below(inputs),
            (Names{"10.pcap", "9.pcap", "a.pcap", "b.pcap", "sub/c.pcap", "sub/deep/d.pcap", "z.txt"}));
  EXPECT_EQ(inputs[5].below, "sub/deep/d.pcap");
  EXPECT_TRUE(std::all_of(inputs.begin(), inputs.end(), [](const Input& input) { return input.found; }));
}

TEST_F(Inputs, BelowADirectoryAreCaptures) {
  put(directory / "a.pcap", pcap);
  put(directory / "cut.pcap", pcap.substr(0, 10));
  put(directory / "empty.pcap", "");
  put(directory / "flows.csv", "duration,protocol\n");
  put(directory / "x.ek", "{\"index\":{}}\n");
  put(directory / "x.json", "[]\n");
  put(directory / "x.tsv", "frame.len\tip.src\n");
  const InputList list = list_inputs({directory.string()}, true);
  EXPECT_EQ(below(list.inputs), (Names{"a.pcap", "cut.pcap"}));
  EXPECT_EQ(list.passed_over.size(), 5U);
  EXPECT_EQ(list_inputs({directory.string()}, true, true).inputs.size(), 7U)
      << "the user has said what they are";
}

TEST_F(Inputs, AreOnlyRegularFiles) {
  put(directory / "x.pcap", pcap);
  ASSERT_EQ(mkfifo((directory / "fifo").c_str(), 0600), 0);
  fs::create_symlink("x.pcap", directory / "link.pcap");
  fs::create_symlink("none", directory / "dangling.pcap");
  EXPECT_EQ(below(list_inputs({directory.string()}, true).inputs), (Names{"link.pcap", "x.pcap"}));
}

TEST_F(Inputs, DoNotGoInCircles) {
  put(directory / "sub/x.pcap", pcap);
  fs::create_directory_symlink("..", directory / "sub/up");
  EXPECT_EQ(below(list_inputs({directory.string()}, true).inputs), (Names{"sub/x.pcap"}));
}

TEST_F(Inputs, MayBeFilesWhereDirectoriesMayBe) {
  put(directory / "x.pcap", pcap);
  const auto inputs = list_inputs({(directory / "x.pcap").string(), "-", "none.pcap"}, true).inputs;
  ASSERT_EQ(inputs.size(), 3U);
  EXPECT_FALSE(inputs[0].found) << "named, so it must be a capture";
  EXPECT_EQ(inputs[1].path, "-");
  EXPECT_EQ(inputs[2].path, "none.pcap");
}

TEST_F(Inputs, KeepTheOrderOfTheNames) {
  put(directory / "b/1.pcap", pcap);
  put(directory / "a/2.pcap", pcap);
  EXPECT_EQ(below(list_inputs({(directory / "b").string(), (directory / "a").string()}, true).inputs),
            (Names{"b/1.pcap", "a/2.pcap"}));
}

TEST_F(Inputs, MayBeNone) {
  EXPECT_TRUE(list_inputs({}, true).inputs.empty());
  EXPECT_TRUE(list_inputs({directory.string()}, true).inputs.empty());
}

fs::path output_for(const std::string& below) { return output_path("flows", {below, below, false}); }

TEST(OutputPath, IsTheCapturesNameWithoutItsEnding) {
  for (const char* name : {"x.pcap", "x.pcapng", "x.cap", "x.dmp", "x.json", "x.ek", "x.tsv", "x.ntar",
                           "x.pcap.gz", "x.pcapng.gz", "x.pcapng.zst", "x.pcap.lz4", "x.gz", "x"}) {
    EXPECT_EQ(output_for(name), "flows/x_flow.csv") << name;
  }
}

TEST(OutputPath, KeepsOtherEndings) {
  EXPECT_EQ(output_for("x.pcap1"), "flows/x.pcap1_flow.csv");
  EXPECT_EQ(output_for("2023.11.14"), "flows/2023.11.14_flow.csv");
  EXPECT_EQ(output_for("a.b.pcap"), "flows/a.b_flow.csv");
  EXPECT_EQ(output_for("x.pcap.old"), "flows/x.pcap.old_flow.csv");
}

TEST(OutputPath, DropsAnEndingOnce) { EXPECT_EQ(output_for("x.json.pcap"), "flows/x.json_flow.csv"); }

TEST(OutputPath, KeepsThePlaceBelowTheDirectory) {
  EXPECT_EQ(output_for("sub/deep/x.pcap.gz"), "flows/sub/deep/x_flow.csv");
  EXPECT_EQ(output_path("flows", {"captures/sub/x.pcap", "sub/x.pcap", true}), "flows/sub/x_flow.csv");
}

TEST(OutputPath, IsNamedForStandardInput) {
  EXPECT_EQ(output_path("flows/", {"-", "-", false}), "flows/stdin_flow.csv");
}

TEST(OutputPath, AFileThatIsCalledLikeAnEndingKeepsItsName) {
  EXPECT_EQ(output_for(".pcap"), "flows/.pcap_flow.csv");
}

}  // namespace
}  // namespace flowmeter
