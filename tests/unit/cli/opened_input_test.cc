#include "cli/opened_input.h"

// Boost 1.74's Asio uses std::exchange without including it.
#include <utility>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>
#include <boost/asio/io_context.hpp>

#include <memory>
#include <optional>
#include <string>

#include "base/error.h"
#include "gzip.h"
#include "scratch.h"
#include "support.h"

namespace flowmeter {
namespace {

using test::gzip;
using test::message_of;

const std::string pcap_header("\xd4\xc3\xb2\xa1\2\0\4\0\0\0\0\0\0\0\0\0\0\0\4\0\1\0\0\0", 24);
const std::string ek = R"({"index":{"_index":"packets-1970-01-01"}})"
                       "\n"
                       R"({"layers":{}})"
                       "\n";

class OpenedInputTest : public test::Scratch {
 protected:
  /// Opens what is at the path, and finds out what it is.
  void open(const std::string& path) {
    input = {path, path};
    known = 0;
    bytes_read.clear();
    OpenedInput::Host host;
    host.guard = [](const std::function<void()>& step) { step(); };
    host.bytes_read = [this](std::string_view bytes) { bytes_read += bytes; };
    host.kind_is_known = [this] { ++known; };
    opened = std::make_unique<OpenedInput>(context, std::move(host));
    opened->find_kind();
  }

  void open_file(const std::string& bytes) {
    put(directory / "file", bytes);
    open(directory / "file");
  }

  /// Opens a named pipe, into which the bytes are then written, piece by piece.
  void open_pipe(const std::string& bytes, std::size_t piece) {
    const std::string path = directory / "pipe";
    unlink(path.c_str());
    ASSERT_EQ(mkfifo(path.c_str(), 0600), 0);
    Descriptor both(::open(path.c_str(), O_RDWR | O_CLOEXEC));  // so that neither end waits for the other
    open(path);
    for (std::size_t at = 0; at < bytes.size(); at += piece) {
      const std::string next = bytes.substr(at, piece);
      ASSERT_EQ(write(both.get(), next.data(), next.size()), static_cast<ssize_t>(next.size()));
      io.restart();
      io.poll();
      if (known != 0) return;
    }
    both.reset();
    io.restart();
    io.run();
  }

  boost::asio::io_context io;
  Options options;
  const MeterPlan plan = make_plan(MeterOptions{});
  Reporter reporter{Reporter::Level::quiet};
  TsharkSetup setup{options, plan, reporter};
  Input input;
  const InputContext context{io, options, plan, setup, input, 1, reporter};
  std::unique_ptr<OpenedInput> opened;
  std::string bytes_read;
  int known = 0;
};

TEST_F(OpenedInputTest, KnowsAFileAtOnce) {
  open_file(pcap_header);
  EXPECT_EQ(known, 1);
  EXPECT_EQ(opened->kind(), InputKind::capture);
  EXPECT_TRUE(opened->is_file());
  EXPECT_FALSE(opened->is_compressed());
  EXPECT_EQ(opened->head(), "") << "a file can be read again";
  EXPECT_EQ(bytes_read, "");
  EXPECT_EQ(lseek(opened->fd(), 0, SEEK_CUR), 0);
  EXPECT_EQ(opened->feed(), nullptr);
}

TEST_F(OpenedInputTest, KnowsAPipeAfterItsFirstBytes) {
  for (const std::size_t piece : {std::size_t{1}, std::size_t{7}, std::size_t{4096}}) {
    open_pipe(ek, piece);
    EXPECT_EQ(known, 1) << "pieces of " << piece;
    EXPECT_EQ(opened->kind(), InputKind::ek);
    EXPECT_FALSE(opened->is_file());
    EXPECT_FALSE(opened->head_is_all());
    EXPECT_EQ(opened->head(), ek.substr(0, opened->head().size()));
    EXPECT_EQ(bytes_read, opened->head());
  }
}

TEST_F(OpenedInputTest, KnowsAPipeAtItsEnd) {
  open_pipe(pcap_header.substr(0, 10), 4);
  EXPECT_EQ(known, 1);
  EXPECT_EQ(opened->kind(), InputKind::cut);
  EXPECT_TRUE(opened->head_is_all());
  EXPECT_EQ(opened->head(), pcap_header.substr(0, 10));
}

TEST_F(OpenedInputTest, KnowsAnEmptyFileAndAnEmptyPipe) {
  open_file("");
  EXPECT_EQ(opened->kind(), InputKind::empty);
  open_pipe("", 1);
  EXPECT_EQ(opened->kind(), InputKind::empty);
  EXPECT_EQ(known, 1);
}

TEST_F(OpenedInputTest, LooksIntoCompressedInputs) {
  const std::string packed = gzip(pcap_header);
  open_file(packed);
  EXPECT_EQ(opened->kind(), InputKind::capture);
  EXPECT_TRUE(opened->is_compressed());
  for (const std::size_t piece : {std::size_t{1}, packed.size()}) {
    open_pipe(packed, piece);
    EXPECT_EQ(opened->kind(), InputKind::capture);
    EXPECT_TRUE(opened->is_compressed());
    EXPECT_EQ(opened->head(), packed.substr(0, opened->head().size())) << "as it came";
  }
  open_file(gzip(ek));
  EXPECT_EQ(opened->kind(), InputKind::packed);
}

TEST_F(OpenedInputTest, TrustsTheUserUnlessThereIsNothing) {
  options.tshark.read_format = "Android Logcat Text formats";
  open_file(ek);
  EXPECT_EQ(opened->kind(), InputKind::other);
  open_file("");
  EXPECT_EQ(opened->kind(), InputKind::empty);
  open_pipe("x", 1);
  EXPECT_EQ(opened->kind(), InputKind::other);
  EXPECT_FALSE(opened->head_is_all()) << "no more is waited for than tells that there is something";
}

TEST_F(OpenedInputTest, RefusesWhatCannotBeOpened) {
  EXPECT_EQ(message_of<InputError>([&] { open(directory / "missing"); }), "No such file or directory");
  EXPECT_EQ(message_of<InputError>([&] { open(directory); }),
            "is a directory (-r takes the captures below it)");
  EXPECT_EQ(known, 0);
}

TEST_F(OpenedInputTest, RefusesACaptureBeforeItThatIsNone) {
  options.after = directory / "before";
  EXPECT_EQ(message_of<InputError>([&] { open_file(pcap_header); }),
            "--after " + options.after + ": No such file or directory");
  put(options.after, pcap_header);
  open_file(pcap_header);
  EXPECT_EQ(opened->frames_before(), 0U);
  EXPECT_EQ(opened->feed(), nullptr) << "it has no fragments";
}

TEST_F(OpenedInputTest, TellsHowMuchOfAFileWasRead) {
  open_file(pcap_header);
  EXPECT_EQ(opened->share_read(std::nullopt), 0.0);
  lseek(opened->fd(), 6, SEEK_SET);
  EXPECT_EQ(opened->share_read(std::nullopt), 0.25);
  EXPECT_EQ(opened->share_read(getpid()), 0.25) << "by whoever has it open";
  opened->rewind();
  EXPECT_EQ(opened->share_read(std::nullopt), 0.0);
  open_pipe(ek, 4096);
  EXPECT_EQ(opened->share_read(std::nullopt), std::nullopt);
}

TEST_F(OpenedInputTest, SeesBytesThatAreWaitingInAPipe) {
  open_pipe(ek, 4096);
  EXPECT_FALSE(opened->has_unread());
  const Descriptor end(::open((directory / "pipe").c_str(), O_WRONLY | O_CLOEXEC));
  ASSERT_EQ(write(end.get(), "more", 4), 4);
  EXPECT_TRUE(opened->has_unread());
}

}  // namespace
}  // namespace flowmeter
