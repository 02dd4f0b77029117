// What a run over several inputs is made of: inputs, outputs, jobs and status.

#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/error.h"
#include "cli/batch_inputs.h"
#include "cli/batch_outputs.h"
#include "cli/batch_status.h"
#include "cli/job_queue.h"
#include "scratch.h"
#include "support.h"

namespace flowmeter {
namespace {

namespace fs = std::filesystem;

using test::message_of;

const std::string capture = "\xd4\xc3\xb2\xa1" + std::string(20, '\1');  // what is taken for one

InputResult ended(ExitStatus status, bool output_failed = false) {
  InputResult result;
  result.status = status;
  result.output_failed = output_failed;
  return result;
}

BatchStatus status_of(const std::vector<ExitStatus>& inputs, std::size_t skipped = 0) {
  BatchStatus status(skipped);
  for (const ExitStatus input : inputs) status.add(ended(input));
  return status;
}

TEST(BatchStatus, IsThatOfAllInputs) {
  using enum ExitStatus;
  EXPECT_EQ(status_of({}).exit_status(), ok);
  EXPECT_EQ(status_of({ok, ok}).exit_status(), ok);
  EXPECT_EQ(status_of({ok, damaged}).exit_status(), damaged);
  EXPECT_EQ(status_of({ok, nothing_done}).exit_status(), damaged);
  EXPECT_EQ(status_of({nothing_done, nothing_done}).exit_status(), nothing_done);
  EXPECT_EQ(status_of({damaged, interrupted}).exit_status(), interrupted);
  EXPECT_EQ(status_of({ok, terminated}).exit_status(), terminated);
}

TEST(BatchStatus, ASkippedFileIsNoFailureBesideAnInput) {
  EXPECT_EQ(status_of({ExitStatus::ok}, 1).exit_status(), ExitStatus::ok);
  BatchStatus status = status_of({}, 1);
  EXPECT_EQ(status.exit_status(), ExitStatus::nothing_done);
  status.skip();
  EXPECT_EQ(status.skipped(), 2U);
}

TEST(BatchStatus, ALostRowIsAFailure) {
  BatchStatus status = status_of({ExitStatus::ok});
  status.add_failure();
  EXPECT_EQ(status.exit_status(), ExitStatus::damaged);
}

TEST(BatchStatus, StopsWhenTheUserOrTheOutputDoes) {
  EXPECT_FALSE(status_of({ExitStatus::damaged}).stopped());
  BatchStatus by_user = status_of({ExitStatus::interrupted});
  EXPECT_TRUE(by_user.stopped());
  EXPECT_TRUE(by_user.interrupted());
  EXPECT_FALSE(by_user.output_failed());

  BatchStatus by_output;
  by_output.add(ended(ExitStatus::damaged, true));
  EXPECT_TRUE(by_output.stopped());
  EXPECT_FALSE(by_output.interrupted());
  EXPECT_TRUE(by_output.output_failed());

  BatchStatus refused;  // before the first row: the output lacks none
  refused.add(ended(ExitStatus::nothing_done, true));
  EXPECT_TRUE(refused.stopped());
  EXPECT_FALSE(refused.output_failed());

  BatchStatus by_reader;
  by_reader.stop();
  EXPECT_TRUE(by_reader.stopped());
  EXPECT_EQ(by_reader.exit_status(), ExitStatus::ok);
}

class Jobs : public test::Scratch {
 protected:
  /// Inputs that are small files, but for those that are "-".
  void inputs(const std::vector<std::string>& names, unsigned most) {
    for (const std::string& name : names) {
      if (name != "-") put(directory / name, name);
      all_.push_back({name == "-" ? name : (directory / name).string(), name, false});
    }
    queue_ = std::make_unique<JobQueue>(
        all_, most,
        [this](Job& job) {
          started += std::to_string(job.number) + (job.alone ? "!" : "");
          job.output = std::make_unique<InputOutput>(common_);
          running_.resize(all_.size());
          running_[job.number] = &job;
        },
        [this](Job& job) { finished += std::to_string(job.number); });
    queue_->start_more();
  }

  void write(std::size_t number) { running_[number]->output->rows().write(std::to_string(number) + "\n"); }

  void end(std::size_t number) {
    queue_->end(*running_[number], ended(ExitStatus::ok));
    queue_->start_more();
  }

  std::string started, finished;  ///< numbers of jobs; "!": it runs alone
  std::string rows() const { return common_.text; }
  JobQueue& queue() { return *queue_; }

 private:
  std::vector<Input> all_;
  test::MemorySink common_;
  std::vector<Job*> running_;
  std::unique_ptr<JobQueue> queue_;
};

TEST_F(Jobs, RunSideBySideAsFarAsTheyMay) {
  inputs({"a", "b", "c"}, 2);
  EXPECT_EQ(started, "01");
  end(1);
  EXPECT_EQ(started, "012");
  EXPECT_EQ(finished, "") << "the first is not done";
  end(0);
  EXPECT_EQ(finished, "01");
  end(2);
  EXPECT_EQ(finished, "012");
  EXPECT_TRUE(queue().jobs().empty());
}

TEST_F(Jobs, OfLargeInputsRunAlone) {
  inputs({"a", "-", "b", "c"}, 4);
  EXPECT_EQ(started, "0") << "what has no known size counts as large";
  end(0);
  EXPECT_EQ(started, "01!");
  end(1);
  EXPECT_EQ(started, "01!23");
}

TEST_F(Jobs, ASingleOneHasAllTsharks) {
  inputs({"a"}, 4);
  EXPECT_EQ(started, "0!");
}

TEST_F(Jobs, RowsAreInTheOrderOfTheInputs) {
  inputs({"a", "b", "c"}, 3);
  write(2);
  write(1);
  write(0);
  EXPECT_EQ(rows(), "0\n") << "the first one's are written as they come";
  end(2);
  EXPECT_EQ(rows(), "0\n");
  end(0);
  EXPECT_EQ(rows(), "0\n1\n");
  end(1);
  EXPECT_EQ(rows(), "0\n1\n2\n");
}

TEST_F(Jobs, ThatWaitAreBounded) {
  std::vector<std::string> names;
  for (int i = 0; i < 70; ++i) names.push_back("input" + std::to_string(i));
  inputs(names, 2);
  for (std::size_t number = 1; number < 64; ++number) end(number);
  EXPECT_EQ(queue().jobs().size(), 64U);
  end(0);
  EXPECT_EQ(queue().jobs().size(), 2U);
}

TEST_F(Jobs, MayBeDropped) {
  inputs({"a", "b"}, 2);
  queue().clear();
  EXPECT_TRUE(queue().jobs().empty());
  EXPECT_EQ(finished, "");
}

class BatchTest : public test::Scratch {
 protected:
  std::string path(const std::string& name) const { return directory / name; }

  /// Why the outputs are refused.
  std::string refusal(const std::vector<Input>& inputs) const {
    return message_of<UsageError>([&] { check_outputs(options, inputs); });
  }

  Options options;
  Reporter reporter{Reporter::Level::quiet};
};

TEST_F(BatchTest, AnOutputIsAFileADirectoryOrSeveralFiles) {
  EXPECT_EQ(output_kind(options), OutputKind::common);
  options.output = path("rows.csv");
  EXPECT_EQ(output_kind(options), OutputKind::common);
  options.follow = path("growing.pcap");
  EXPECT_EQ(output_kind(options), OutputKind::rotating) << "a run without an end writes whole files";
  options.output = path("");
  EXPECT_EQ(output_kind(options), OutputKind::directory);
  options.output = path("none/");
  EXPECT_EQ(output_kind(options), OutputKind::directory);
  options.output.clear();
  EXPECT_EQ(output_kind(options), OutputKind::common);
}

TEST_F(BatchTest, AnInputIsNotReplaced) {
  put(directory / "x.pcap", capture);
  const std::vector<Input> inputs = {{path("x.pcap"), "x.pcap", false}};
  options.output = path("x.pcap");
  EXPECT_EQ(refusal(inputs), path("x.pcap") + ": is both an input and an output");
  options.output = path("rows");
  options.meta = path("x.pcap");
  EXPECT_EQ(refusal(inputs), path("x.pcap") + ": is both an input and an output");
  options.meta = path("rows");
  EXPECT_EQ(refusal(inputs), path("rows") + ": is the file of --meta and also of the rows");
}

TEST_F(BatchTest, TwoInputsHaveTwoOutputs) {
  options.output = path("");
  EXPECT_EQ(refusal({{"a/x.pcap", "x.pcap", false}, {"b/x.pcapng", "x.pcapng", false}}),
            "a/x.pcap and b/x.pcapng would both be written to " + path("x_flow.csv"));
  check_outputs(options, {{"a/x.pcap", "a/x.pcap", true}, {"b/x.pcap", "b/x.pcap", true}});
}

TEST_F(BatchTest, PartsAndRotationHaveOneInputInAFile) {
  const std::vector<Input> two = {{"a", "a", false}, {"b", "b", false}};
  options.rotation.rows = 10;
  options.output = path("rows");
  EXPECT_EQ(refusal(two), "--rotate-every and --rotate-rows need a single input and a file for -o");
  options.rotation = {};
  options.partial = true;
  EXPECT_EQ(refusal(two),
            "--partial writes a part for each capture: name a directory with -o, or add --continuous");
  options.output = path("");
  check_outputs(options, two);
}

TEST_F(BatchTest, RowsOfAllInputsAreInOneFile) {
  options.output = path("rows");
  options.meta = path("meta");
  BatchOutputs outputs(options, "h\n", reporter, {});
  const Input input{"a", "a", false};
  auto first = outputs.open(input), second = outputs.open(input);
  second->rows().write("2\n");
  first->open();
  first->rows().write("1\n");
  first->finish();
  second->open();
  second->finish();
  EXPECT_FALSE(fs::exists(options.output));
  EXPECT_TRUE(outputs.finish());
  EXPECT_EQ(get(options.output), "h\n1\n2\n");
  first.reset();
  second.reset();
  const auto written = outputs.close();
  ASSERT_EQ(written.size(), 1U);
  EXPECT_EQ(written[0].name, options.output);
  EXPECT_TRUE(written[0].complete);
}

TEST_F(BatchTest, EachInputHasItsFileInADirectory) {
  options.output = path("flows/");
  options.meta = path("meta");
  BatchOutputs outputs(options, "h\n", reporter, {});
  auto whole = outputs.open({"a.pcap", "sub/a.pcap", true});
  whole->rows().write("1\n");
  whole->finish();
  auto broken = outputs.open({"b.pcap", "b.pcap", true});
  broken->rows().write("2\n");
  EXPECT_TRUE(outputs.finish());
  EXPECT_EQ(get(directory / "flows/sub/a_flow.csv"), "h\n1\n");
  broken.reset();
  EXPECT_FALSE(fs::exists(directory / "flows/b_flow.csv"));
  const auto written = outputs.close();
  ASSERT_EQ(written.size(), 2U);
  EXPECT_TRUE(written[0].complete);
  EXPECT_FALSE(written[1].complete);
}

TEST_F(BatchTest, ALiveInputHasItsHeaderAtOnce) {
  options.follow = path("growing.pcap");
  std::string seen;
  testing::internal::CaptureStdout();
  {
    BatchOutputs outputs(options, "h\n", reporter, [&] { seen += "written;"; });
    EXPECT_EQ(outputs.rotating(), nullptr);
    const auto output = outputs.open({options.follow, "growing.pcap", false, {}, InputOrigin::growing});
    EXPECT_EQ(seen, "written;");
    EXPECT_TRUE(outputs.finish());
  }
  EXPECT_EQ(testing::internal::GetCapturedStdout(), "h\n");
}

TEST_F(BatchTest, InputsAreWhatTheOptionsName) {
  options.follow = path("sub/growing.pcap");
  auto found = inputs_of(options, reporter).inputs;
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].below, "growing.pcap");
  EXPECT_EQ(found[0].origin, InputOrigin::growing);
  options.follow.clear();
  options.watch = path("spool");
  EXPECT_EQ(inputs_of(options, reporter).inputs.at(0).origin, InputOrigin::directory);
  options.watch.clear();
  options.live.interfaces = {"eth0", "eth1"};
  found = inputs_of(options, reporter).inputs;
  EXPECT_EQ(found.at(0).path, "eth0,eth1");
  EXPECT_EQ(found.at(0).origin, InputOrigin::interface);
}

TEST_F(BatchTest, InputsBelowADirectoryAreCaptures) {
  put(directory / "x.pcap", capture);
  put(directory / "notes.csv", "a,b\n");
  options.inputs = {directory.string()};
  options.recursive = true;
  const BatchInputs found = inputs_of(options, reporter);
  ASSERT_EQ(found.inputs.size(), 1U);
  EXPECT_EQ(found.inputs[0].below, "x.pcap");
  EXPECT_EQ(found.passed_over, 1U);
}

TEST_F(BatchTest, ThereIsAnInput) {
  options.inputs = {directory.string()};
  options.recursive = true;
  EXPECT_EQ(message_of<UsageError>([&] { (void)inputs_of(options, reporter); }),
            directory.string() + ": no captures found below");
}

}  // namespace
}  // namespace flowmeter
