#include "source/single_tshark.h"

#include <gtest/gtest.h>
#include <signal.h>

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "gzip.h"
#include "scratch.h"
#include "source_support.h"

namespace flowmeter {
namespace {

using test::ek_frames;
using test::own_text;
using test::pipe_with;
using test::SourceRun;
using Seconds = std::vector<std::int64_t>;

/// A tshark that is a shell script.
class SingleTsharkTest : public test::Scratch {
 protected:
  SingleTsharkTest() { put(directory / "frames", ek_frames(2)); }
  ~SingleTsharkTest() override { ::signal(SIGPIPE, before); }

  SingleTshark::Setup script(const std::string& text) const {
    return {
        {"/bin/sh", {"-c", "cd " + directory.string() + "; " + text}, {}}, "the line", Child::Input::none};
  }

  /// The script reads these bytes, of which the first `head` were read before.
  SingleTshark::Setup fed(const std::string& text, std::string_view bytes, std::size_t head = 0) {
    SingleTshark::Setup setup = script(text);
    setup.input = Child::Input::pipe;
    input = pipe_with(bytes.substr(head));
    setup.fd = input.get();
    setup.head = bytes.substr(0, head);
    return setup;
  }

  void run_source(SingleTshark::Setup setup) {
    source = std::make_unique<SingleTshark>(run.io, std::move(setup), own_text(), run.host());
    run.run(*source);
  }

  void (*const before)(int) = ::signal(SIGPIPE, SIG_IGN);
  Descriptor input;
  SourceRun run;
  std::unique_ptr<SingleTshark> source;
};

TEST_F(SingleTsharkTest, GivesWhatTheProgramWrites) {
  run_source(script("cat frames"));
  EXPECT_EQ(run.seconds, (Seconds{1, 2}));
  EXPECT_EQ(run.done, 1);
  EXPECT_EQ(run.error, "");
  EXPECT_EQ(run.input, "") << "what it writes is not the input";
  EXPECT_EQ(source->command_line(), "the line");
  EXPECT_EQ(source->due_fields(), nullptr);
  source->end(EndOfInput::complete);
  EXPECT_EQ(run.end, EndOfInput::complete);
}

TEST_F(SingleTsharkTest, GivesNoFrameTwiceAfterAnother) {
  auto text = own_text();
  text->begin_after(1);
  SingleTshark later(run.io, script("cat frames"), std::move(text), run.host());
  run.run(later);
  EXPECT_EQ(run.seconds, (Seconds{2}));
  EXPECT_EQ(later.published(), 2U);
}

TEST_F(SingleTsharkTest, FeedsTheProgram) {
  for (const std::size_t head : {std::size_t{0}, std::size_t{10}, ek_frames(3).size()}) {
    run.seconds.clear();
    run.input.clear();
    run.io.restart();
    run_source(fed("cat", ek_frames(3), head));
    EXPECT_EQ(run.seconds, (Seconds{1, 2, 3})) << "a head of " << head;
    EXPECT_EQ(run.input, ek_frames(3).substr(head));
    EXPECT_FALSE(source->has_frames_in_flight());
  }
  EXPECT_EQ(run.error, "");
}

TEST_F(SingleTsharkTest, DecompressesWhatItFeeds) {
  const std::string packed = test::gzip(ek_frames(3));
  run_source(fed("cat", packed, 5));
  EXPECT_EQ(run.seconds, (Seconds{1, 2, 3}));
  EXPECT_EQ(run.input, packed.substr(5));
  EXPECT_EQ(run.done, 1);
}

TEST_F(SingleTsharkTest, TellsThatTheCompressedInputIsCutShort) {
  const std::string packed = test::gzip(ek_frames(3));
  run_source(fed("cat >rest; cat frames", packed.substr(0, packed.size() - 4)));
  EXPECT_EQ(run.seconds, (Seconds{1, 2}));
  EXPECT_EQ(run.error, "cut short in the middle of packet 3");
  EXPECT_EQ(run.done, 0);
}

TEST_F(SingleTsharkTest, TellsThatTheCompressedInputIsDamaged) {
  std::string packed = test::gzip(ek_frames(3));
  packed[packed.size() - 6] ^= 1;  // of the checksum
  run_source(fed("cat >rest; cat frames", packed));
  EXPECT_EQ(run.seconds, (Seconds{1, 2}));
  EXPECT_TRUE(run.error.starts_with("damaged after packet 2: ")) << run.error;
}

TEST_F(SingleTsharkTest, TellsHowAProgramThatFailsEnded) {
  run_source(script("cat frames; echo 'tshark: no more.' >&2; exit 2"));
  EXPECT_EQ(run.seconds, (Seconds{1, 2}));
  EXPECT_EQ(run.error, "tshark failed (status 2) after 2 frames and said: no more");
  EXPECT_FALSE(run.nothing_done);
  EXPECT_EQ(run.done, 0);
}

TEST_F(SingleTsharkTest, TellsThatTheProgramWasKilled) {
  run_source(script("cat frames; kill -9 $$"));
  EXPECT_EQ(run.seconds, (Seconds{1, 2}));
  EXPECT_TRUE(run.error.starts_with("tshark was killed by signal 9")) << run.error;
}

TEST_F(SingleTsharkTest, RefusesAnInputOfWhichNothingWasGiven) {
  run_source(
      script("echo \"tshark: The file isn't a capture file in a format TShark understands.\" >&2; exit 2"));
  EXPECT_EQ(run.error, "is not a capture that tshark knows");
  EXPECT_TRUE(run.nothing_done);
}

TEST_F(SingleTsharkTest, AsksWhyTheProgramDoesNotReadItsInput) {
  run_source(fed("exec <&-; cat frames; echo 'tshark: enough' >&2; exit 1", std::string(500'000, 'x')));
  EXPECT_EQ(run.seconds, (Seconds{1, 2}));
  EXPECT_EQ(run.error, "tshark failed (status 1) after 2 frames and said: enough");
}

TEST_F(SingleTsharkTest, DoesNotTrustAnExitStatusAfterATornRecord) {
  run_source(script("cat frames; printf '{\"timestamp\":'; exit 0"));
  EXPECT_EQ(run.seconds, (Seconds{1, 2}));
  EXPECT_NE(run.error, "");
  EXPECT_EQ(run.done, 0);
}

TEST_F(SingleTsharkTest, TellsWhereTheProgramWritesNonsense) {
  run_source(script("cat frames; echo nonsense; cat frames; exec sleep 60"));
  EXPECT_EQ(run.seconds, (Seconds{1, 2}));
  EXPECT_NE(run.error.find("after text that tshark does not write"), std::string::npos) << run.error;
}

TEST_F(SingleTsharkTest, ReadsAllThatTheProgramComplainsOf) {
  run_source(script("yes complaint | head -c 1000000 >&2; cat frames"));
  EXPECT_EQ(run.seconds, (Seconds{1, 2}));
  EXPECT_EQ(run.error, "");
}

TEST_F(SingleTsharkTest, GetsWhatTheProgramStillWritesWhenItIsInterrupted) {
  source = std::make_unique<SingleTshark>(
      run.io, script("trap 'cat frames; exit 0' INT; head -n 2 frames; while :; do sleep 0.01; done"),
      own_text(), run.host());
  run.on_progress = [&] {
    if (run.seconds.size() == 1) source->interrupt();
  };
  run.run(*source);
  EXPECT_EQ(run.seconds, (Seconds{1, 1, 2}));
  EXPECT_EQ(run.done, 1);
}

TEST_F(SingleTsharkTest, FeedsNoMoreWhenItIsInterrupted) {
  const Pipe endless = make_pipe();
  SingleTshark::Setup setup = script("trap '' INT; cat frames; cat >rest; cat frames");
  setup.input = Child::Input::pipe;
  setup.fd = endless.read.get();
  setup.head = "head";
  source = std::make_unique<SingleTshark>(run.io, setup, own_text(), run.host());
  run.on_progress = [&] { source->interrupt(); };
  run.run(*source);
  EXPECT_EQ(run.seconds, (Seconds{1, 2, 1, 2}));
  EXPECT_EQ(run.done, 1);
  EXPECT_EQ(get(directory / "rest"), "head");
}

TEST_F(SingleTsharkTest, KillsAProgramThatStalls) {
  source = std::make_unique<SingleTshark>(run.io, script("echo $$ >pid; cat frames; exec sleep 60"),
                                          own_text(), run.host());
  run.on_progress = [&] {
    if (run.seconds.size() == 2) source->kill();
  };
  run.run(*source);
  EXPECT_EQ(run.seconds, (Seconds{1, 2}));
  EXPECT_EQ(run.done, 0);
  const int pid = std::stoi(get(directory / "pid"));
  source.reset();
  EXPECT_EQ(::kill(pid, 0), -1) << "it runs on";
}

TEST_F(SingleTsharkTest, NamesTheProcessThatReadsTheFile) {
  source = std::make_unique<SingleTshark>(run.io, script("echo $$ >pid; cat frames"), own_text(), run.host());
  EXPECT_EQ(source->reading_process(), std::nullopt);
  std::optional<int> reader;
  run.on_progress = [&] { reader = source->reading_process(); };
  run.run(*source);
  EXPECT_EQ(reader, std::stoi(get(directory / "pid")));
  run_source(fed("cat", ek_frames(1)));
  EXPECT_EQ(source->reading_process(), std::nullopt);
}

TEST_F(SingleTsharkTest, TellsObserversTheTime) {
  source = std::make_unique<SingleTshark>(run.io, script("cat frames"), own_text(), run.host());
  run.run(*source);
  source->pass_time(5);
  EXPECT_EQ(run.times_ns, (Seconds{5}));
}

}  // namespace
}  // namespace flowmeter
