// What a tshark tells of itself, and how that is remembered: with a script in tshark's place, and,
// at the end, with the real one over ../../samples, if there is one.

#include <fcntl.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/interrupt.h"
#include "source/file_cache.h"
#include "source/tshark_command.h"
#include "source/tshark_installation.h"
#include "support.h"

namespace flowmeter::test {
namespace {

namespace fs = std::filesystem;

std::string read_text(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

void write_text(const fs::path& path, std::string_view text) {
  std::ofstream(path, std::ios::binary) << text;
}

/// Sets a variable of the environment, or removes it, and puts it back at the end.
class Variable {
 public:
  Variable(const char* name, const std::optional<std::string>& value) : name_(name) {
    if (const char* const old = std::getenv(name)) old_ = old;
    set(value);
  }
  ~Variable() { set(old_); }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;

 private:
  void set(const std::optional<std::string>& value) {
    if (value) {
      setenv(name_, value->c_str(), 1);
    } else {
      unsetenv(name_);
    }
  }

  const char* name_;
  std::optional<std::string> old_;
};

TEST(TsharkVersion, IsReadFromWhatTsharksPrint) {
  const auto read = [](std::string_view text) { return to_string(parse_version(text)); };
  EXPECT_EQ(read("TShark (Wireshark) 4.0.17 (Git v4.0.17 packaged as 4.0.17-0+deb12u3).\n\nCopyright"
                 " 1998-2024"),
            "4.0.17");
  EXPECT_EQ(read("TShark (Wireshark) 3.4.16 (Git v3.4.16 packaged as 3.4.16-0+deb11u1)"), "3.4.16");
  EXPECT_EQ(read("TShark (Wireshark) 4.4.2.\n"), "4.4.2");
  EXPECT_EQ(read("TShark (Wireshark) 4.2.\n"), "4.2.0");
  EXPECT_EQ(read("TShark (Wireshark) 4.7.0rc1 (v4.7.0rc1-12-gabcdef012345)"), "4.7.0");
  EXPECT_EQ(read("TShark 1.12.1 (Git Rev Unknown from unknown)"), "1.12.1");
  EXPECT_EQ(read("a line of a wrapper, 7.5.3\nTShark (Wireshark) 4.6.0\n"), "4.6.0");
  for (const char* text :
       {"", "TShark", "TShark (Wireshark)", "TShark (Wireshark) ", "TShark 4", "4.0.17",
        "TShark (Wireshark) \n4.0.17", "TShark (Wireshark) 99999999999.1", "yes (GNU coreutils) 9.1"}) {
    EXPECT_EQ(read(text), "unknown") << text;
  }
}

TEST(TsharkVersion, IsComparedByNumbers) {
  EXPECT_LT((TsharkVersion{4, 0, 9}), (TsharkVersion{4, 0, 17}));
  EXPECT_LT((TsharkVersion{4, 9, 0}), (TsharkVersion{4, 10, 0}));
  EXPECT_EQ((TsharkVersion{4, 2, 0}), (TsharkVersion{4, 2, 0}));
  EXPECT_FALSE(TsharkVersion{}.known());
}

TEST(TsharkVersion, IsExplainedOutsideOfTheTriedRange) {
  for (const TsharkVersion tried : {TsharkVersion{3, 4, 0}, {4, 0, 17}, {4, 6, 0}, {4, 6, 99}}) {
    EXPECT_EQ(explain_version(tried), "") << to_string(tried);
  }
  EXPECT_EQ(explain_version({3, 2, 11}), "flowmeter was tested with tshark 3.4 to 4.6, this is 3.2.11");
  EXPECT_EQ(explain_version({4, 7, 0}), "flowmeter was tested with tshark 3.4 to 4.6, this is 4.7.0");
  EXPECT_EQ(explain_version({}),
            "flowmeter was tested with tshark 3.4 to 4.6, this one does not print its version");
}

/// A home with a script that plays tshark, in a directory that is gone at the end.
class Installation : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_FALSE(home_.path().empty());
    for (const char* name : {"cache", "tmp", "bin"}) fs::create_directory(at(name));
    write_tshark();
  }

  fs::path at(const std::string& name) const { return fs::path(home_.path()) / name; }
  fs::path root() const { return at("cache") / "flowmeter"; }

  /// `decodes`: shell text that answers -G decodes.
  void write_tshark(
      const std::string& version = "4.0.17",
      const std::string& decodes = "printf 'udp.port\\t53\\tdns\\nudp.port\\t4789\\tvxlan\\n'") {
    write_text(at("bin/new"), fmt::format(R"(#!/bin/sh
echo "$*" >> '{0}'
[ -d "$HOME$XDG_CONFIG_HOME$WIRESHARK_CONFIG_DIR" ] && exit 9
echo 'Running as user "root" and group "root". This could be dangerous.' >&2
case "$*" in
  --version) echo 'TShark (Wireshark) {1} (Git v{1}).' ;;
  "-G decodes") {2} ;;
  "-G heuristic-decodes") printf 'tcp\tssh\tT\n' ;;
  "-G protocols") printf 'Domain Name\tDNS\tdns\nVXLAN\tVXLAN\tvxlan\nSSH\tSSH\tssh\n' ;;
  *) exit 1 ;;
esac
)",
                                          at("calls").string(), version, decodes));
    fs::permissions(at("bin/new"), fs::perms::owner_all);
    fs::rename(at("bin/new"), program());
  }

  std::string program() const { return at("bin/tshark"); }

  /// How often tshark was run since the last time that this was asked.
  std::size_t calls() {
    const std::string text = read_text(at("calls"));
    const auto all = static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
    return all - std::exchange(calls_before_, all);
  }

  static std::vector<std::string> names_in(const fs::path& directory) {
    std::vector<std::string> names;
    if (fs::exists(directory)) {
      for (const auto& item : fs::directory_iterator(directory)) names.push_back(item.path().filename());
    }
    std::sort(names.begin(), names.end());
    return names;
  }

  std::string transport_directory() { return TsharkInstallation(program()).transport_directory(); }

  /// The directory says what it should, and nothing else.
  static void expect_whole(const fs::path& directory) {
    EXPECT_EQ(read_text(directory / "disabled_protos"), "dns\nssh\n") << directory;
    EXPECT_EQ(read_text(directory / "heuristic_protos"), "ssh_tcp,0\n") << directory;
  }

  /// A good directory that tshark had to be asked for again.
  void expect_asked_again() {
    expect_whole(transport_directory());
    EXPECT_EQ(calls(), 3u);
  }

  TemporaryDirectory home_{testing::TempDir(), "installation_"};
  Variable cache_home_{"XDG_CACHE_HOME", at("cache")};
  Variable home_variable_{"HOME", at("home-that-is-not-there")};
  Variable tmp_{"TMPDIR", at("tmp")};
  std::size_t calls_before_ = 0;
};

TEST_F(Installation, AsksForTheVersionOnceForAll) {
  TsharkInstallation first(program());
  EXPECT_EQ(calls(), 0u);
  EXPECT_EQ(first.version(), (TsharkVersion{4, 0, 17}));
  EXPECT_EQ(first.version(), (TsharkVersion{4, 0, 17}));
  EXPECT_EQ(calls(), 1u);
  EXPECT_EQ(TsharkInstallation(program()).version(), (TsharkVersion{4, 0, 17}));
  EXPECT_EQ(calls(), 0u);
}

TEST_F(Installation, AsksForTheTablesOnceForAll) {
  TsharkInstallation first(program());
  const std::string directory = first.transport_directory();
  EXPECT_EQ(calls(), 3u);
  expect_whole(directory);
  EXPECT_EQ(first.transport_directory(), directory);
  EXPECT_EQ(transport_directory(), directory);
  EXPECT_EQ(calls(), 0u);
  EXPECT_EQ(names_in(root()), std::vector{fs::path(directory).filename().string()});
  EXPECT_EQ(names_in(at("tmp")), std::vector<std::string>{});
}

TEST_F(Installation, KeepsItsEntriesPrivate) {
  const fs::path directory = transport_directory();
  for (const fs::path& path : {root(), directory}) {
    EXPECT_EQ(fs::status(path).permissions(), fs::perms::owner_all) << path;
  }
  EXPECT_EQ(fs::status(directory / "manifest").permissions(), fs::perms::owner_read | fs::perms::owner_write);
}

TEST_F(Installation, UsesTheHomeWithoutXdgCacheHome) {
  for (const std::optional<std::string>& useless : {std::optional<std::string>{}, {"relative"}, {""}}) {
    const Variable none("XDG_CACHE_HOME", useless);
    const Variable home("HOME", at("tmp"));
    EXPECT_EQ(fs::path(transport_directory()).parent_path(), at("tmp/.cache/flowmeter"));
  }
  EXPECT_EQ(calls(), 3u);
}

TEST_F(Installation, KnowsTheSameTsharkBehindALink) {
  const std::string directory = transport_directory();
  fs::create_symlink(program(), at("bin/link"));
  EXPECT_EQ(TsharkInstallation(at("bin/link")).transport_directory(), directory);
}

TEST_F(Installation, AsksATsharkAgainThatChanged) {
  const std::string before = transport_directory();
  const timespec times[] = {{1'000'000'000, 1}, {1'000'000'000, 1}};
  ASSERT_EQ(utimensat(AT_FDCWD, program().c_str(), times, 0), 0);
  EXPECT_EQ(calls(), 3u);
  EXPECT_NE(transport_directory(), before);
  EXPECT_EQ(calls(), 3u);

  write_tshark("4.2.3");
  ASSERT_EQ(utimensat(AT_FDCWD, program().c_str(), times, 0), 0);
  EXPECT_EQ(TsharkInstallation(program()).version(), (TsharkVersion{4, 2, 3}));
}

TEST_F(Installation, AsksAgainWhenTheLibraryChanged) {
  fs::create_directories(at("lib/some-linux-abi"));
  for (const char* place :
       {"lib/libwireshark.so.16", "lib/some-linux-abi/libwiretap.so.13", "bin/libwireshark.so"}) {
    write_text(at(place), "one");
    expect_asked_again();
    write_text(at(place), "another");
    expect_asked_again();
  }
  const Variable path("LD_LIBRARY_PATH", at("tmp").string() + ":");
  expect_asked_again();
  write_text(at("tmp/libwireshark.so.99"), "");
  expect_asked_again();
}

TEST_F(Installation, DoesNotKeepWhatAnExchangedProgramSaid) {
  // It is replaced while it answers: nobody knows which of the two said what.
  write_tshark("4.0.17", "printf 'udp.port\\t53\\tdns\\n'; touch -d @1 " + program());
  const std::string directory = transport_directory();
  EXPECT_FALSE(fs::exists(directory));
  EXPECT_EQ(names_in(at("cache")), std::vector<std::string>{});
}

TEST_F(Installation, RebuildsAnEntryThatIsDamaged) {
  const fs::path directory = transport_directory();
  const fs::path file = directory / "disabled_protos", manifest = directory / "manifest";
  EXPECT_EQ(calls(), 3u);
  const std::string good = read_text(manifest);

  write_text(file, "dns\nssg\n");
  expect_asked_again();
  write_text(file, "dns\n");
  expect_asked_again();
  write_text(file, "");
  expect_asked_again();
  fs::remove(file);
  expect_asked_again();
  write_text(manifest, "");
  expect_asked_again();
  write_text(manifest, good.substr(0, good.size() - 1));
  expect_asked_again();
  fs::remove(manifest);
  expect_asked_again();
  write_text(directory / "preferences", "tcp.desegment_tcp_streams: FALSE\n");
  expect_asked_again();
  fs::create_directory(directory / "plugins");
  expect_asked_again();
  fs::remove_all(directory);
  expect_asked_again();
  fs::remove_all(directory);
  write_text(directory, "a file");
  expect_asked_again();

  EXPECT_EQ(read_text(manifest), good);
  EXPECT_EQ(names_in(root()), std::vector{directory.filename().string()});
}

TEST_F(Installation, TakesNoEntryOfAnotherTshark) {
  const fs::path theirs = transport_directory();
  fs::copy_file(program(), at("bin/other"));
  const fs::path ours = TsharkInstallation(at("bin/other")).transport_directory();
  ASSERT_NE(ours, theirs);
  fs::remove_all(theirs);
  fs::copy(ours, theirs);
  calls();
  expect_asked_again();
}

TEST_F(Installation, RebuildsAnEntryThatOthersCanWrite) {
  const fs::path directory = transport_directory();
  const fs::path file = directory / "disabled_protos";
  EXPECT_EQ(calls(), 3u);
  for (const fs::path& path : {directory, file, directory / "manifest"}) {
    fs::permissions(path, fs::perms::group_write, fs::perm_options::add);
    expect_asked_again();
    fs::permissions(path, fs::perms::others_write, fs::perm_options::add);
    expect_asked_again();
  }
  // A link to the right text, and a pipe that nobody writes to.
  fs::rename(file, at("elsewhere"));
  fs::create_symlink(at("elsewhere"), file);
  expect_asked_again();
  EXPECT_TRUE(fs::exists(at("elsewhere")));
  fs::remove(file);
  ASSERT_EQ(mkfifo(file.c_str(), 0600), 0);
  expect_asked_again();
  // A link to a whole entry: gone is the link, not what it leads to.
  fs::rename(directory, at("entry"));
  fs::create_directory_symlink(at("entry"), directory);
  expect_asked_again();
  EXPECT_TRUE(fs::is_directory(fs::symlink_status(directory)));
  expect_whole(at("entry"));
}

TEST_F(Installation, TakesNoEntryOfAnotherUser) {
  if (geteuid() != 0) GTEST_SKIP() << "needs root";
  const fs::path directory = transport_directory();
  calls();
  for (const fs::path& path : {directory / "disabled_protos", directory / "manifest", directory}) {
    ASSERT_EQ(chown(path.c_str(), 65534, 65534), 0);
    expect_asked_again();
  }
}

/// The files are in a temporary directory, which is gone afterwards, as all that was made.
class WithoutCache : public Installation {
 protected:
  void expect_temporary() {
    std::string directory;
    {
      TsharkInstallation tshark(program());
      EXPECT_EQ(tshark.version(), (TsharkVersion{4, 0, 17}));
      directory = tshark.transport_directory();
      EXPECT_EQ(fs::path(directory).parent_path(), at("tmp"));
      EXPECT_EQ(fs::status(directory).permissions(), fs::perms::owner_all);
      expect_whole(directory);
      EXPECT_EQ(tshark.version(), (TsharkVersion{4, 0, 17}));
      EXPECT_EQ(tshark.transport_directory(), directory);
      EXPECT_EQ(calls(), 4u);
      fs::remove(directory + "/disabled_protos");  // a cleaner came by
      expect_whole(tshark.transport_directory());
      EXPECT_EQ(calls(), 3u);
    }
    EXPECT_EQ(names_in(at("tmp")), std::vector<std::string>{});
  }
};

TEST_F(WithoutCache, InTmpdirIfNoVariableNamesOne) {
  const Variable no_cache("XDG_CACHE_HOME", std::nullopt), no_home("HOME", std::nullopt);
  expect_temporary();
}

TEST_F(WithoutCache, InTmpdirIfNoneCanBeMade) {
  write_text(at("file"), "");
  const Variable no_cache("XDG_CACHE_HOME", at("file")), no_home("HOME", "/proc/self");
  expect_temporary();
}

TEST_F(WithoutCache, InTmpdirIfItIsReadOnly) {
  if (geteuid() == 0) GTEST_SKIP() << "rights mean nothing to root";
  fs::create_directory(root());
  for (const fs::path& path : {root(), at("cache")}) {
    fs::permissions(path, fs::perms::owner_read | fs::perms::owner_exec);
  }
  expect_temporary();
  fs::permissions(at("cache"), fs::perms::owner_all);
}

TEST_F(WithoutCache, InTmpdirIfOthersCanWriteIt) {
  fs::create_directory(root());
  for (const mode_t mode : {0777, 0770, 01777}) {
    ASSERT_EQ(chmod(root().c_str(), mode), 0);
    expect_temporary();
    EXPECT_EQ(names_in(root()), std::vector<std::string>{});
  }
}

TEST_F(WithoutCache, InTmpdirIfItIsALink) {
  fs::create_directory(at("elsewhere"));
  fs::create_directory_symlink(at("elsewhere"), root());
  expect_temporary();
  EXPECT_EQ(names_in(at("elsewhere")), std::vector<std::string>{});
}

TEST_F(WithoutCache, InTmpdirIfItIsAnotherUsers) {
  if (geteuid() != 0) GTEST_SKIP() << "needs root";
  ASSERT_EQ(chown(at("cache").c_str(), 65534, 65534), 0);
  expect_temporary();
  EXPECT_EQ(names_in(at("cache")), std::vector<std::string>{});  // as with sudo in a user's home
  fs::create_directory(root());
  ASSERT_EQ(chown(root().c_str(), 65534, 65534), 0);
  expect_temporary();
}

TEST_F(WithoutCache, InTmpdirIfARunThatWasStoppedHoldsIt) {
  fs::create_directory(root());
  fs::permissions(root(), fs::perms::owner_all);
  const int fd = open(root().c_str(), O_RDONLY | O_CLOEXEC);
  ASSERT_EQ(flock(fd, LOCK_EX), 0);
  const std::string directory = transport_directory();
  EXPECT_FALSE(fs::exists(directory));
  EXPECT_EQ(names_in(at("tmp")), std::vector<std::string>{});
  EXPECT_EQ(names_in(root()), std::vector<std::string>{});
  close(fd);
}

TEST_F(WithoutCache, FindsAPlaceIfTmpdirIsOfNoUse) {
  const Variable no_cache("XDG_CACHE_HOME", std::nullopt), no_home("HOME", std::nullopt);
  for (const char* useless : {"/proc/self/nowhere", "relative", ""}) {
    const Variable no_tmp("TMPDIR", useless);
    TsharkInstallation tshark(program());
    const std::string directory = tshark.transport_directory();
    EXPECT_TRUE(directory.starts_with("/tmp/flowmeter-")) << directory;
    expect_whole(directory);
  }
}

TEST_F(Installation, SharesTheCacheWithOtherRuns) {
  constexpr int runs = 8;
  for (const bool damaged : {false, true, true}) {
    if (damaged) {
      for (const std::string& name : names_in(root())) write_text(root() / name / "manifest", "damaged");
    } else {
      fs::remove_all(root());
    }
    std::vector<pid_t> children;
    for (int i = 0; i < runs; ++i) {
      children.push_back(fork());
      ASSERT_GE(children.back(), 0);
      if (children.back() != 0) continue;
      bool good = false;
      try {
        TsharkInstallation tshark(program());
        good = tshark.version() == TsharkVersion{4, 0, 17};
        for (int times = 0; times < 3; ++times) {
          const fs::path directory = tshark.transport_directory();
          good = good && directory.parent_path() == root() &&
                 read_text(directory / "disabled_protos") == "dns\nssh\n" &&
                 read_text(directory / "heuristic_protos") == "ssh_tcp,0\n";
        }
      } catch (...) {
        good = false;
      }
      _exit(good ? 0 : 1);
    }
    for (const pid_t child : children) {
      int status = -1;
      ASSERT_EQ(waitpid(child, &status, 0), child);
      EXPECT_EQ(status, 0);
    }
    calls();
    const std::vector<std::string> names = names_in(root());
    ASSERT_EQ(names.size(), 2u) << testing::PrintToString(names);
    EXPECT_TRUE(names[0].starts_with("transport-"));
    EXPECT_TRUE(names[1].starts_with("version-"));
    EXPECT_EQ(names_in(at("tmp")), std::vector<std::string>{});
    expect_whole(transport_directory());
    EXPECT_EQ(calls(), 0u);
  }
}

TEST_F(Installation, RemovesOldEntriesWhenANewOneIsMade) {
  const auto make = [&](const std::string& name, int days) {
    fs::create_directories(root() / name / "inside");
    fs::permissions(root(), fs::perms::owner_all);
    const timespec time = {std::time(nullptr) - days * 24L * 60 * 60 - 60, 0};
    const timespec times[] = {time, time};
    ASSERT_EQ(utimensat(AT_FDCWD, (root() / name).c_str(), times, 0), 0);
  };
  make("transport-0123456789abcdef", 30);
  make("version-0123456789abcdef", 1000);
  make("transport-0123456789abcde0", 29);
  make("version-0123456789abcde0", -3);
  make(".new-abcdef", 1);
  make(".new-fedcba", 0);
  make(".old-abcdef", 1);
  make("something-else", 1000);
  make("transport-0123456789abcdefg", 1000);
  const std::string name = fs::path(transport_directory()).filename();
  std::vector<std::string> expected = {".new-fedcba",
                                       "something-else",
                                       "transport-0123456789abcde0",
                                       "transport-0123456789abcdefg",
                                       "version-0123456789abcde0",
                                       name};
  std::sort(expected.begin(), expected.end());
  EXPECT_EQ(names_in(root()), expected);
}

TEST_F(Installation, RemovesNoEntryThatIsInUse) {
  const fs::path directory = transport_directory();
  const timespec times[] = {{1'000'000'000, 0}, {1'000'000'000, 0}};
  ASSERT_EQ(utimensat(AT_FDCWD, directory.c_str(), times, 0), 0);
  EXPECT_EQ(transport_directory(), directory);  // notes the use
  EXPECT_TRUE(TsharkInstallation(program()).version().known());
  EXPECT_TRUE(fs::exists(directory));
  ASSERT_EQ(utimensat(AT_FDCWD, directory.c_str(), times, 0), 0);
  write_tshark();
  EXPECT_TRUE(TsharkInstallation(program()).version().known());
  EXPECT_FALSE(fs::exists(directory));
}

TEST_F(Installation, RemovesAHandfulAtATime) {
  for (int i = 0; i < 12; ++i) fs::create_directories(root() / fmt::format("transport-{:016x}", i));
  fs::permissions(root(), fs::perms::owner_all);
  for (const std::string& name : names_in(root())) {
    const timespec times[] = {{1'000'000'000, 0}, {1'000'000'000, 0}};
    ASSERT_EQ(utimensat(AT_FDCWD, (root() / name).c_str(), times, 0), 0);
  }
  const std::string directory = transport_directory();
  EXPECT_EQ(names_in(root()).size(), 12u - 8u + 1u);
}

TEST_F(Installation, RefusesATsharkThatIsTooOld) {
  write_tshark("2.6.20");
  EXPECT_EQ(message_of<UsageError>([&] { TsharkInstallation(program()).check(); }),
            program() + ": version 2.6.20 is too old (3.0 or newer is needed)");
  write_tshark("3.0.0");
  EXPECT_NO_THROW(TsharkInstallation(program()).check());
  write_tshark("some");
  EXPECT_NO_THROW(TsharkInstallation(program()).check());
}

TEST_F(Installation, DoesNotKnowTheVersionOfWhatDoesNotAnswer) {
  EXPECT_FALSE(TsharkInstallation(at("bin/none")).version().known());
  EXPECT_FALSE(TsharkInstallation(at("bin")).version().known());
  write_text(program(), "#!/bin/sh\necho 'TShark (Wireshark) 4.0.17'; exit 3\n");
  EXPECT_FALSE(TsharkInstallation(program()).version().known());
  EXPECT_EQ(names_in(root()), std::vector<std::string>{});
}

TEST_F(Installation, SaysWhyThereAreNoTables) {
  const auto message = [&] {
    return message_of<UsageError>([&] { static_cast<void>(transport_directory()); });
  };
  write_tshark("4.0.17", "echo 'no table'");
  EXPECT_EQ(message(), program() + " -G decodes: lists no dissectors that can be switched off");
  write_tshark("4.0.17", "printf 'udp.port\\t53\\tdns\\n'; echo 'tshark: out of memory.' >&2; exit 4");
  EXPECT_EQ(message(), program() + " -G decodes: status 4, out of memory");
  write_tshark("4.0.17", ":");
  EXPECT_EQ(message(), program() + " -G decodes: status 0, and no answer");
  write_tshark("4.0.17", "kill -SEGV $$");
  EXPECT_EQ(message(), program() + " -G decodes: killed by signal 11 (Segmentation fault)");
  EXPECT_NE(message_of<UsageError>([&] {
              static_cast<void>(TsharkInstallation(at("bin/none")).transport_directory());
            }).find("bin/none"),
            std::string::npos);
  EXPECT_EQ(names_in(root()), std::vector<std::string>{});
}

TEST_F(Installation, ReadsTablesAndComplaintsOfAnySize) {
  write_tshark("4.0.17",
               "i=0; while [ $i -lt 4000 ]; do i=$((i+1)); echo \"tshark: complaint $i, rather "
               "long, over and over\" >&2;"
               " printf 'other.table\\t%d\\tnothing to do with it\\n' $i; done; printf "
               "'udp.port\\t53\\tdns\\n'");
  expect_whole(transport_directory());
}

TEST_F(Installation, DoesNotWaitForever) {
  TsharkInstallation tshark(program(), std::chrono::seconds(1));
  const auto message = [&] {
    return message_of<UsageError>([&] { static_cast<void>(tshark.transport_directory()); });
  };
  const std::string expected = program() + " -G decodes: no end within 1 s";
  write_tshark("4.0.17", "exec sleep 60");
  EXPECT_EQ(message(), expected);
  write_tshark("4.0.17", "printf 'udp.port\\t53\\tdns\\n'; exec >&- 2>&-; exec sleep 60");
  EXPECT_EQ(message(), expected);
  // Whoever holds the other end of the pipe may have more to say.
  write_tshark("4.0.17", "sleep 2 & printf 'udp.port\\t53\\tdns\\n'");
  EXPECT_EQ(message(), expected);
}

TEST_F(Installation, DoesNotListenForever) {
  write_tshark("4.0.17", "exec yes");
  EXPECT_EQ(message_of<UsageError>([&] { static_cast<void>(transport_directory()); }),
            program() + " -G decodes: its output does not end");
}

TEST_F(Installation, EndsWithASignal) {
  // In a process of its own: a signal is noted for good.
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    const Interrupt interrupt;
    write_tshark("4.0.17", fmt::format("kill -TERM {}; exec sleep 60", getpid()));
    std::string message;
    alarm(8);
    try {
      static_cast<void>(transport_directory());
    } catch (const UsageError& error) {
      message = error.what();
    }
    _exit(message == program() + " -G decodes: interrupted" ? 0 : 1);
  }
  int status = -1;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
}

/// The tshark of this machine over a sample.
class RealTshark : public Installation {
 protected:
  void SetUp() override {
    Installation::SetUp();
    try {
      tshark_ = find_program("tshark");
    } catch (const UsageError&) {
      GTEST_SKIP() << "no tshark";
    }
  }

  /// How often each layer was seen in a sample; all dissectors are on without a directory.
  std::map<std::string, int> layers(const std::string& sample, const std::string& directory) {
    const fs::path capture = fs::path(FLOWMETER_ROOT) / "samples" / sample;
    EXPECT_TRUE(fs::exists(capture)) << capture;
    const Variable configuration("WIRESHARK_CONFIG_DIR", directory);
    const std::string line = fmt::format("'{}' -n -r '{}' -T fields -e frame.protocols 2>'{}'", tshark_,
                                         capture.string(), at("errors").string());
    const std::unique_ptr<FILE, int (*)(FILE*)> pipe(popen(line.c_str(), "r"), pclose);
    std::map<std::string, int> counts;
    std::string layer;
    for (int c; (c = std::fgetc(pipe.get())) != EOF;) {
      if (c == ':' || c == '\n') {
        ++counts[std::exchange(layer, {})];
      } else {
        layer += static_cast<char>(c);
      }
    }
    errors_ = read_text(at("errors"));
    return counts;
  }

  std::string tshark_, errors_;
};

TEST_F(RealTshark, TellsItsVersion) {
  EXPECT_TRUE(TsharkInstallation(tshark_).version().known());
  EXPECT_NO_THROW(TsharkInstallation(tshark_).check());
}

TEST_F(RealTshark, StopsAtTheTransportLayerWithTheDirectory) {
  TsharkInstallation tshark(tshark_);
  const std::string directory = tshark.transport_directory();
  const std::vector<std::string> names = names_in(directory);

  auto before = layers("https.pcapng", at("tmp"));
  auto after = layers("https.pcapng", directory);
  EXPECT_GT(before["tls"], 0);
  EXPECT_GT(before["http"], 0);
  for (const char* layer : {"tls", "http", "http2", "data-text-lines"}) EXPECT_EQ(after[layer], 0) << layer;
  EXPECT_EQ(after["tcp"], before["tcp"]);
  EXPECT_EQ(errors_.find("disabled_protos"), std::string::npos) << errors_;
  EXPECT_EQ(errors_.find("heuristic"), std::string::npos) << errors_;

  before = layers("tunnel.pcap", at("tmp"));
  after = layers("tunnel.pcap", directory);
  EXPECT_GT(before["vxlan"], 0);
  for (const char* layer : {"eth", "ip", "ipv6", "vxlan", "tcp", "udp", "icmp"}) {
    EXPECT_EQ(after[layer], before[layer]) << layer;
  }

  // tshark leaves the directory as it was.
  EXPECT_EQ(names_in(directory), names);
  EXPECT_EQ(TsharkInstallation(tshark_).transport_directory(), directory);
}

}  // namespace
}  // namespace flowmeter::test
