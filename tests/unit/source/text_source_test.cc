#include "source/text_source.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "source_support.h"

namespace flowmeter {
namespace {

using test::ek_frames;
using test::packet_fields;
using test::pipe_with;
using test::SourceRun;
using Seconds = std::vector<std::int64_t>;

constexpr std::size_t chunk_sizes[] = {1, 7, 4096, std::size_t{1} << 20};

std::unique_ptr<DialectSource> somebodys_text(std::size_t chunk = 4096) {
  auto text = std::make_unique<DialectSource>(InputKind::ek, packet_fields());
  text->set_chunk(chunk);
  return text;
}

TEST(TextSource, GivesAllFramesWhateverTheChunks) {
  for (const std::size_t chunk : chunk_sizes) {
    const std::string text = ek_frames(3);
    const Descriptor pipe = pipe_with(text);
    SourceRun run;
    TextSource source(run.io, pipe.get(), {}, somebodys_text(chunk), run.host());
    run.run(source);
    EXPECT_EQ(run.seconds, (Seconds{1, 2, 3})) << "chunks of " << chunk;
    EXPECT_EQ(run.done, 1);
    EXPECT_EQ(run.error, "");
    EXPECT_EQ(run.input, text);
    EXPECT_EQ(source.frames(), 3U);
    EXPECT_EQ(source.published(), 3U);
  }
}

TEST(TextSource, BeginsWithWhatWasReadBefore) {
  const std::string text = ek_frames(3);
  for (const std::size_t chunk : chunk_sizes) {
    for (const std::size_t head : {std::size_t{1}, std::size_t{100}, text.size()}) {
      const Descriptor pipe = pipe_with(text.substr(head));
      SourceRun run;
      TextSource source(run.io, pipe.get(), {text.substr(0, head)}, somebodys_text(chunk), run.host());
      run.run(source);
      EXPECT_EQ(run.seconds, (Seconds{1, 2, 3})) << "a head of " << head << ", chunks of " << chunk;
      EXPECT_EQ(run.done, 1);
      EXPECT_EQ(run.input, text.substr(head)) << "the head was told of before";
    }
  }
}

TEST(TextSource, ReadsNothingIfAllWasReadBefore) {
  const Descriptor pipe = pipe_with("not to be read");
  SourceRun run;
  TextSource source(run.io, pipe.get(), {ek_frames(2), true}, somebodys_text(), run.host());
  run.run(source);
  EXPECT_EQ(run.seconds, (Seconds{1, 2}));
  EXPECT_EQ(run.done, 1);
  EXPECT_EQ(run.input, "");
}

TEST(TextSource, TellsOfDamageAfterTheFramesBeforeIt) {
  for (const std::size_t chunk : chunk_sizes) {
    const Descriptor pipe = pipe_with(ek_frames(2) + "{\"layers\": nonsense}\n");
    SourceRun run;
    TextSource source(run.io, pipe.get(), {}, somebodys_text(chunk), run.host());
    run.run(source);
    EXPECT_EQ(run.seconds, (Seconds{1, 2})) << "chunks of " << chunk;
    EXPECT_NE(run.error.find("line 5"), std::string::npos) << run.error;
    EXPECT_EQ(run.done, 0);
  }
}

TEST(TextSource, CountsDamagedRecordsIfToldToGoOn) {
  const Descriptor pipe = pipe_with("{\"layers\": nonsense}\n" + ek_frames(2));
  SourceRun run;
  auto text = somebodys_text();
  text->keep_going();
  TextSource source(run.io, pipe.get(), {}, std::move(text), run.host());
  run.run(source);
  EXPECT_EQ(run.seconds, (Seconds{1, 2}));
  EXPECT_EQ(source.skipped().count, 1U);
  EXPECT_EQ(run.done, 1);
}

TEST(TextSource, EndsAfterAsManyFramesAsWanted) {
  for (const std::size_t head : {std::size_t{0}, ek_frames(3).size()}) {
    const Descriptor pipe = pipe_with(ek_frames(5).substr(head));
    SourceRun run;
    auto text = somebodys_text();
    text->stop_after(2);
    TextSource source(run.io, pipe.get(), {ek_frames(5).substr(0, head)}, std::move(text), run.host());
    run.run(source);
    EXPECT_EQ(run.seconds, (Seconds{1, 2}));
    EXPECT_EQ(run.done, 1);
  }
}

TEST(TextSource, ReadsOnAfterAnInterrupt) {
  const Descriptor pipe = pipe_with(ek_frames(3));
  SourceRun run;
  TextSource source(run.io, pipe.get(), {}, somebodys_text(10), run.host());
  run.on_progress = [&] { source.interrupt(); };
  run.run(source);
  EXPECT_EQ(run.seconds, (Seconds{1, 2, 3}));
}

TEST(TextSource, GivesNothingMoreWhenItWasKilled) {
  const Descriptor pipe = pipe_with(ek_frames(3));
  SourceRun run;
  TextSource source(run.io, pipe.get(), {}, somebodys_text(10), run.host());
  run.on_progress = [&] {
    if (!run.seconds.empty()) source.kill();
  };
  run.run(source);
  EXPECT_EQ(run.seconds, (Seconds{1}));
  EXPECT_EQ(run.done, 0);
  source.end(EndOfInput::interrupted);
  EXPECT_EQ(run.end, EndOfInput::interrupted);
}

TEST(TextSource, TellsOfFieldsThatAreLacking) {
  const Descriptor pipe = pipe_with(
      R"({"layers":{"frame_time_epoch":["5.0"],"frame_len":["60"],"frame_protocols":["eth:ethertype:ip:tcp:http"],)"
      R"("ip_src":["10.0.0.1"],"ip_dst":["10.0.0.2"],"tcp_srcport":["1"],"tcp_dstport":["2"]}})"
      "\n");
  SourceRun run;
  auto text = somebodys_text();
  text->due_fields()->require("tcp.stream");
  FrameSource::Host host = run.host();
  int lacking = 0;
  host.lacking = [&](bool) { ++lacking; };
  TextSource source(run.io, pipe.get(), {}, std::move(text), host);
  run.run(source);
  EXPECT_EQ(lacking, 1);
  const std::vector<std::string> names = source.due_fields()->lacking().names;
  EXPECT_NE(std::find(names.begin(), names.end(), "tcp.stream"), names.end());
}

}  // namespace
}  // namespace flowmeter
