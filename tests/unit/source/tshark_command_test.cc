#include "source/tshark_command.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <vector>

#include "base/error.h"
#include "scratch.h"
#include "support.h"

namespace flowmeter {
namespace {

namespace fs = std::filesystem;
using test::field_set;
using test::message_of;

using Words = std::vector<std::string>;

Words arguments_of(const TsharkOptions& options, const TsharkInvocation& run,
                   const FieldSet& fields = field_set({"frame.len", "tcp.stream"})) {
  return tshark_command(options, fields, run).arguments;
}

TsharkInvocation run_on(const std::string& input, TsharkOutputFormat decoder = TsharkOutputFormat::ek) {
  TsharkInvocation run;
  run.input = input;
  run.decoder = decoder;
  return run;
}

/// What stands behind each "-o", "-d" or the like.
Words behind(const Words& arguments, std::string_view option) {
  Words values;
  for (std::size_t i = 0; i + 1 < arguments.size(); ++i) {
    if (arguments[i] == option) values.push_back(arguments[i + 1]);
  }
  return values;
}

std::size_t place_of(const Words& arguments, std::string_view word) {
  const auto found = std::find(arguments.begin(), arguments.end(), word);
  EXPECT_NE(found, arguments.end()) << word;
  return static_cast<std::size_t>(found - arguments.begin());
}

TEST(TsharkCommand, AsksForTheFieldsAsEk) {
  const Words arguments = arguments_of({}, run_on("x.pcap"));
  const Words start = {"-n", "-r", "x.pcap", "-T", "ek", "-e", "frame.len", "-e", "tcp.stream"};
  ASSERT_GE(arguments.size(), start.size());
  EXPECT_EQ(Words(arguments.begin(), arguments.begin() + static_cast<std::ptrdiff_t>(start.size())), start);
}

TEST(TsharkCommand, AsksForTheFieldsAsJson) {
  const Words arguments = arguments_of({}, run_on("x.pcap", TsharkOutputFormat::json));
  EXPECT_EQ(behind(arguments, "-T"), (Words{"json"}));
  EXPECT_EQ(behind(arguments, "-e"), (Words{"frame.len", "tcp.stream"}));
}

TEST(TsharkCommand, AsksForTheFieldsAsColumns) {
  const FieldSet fields = field_set({"frame.time_epoch", "frame.len", "ip.src", "tcp.stream"});
  const Words arguments = arguments_of({}, run_on("x.pcap", TsharkOutputFormat::columns), fields);
  EXPECT_EQ(behind(arguments, "-T"), (Words{"tabs"}));
  EXPECT_TRUE(behind(arguments, "-e").empty());
  const Words preferences = behind(arguments, "-o");
  EXPECT_EQ(std::count(preferences.begin(), preferences.end(),
                       "gui.column.format:\"frame.time_epoch\",\"%Cus:frame.time_epoch:0:R\","
                       "\"frame.len\",\"%Cus:frame.len:0:R\",\"ip.src\",\"%Cus:ip.src:0:R\",\"tcp.stream\","
                       "\"%Cus:tcp.stream:0:R\""),
            1);
}

TEST(TsharkCommand, ColumnsHaveTheNumberWhereTsharkWouldShowAName) {
  const FieldSet fields = field_set({"ip.dsfield.dscp", "ip.id", "ip.ttl"});
  const Words preferences =
      behind(arguments_of({}, run_on("x.pcap", TsharkOutputFormat::columns), fields), "-o");
  EXPECT_EQ(std::count(preferences.begin(), preferences.end(),
                       "gui.column.format:\"ip.dsfield.dscp\",\"%Cus:ip.dsfield.dscp:0:U\",\"ip.id\","
                       "\"%Cus:ip.id:0:U\",\"ip.ttl\",\"%Cus:ip.ttl:0:R\""),
            1);
}

TEST(TsharkCommand, PinsThePreferencesOnWhichNumbersDepend) {
  const Words preferences = behind(arguments_of({}, run_on("-")), "-o");
  for (const char* preference :
       {"ip.defragment:TRUE", "ipv6.defragment:TRUE", "tcp.desegment_tcp_streams:TRUE",
        "tcp.analyze_sequence_numbers:TRUE", "tcp.check_checksum:FALSE", "udp.check_checksum:FALSE",
        "ip.check_checksum:FALSE", "tcp.fastrt_supersedes_ooo:TRUE",
        "tcp.default_window_scaling:Not known"}) {
    EXPECT_EQ(std::count(preferences.begin(), preferences.end(), preference), 1) << preference;
  }
}

TEST(TsharkCommand, LeavesOutAPreferenceThatOldVersionsLack) {
  const auto has = [](TsharkVersion version) {
    TsharkOptions options;
    options.version = version;
    const Words preferences = behind(arguments_of(options, run_on("-")), "-o");
    return std::count(preferences.begin(), preferences.end(), "tcp.fastrt_supersedes_ooo:TRUE") == 1;
  };
  EXPECT_FALSE(has({3, 4, 10}));
  EXPECT_TRUE(has({4, 0, 0}));
  EXPECT_TRUE(has({}));
}

TEST(TsharkCommand, HasTimesOfStreamsComputedWhenTheyAreAskedFor) {
  for (const bool wanted : {false, true}) {
    const FieldSet fields = field_set({"frame.len", wanted ? "tcp.time_delta" : "tcp.len"});
    const Words preferences = behind(arguments_of({}, run_on("-"), fields), "-o");
    EXPECT_EQ(std::count(preferences.begin(), preferences.end(),
                         wanted ? "tcp.calculate_timestamps:TRUE" : "tcp.calculate_timestamps:FALSE"),
              1);
  }
}

TEST(TsharkCommand, HasAssociationsNumberedWhenTheirIndexIsAskedFor) {
  for (const bool wanted : {false, true}) {
    const FieldSet fields = field_set({"frame.len", wanted ? "sctp.assoc_index" : "sctp.srcport"});
    const Words preferences = behind(arguments_of({}, run_on("-"), fields), "-o");
    EXPECT_EQ(std::count(preferences.begin(), preferences.end(), "sctp.association_index:TRUE"),
              wanted ? 1 : 0);
  }
}

TEST(TsharkCommand, PutsTheUsersWishesBehindItsOwn) {
  TsharkOptions options;
  options.preferences = {"tcp.analyze_sequence_numbers:FALSE", "a.b:c d"};
  options.decode_as = {"tcp.port==8080,http", "udp.port==1,dns"};
  options.display_filter = "tcp && ip.addr == 10.0.0.1";
  options.extra_arguments = {"-M", "1000"};
  const Words arguments = arguments_of(options, run_on("x.pcap"));
  EXPECT_LT(place_of(arguments, "tcp.analyze_sequence_numbers:TRUE"),
            place_of(arguments, "tcp.analyze_sequence_numbers:FALSE"))
      << "the last one counts";
  const Words preferences = behind(arguments, "-o");
  EXPECT_EQ(Words(preferences.end() - 2, preferences.end()), options.preferences);
  EXPECT_EQ(behind(arguments, "-d"), options.decode_as);
  EXPECT_EQ(behind(arguments, "-Y"), (Words{"tcp && ip.addr == 10.0.0.1"}));
  EXPECT_EQ(Words(arguments.end() - 2, arguments.end()), options.extra_arguments);
}

TEST(TsharkCommand, HasNoFilterUnlessThereIsOne) {
  const Words arguments = arguments_of({}, run_on("x.pcap"));
  EXPECT_EQ(std::count(arguments.begin(), arguments.end(), "-Y"), 0);
  EXPECT_EQ(std::count(arguments.begin(), arguments.end(), "-d"), 0);
}

TEST(TsharkCommand, WritesFramesAtOnceWhenToldSo) {
  const auto at_once = [](bool wanted) {
    TsharkInvocation run = run_on("-");
    run.at_once = wanted;
    const Words arguments = arguments_of({}, run);
    return std::count(arguments.begin(), arguments.end(), "-l");
  };
  EXPECT_EQ(at_once(false), 0);
  EXPECT_EQ(at_once(true), 1);
}

TEST(TsharkCommand, NamesTheProgram) {
  TsharkOptions options;
  options.program = "/opt/wireshark/bin/tshark";
  EXPECT_EQ(tshark_command(options, field_set({"frame.len"}), run_on("-")).program,
            "/opt/wireshark/bin/tshark");
}

std::string environment_of(const Command& command, std::string_view name) {
  for (const auto& [key, value] : command.environment) {
    if (key == name) return value;
  }
  return "(none)";
}

TEST(TsharkCommand, KeepsPersonalConfigurationsAway) {
  const Command command = tshark_command({}, field_set({"frame.len"}), run_on("-"));
  for (const char* name : {"HOME", "XDG_CONFIG_HOME", "WIRESHARK_CONFIG_DIR"}) {
    EXPECT_FALSE(fs::exists(environment_of(command, name))) << name;
  }
  EXPECT_EQ(environment_of(command, "LC_ALL"), "C.UTF-8");
}

TEST(TsharkCommand, MayHaveAConfigurationOfOurs) {
  TsharkInvocation run = run_on("-");
  run.configuration_directory = "/run/ours";
  const Command command = tshark_command({}, field_set({"frame.len"}), run);
  EXPECT_EQ(environment_of(command, "WIRESHARK_CONFIG_DIR"), "/run/ours");
  EXPECT_FALSE(fs::exists(environment_of(command, "HOME")));
}

/// What a shell prints for a line.
std::string shell(const std::string& line) {
  FILE* const pipe = popen(line.c_str(), "r");
  if (pipe == nullptr) throw std::runtime_error("popen");
  std::string text;
  char chunk[512];
  for (std::size_t count = 0; (count = fread(chunk, 1, sizeof chunk, pipe)) > 0;) text.append(chunk, count);
  EXPECT_EQ(pclose(pipe), 0) << line;
  return text;
}

const Words nasty = {"plain",
                     "",
                     "two words",
                     "it's",
                     "'",
                     "''",
                     "\"quoted\"",
                     "$HOME",
                     "`id`",
                     "back\\slash",
                     "\\",
                     "tab\there",
                     "new\nline",
                     "*",
                     "~",
                     "#x",
                     "a;b|c&d",
                     "(x)",
                     "{a,b}",
                     "!!",
                     "tcp.port==80 && ip.addr == 10.0.0.1",
                     "-n",
                     "--",
                     "Gr\xc3\xbc\xc3\x9f"
                     "e",
                     "\xff\xfe",
                     "a=b",
                     "%s",
                     "<x>",
                     "[a]",
                     "^",
                     "\r"};

TEST(ShellLine, SurvivesTheShell) {
  Command command;
  command.program = "/usr/bin/printf";
  command.arguments = {"%s\\n--\\n"};
  std::string expected;
  for (const std::string& word : nasty) {
    command.arguments.push_back(word);
    expected += word + "\n--\n";
  }
  EXPECT_EQ(shell(shell_line(command, {}, TsharkOutputFormat::ek)), expected);
}

TEST(ShellLine, SetsTheEnvironment) {
  for (const std::string& value : nasty) {
    Command command;
    command.program = "/bin/sh";
    command.arguments = {"-c", "printf '%s.%s' \"$FLOWMETER_A\" \"$FLOWMETER_B\""};
    command.environment = {{"FLOWMETER_A", value}, {"FLOWMETER_B", "b"}};
    EXPECT_EQ(shell(shell_line(command, {}, TsharkOutputFormat::ek)), value + ".b");
  }
}

TEST(ShellLine, LeavesPlainWordsUnquoted) {
  const Command command{"tshark", {"-r", "x.pcap", "-Y", "tcp && udp"}, {{"LC_ALL", "C.UTF-8"}}};
  EXPECT_EQ(shell_line(command, {}, TsharkOutputFormat::ek),
            "LC_ALL=C.UTF-8 tshark -r x.pcap -Y 'tcp && udp'");
}

TEST(ShellLine, PutsTheHeaderInFrontOfColumns) {
  const Command command{"/usr/bin/printf", {"%s\\n", "60"}, {}};
  EXPECT_EQ(shell(shell_line(command, field_set({"frame.len", "tcp.stream"}), TsharkOutputFormat::columns)),
            "frame.len\ttcp.stream\n60\n");
}

class Programs : public test::Scratch {
 protected:
  Programs() : path_(std::getenv("PATH")) {}
  ~Programs() override { setenv("PATH", path_.c_str(), 1); }

  fs::path program(const std::string& name) const {
    const fs::path path = directory / name;
    put(path, "#!/bin/sh\necho here \"$@\"\n");
    chmod(path.c_str(), 0755);
    return path;
  }

  void search(const std::string& path) { setenv("PATH", path.c_str(), 1); }

 private:
  const std::string path_;
};

TEST_F(Programs, AreFoundInPath) {
  const fs::path one = program("a/sniffer"), two = program("b/sniffer");
  search((directory / "none").string() + ":" + (directory / "b").string() + ":" + (directory / "a").string());
  EXPECT_EQ(find_program("sniffer"), two);
  EXPECT_EQ(program_in_path("sniffer"), two);
}

TEST_F(Programs, MustBeRunnable) {
  put(directory / "a/sniffer", "text");
  chmod((directory / "a/sniffer").c_str(), 0644);
  search((directory / "a").string());
  EXPECT_THROW((void)find_program("sniffer"), UsageError);
  EXPECT_THROW((void)find_program((directory / "a/sniffer").string()), UsageError);
}

TEST_F(Programs, AreNoDirectories) {
  fs::create_directories(directory / "a/sniffer");
  const fs::path real = program("b/sniffer");
  search((directory / "a").string() + ":" + (directory / "b").string());
  EXPECT_EQ(find_program("sniffer"), real);
  EXPECT_THROW((void)find_program((directory / "a/sniffer").string()), UsageError);
}

TEST_F(Programs, AreTakenAsTheyAreWithASlash) {
  const fs::path real = program("sniffer");
  EXPECT_EQ(find_program(real.string()), real);
  EXPECT_EQ(message_of<UsageError>([] { (void)find_program("/none/sniffer"); }),
            "/none/sniffer: no such program");
}

TEST_F(Programs, AreMissedByName) {
  search(directory.string());
  EXPECT_EQ(program_in_path("sniffer"), "");
  EXPECT_EQ(message_of<UsageError>([] { (void)find_program("sniffer"); }),
            "sniffer: not found in PATH (install the package tshark, or name the program with "
            "--tshark)");
  unsetenv("PATH");
  EXPECT_THROW((void)find_program("sniffer"), UsageError);
}

TEST_F(Programs, MayHaveAnEqualsSignInTheirPath) {
  const Command command{program("version=4/sniffer").string(), {"x"}, {{"LC_ALL", "C"}}};
  EXPECT_EQ(shell(shell_line(command, {}, TsharkOutputFormat::ek)), "here x\n");
}

}  // namespace
}  // namespace flowmeter
