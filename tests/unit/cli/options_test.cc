#include "cli/options.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/error.h"
#include "support.h"

namespace flowmeter {
namespace {

using test::message_of;

using Words = std::vector<std::string>;

struct Parsed {
  Options options;
  std::string help;
};

Parsed parse_with_help(const Words& words) {
  std::vector<const char*> argv = {"flowmeter"};
  for (const std::string& word : words) argv.push_back(word.c_str());
  Parsed parsed;
  parsed.options = parse_options(static_cast<int>(argv.size()), argv.data(), parsed.help);
  return parsed;
}

Options parse(const Words& words) {
  Parsed parsed = parse_with_help(words);
  EXPECT_EQ(parsed.help, "");
  return parsed.options;
}

std::string refusal(const Words& words) {
  return message_of<UsageError>([&] { (void)parse_with_help(words); });
}

TEST(OptionsTest, HaveDefaults) {
  const Options options = parse({"x.pcap"});
  EXPECT_EQ(options.inputs, (Words{"x.pcap"}));
  EXPECT_FALSE(options.recursive);
  EXPECT_EQ(options.output, "");
  EXPECT_EQ(options.meter.schema, "flowmeter");
  EXPECT_EQ(options.meter.columns, "");
  EXPECT_EQ(options.meter.tcp_idle_timeout.count(), 600);
  EXPECT_EQ(options.tshark.program, "tshark");
  EXPECT_EQ(options.tshark.display_filter, "");
  EXPECT_TRUE(options.tshark.decode_as.empty());
  EXPECT_TRUE(options.tshark.preferences.empty());
  EXPECT_TRUE(options.tshark.extra_arguments.empty());
  EXPECT_EQ(options.rows.delimiter, ',');
  EXPECT_TRUE(options.rows.header);
  EXPECT_FALSE(options.list_columns);
  EXPECT_FALSE(options.print_command);
  EXPECT_FALSE(options.version);
  EXPECT_EQ(options.read_bytes, 0U);
  EXPECT_EQ(options.level, Reporter::Level::normal);
}

TEST(OptionsTest, TakeInputsInTheirOrder) {
  EXPECT_EQ(parse({"b.pcap", "-", "a.pcap"}).inputs, (Words{"b.pcap", "-", "a.pcap"}));
  EXPECT_EQ(parse({"-"}).inputs, (Words{"-"}));
  EXPECT_TRUE(parse({}).inputs.empty());
}

TEST(OptionsTest, TakeInputsBetweenOptions) {
  const Options options = parse({"a.pcap", "-q", "b.pcap", "-o", "out", "c.pcap"});
  EXPECT_EQ(options.inputs, (Words{"a.pcap", "b.pcap", "c.pcap"}));
  EXPECT_EQ(options.output, "out");
}

TEST(OptionsTest, Recursive) {
  EXPECT_TRUE(parse({"-r", "captures/"}).recursive);
  EXPECT_EQ(parse({"-r", "captures/"}).inputs, (Words{"captures/"}));
  EXPECT_TRUE(parse({"--recursive", "captures/"}).recursive);
}

TEST(OptionsTest, DisplayFilter) {
  EXPECT_EQ(parse({"-Y", "tcp && !http", "x"}).tshark.display_filter, "tcp && !http");
  EXPECT_EQ(parse({"--display-filter", "udp", "x"}).tshark.display_filter, "udp");
  EXPECT_EQ(parse({"--display-filter=ip.addr == 10.0.0.1", "x"}).tshark.display_filter,
            "ip.addr == 10.0.0.1");
}

TEST(OptionsTest, DecodeAsMayComeAgain) {
  const Options options = parse({"-d", "tcp.port==1,http", "x", "--decode-as", "udp.port==2,dns", "y"});
  EXPECT_EQ(options.tshark.decode_as, (Words{"tcp.port==1,http", "udp.port==2,dns"}));
  EXPECT_EQ(options.inputs, (Words{"x", "y"}));
}

TEST(OptionsTest, PreferencesMayComeAgain) {
  const Options options = parse({"--pref", "a.b:c", "x", "--pref", "d.e:f g", "y"});
  EXPECT_EQ(options.tshark.preferences, (Words{"a.b:c", "d.e:f g"}));
  EXPECT_EQ(options.inputs, (Words{"x", "y"}));
}

TEST(OptionsTest, Tshark) {
  EXPECT_EQ(parse({"--tshark", "/opt/tshark", "x"}).tshark.program, "/opt/tshark");
}

TEST(OptionsTest, TransportOnly) {
  EXPECT_FALSE(parse({"x"}).tshark.transport_only);
  EXPECT_TRUE(parse({"--transport-only", "x"}).tshark.transport_only);
}

TEST(OptionsTest, TsharkOutputFormat) {
  EXPECT_EQ(parse({"x"}).decoder, TsharkOutputChoice::automatic);
  EXPECT_EQ(parse({"--decoder", "auto", "x"}).decoder, TsharkOutputChoice::automatic);
  EXPECT_EQ(parse({"--decoder", "ek", "x"}).decoder, TsharkOutputChoice::ek);
  EXPECT_EQ(parse({"--decoder", "json", "x"}).decoder, TsharkOutputChoice::json);
  EXPECT_EQ(parse({"--decoder", "columns", "x"}).decoder, TsharkOutputChoice::columns);
  for (const char* name : {"pdml", "", "1", "7", "EK"}) {
    EXPECT_THROW((void)parse_with_help({"x", "--decoder", name}), UsageError) << name;
  }
}

TEST(OptionsTest, Jobs) {
  EXPECT_GE(parse({"x"}).jobs, 1U);
  EXPECT_FALSE(parse({"x"}).jobs_given);
  EXPECT_EQ(parse({"-j", "3", "x"}).jobs, 3U);
  EXPECT_EQ(parse({"--jobs", "1", "x"}).jobs, 1U);
  EXPECT_TRUE(parse({"--jobs", "1", "x"}).jobs_given);
  for (const char* jobs : {"0", "-1", "257", "1.5", "many"}) {
    EXPECT_THROW((void)parse_with_help({"--jobs=" + std::string(jobs), "x"}), UsageError) << jobs;
  }
}

TEST(OptionsTest, LifeFrames) {
  EXPECT_EQ(parse({"x"}).life_frames, 350'000U);
  EXPECT_EQ(parse({"--life-frames", "0", "x"}).life_frames, 0U);
  EXPECT_EQ(parse({"--life-frames", "5000000000", "x"}).life_frames, 5'000'000'000U);
  EXPECT_THROW((void)parse_with_help({"--life-frames=-1", "x"}), UsageError);
}

TEST(OptionsTest, SafeCells) {
  EXPECT_FALSE(parse({"x"}).rows.safe_cells);
  EXPECT_TRUE(parse({"--safe-cells", "x"}).rows.safe_cells);
}

TEST(OptionsTest, KeepGoing) {
  EXPECT_FALSE(parse({"x"}).keep_going);
  EXPECT_TRUE(parse({"--keep-going", "x"}).keep_going);
}

TEST(OptionsTest, PrintCommand) { EXPECT_TRUE(parse({"--print-command"}).print_command); }

TEST(OptionsTest, ReadSize) { EXPECT_EQ(parse({"--read-size", "7", "-"}).read_bytes, 7U); }

TEST(OptionsTest, Timeout) {
  EXPECT_EQ(parse({"-t", "60", "x"}).meter.tcp_idle_timeout.count(), 60);
  EXPECT_EQ(parse({"--timeout", "0.5", "x"}).meter.tcp_idle_timeout.count(), 0.5);
  EXPECT_EQ(parse({"--timeout=0", "x"}).meter.tcp_idle_timeout.count(), 0);
  EXPECT_EQ(parse({"-t", "1e9", "x"}).meter.tcp_idle_timeout.count(), 1e9);
}

TEST(OptionsTest, TimeoutByProtocol) {
  const auto timeouts = [](const char* value) {
    const MeterOptions meter = parse({"-t", value, "x"}).meter;
    return std::pair(meter.tcp_idle_timeout.count(), meter.udp_idle_timeout.count());
  };
  EXPECT_EQ(timeouts("60"), std::pair(60.0, 60.0));
  EXPECT_EQ(timeouts("udp=30"), std::pair(600.0, 30.0));
  EXPECT_EQ(timeouts("300,udp=30"), std::pair(300.0, 30.0));
  EXPECT_EQ(timeouts("udp=30,tcp=0.5"), std::pair(0.5, 30.0));
  EXPECT_EQ(timeouts("udp=30,60"), std::pair(60.0, 30.0));
  const MeterOptions all = parse({"--transport", "sctp,dccp,icmp", "-t", "5,sctp=1,icmp=3", "x"}).meter;
  EXPECT_EQ(all.sctp_idle_timeout.count(), 1);
  EXPECT_EQ(all.dccp_idle_timeout.count(), 5);
  EXPECT_EQ(all.icmp_idle_timeout.count(), 3);
  for (const char* value :
       {"sctp", "icmp=5", "sctp=5", "udp=", "udp=1,udp=2", "=5", "60,", ",60", "udp=60s"}) {
    EXPECT_THROW((void)parse_with_help({"-t", value, "x"}), UsageError) << value;
  }
}

TEST(OptionsTest, Transports) {
  EXPECT_EQ(parse({"x"}).meter.transports, tcp_and_udp);
  EXPECT_EQ(parse({"--transport", "udp,tcp", "x"}).meter.transports, tcp_and_udp);
  const TransportSet some = parse({"--transport", "sctp,icmp", "x"}).meter.transports;
  EXPECT_EQ(some, (TransportSet{Transport::sctp, Transport::icmp, Transport::icmpv6}));
  for (const char* list : {"", "ip", "tcp,", ",udp", "TCP", "132"}) {
    EXPECT_THROW((void)parse_with_help({"--transport", list, "x"}), UsageError) << list;
  }
  EXPECT_THROW((void)parse_with_help({"--transport", "sctp", "--transport-only", "x"}), UsageError);
  EXPECT_THROW((void)parse_with_help({"--transport", "sctp", "-t", "tcp=1", "x"}), UsageError);
}

TEST(OptionsTest, Policies) {
  const MeterOptions meter =
      parse({"--active-timeout", "120", "--direction", "handshake", "--tunnel=inner", "--clock", "monotone",
             "--size", "payload", "--drop-ids", "--na", "NaN", "x"})
          .meter;
  EXPECT_EQ(meter.active_timeout.value().count(), 120);
  EXPECT_EQ(meter.direction, DirectionPolicy::handshake);
  EXPECT_EQ(meter.tunnel, TunnelPolicy::inner);
  EXPECT_EQ(meter.clock, ClockPolicy::monotone);
  EXPECT_EQ(meter.features.size, SizeBasis::payload);
  EXPECT_TRUE(meter.drop_ids);
  EXPECT_EQ(meter.features.na, "NaN");
  for (const char* word : {"--direction=up", "--tunnel=2", "--clock=", "--size=frames", "--active-timeout=-1",
                           "--active-timeout=soon"}) {
    EXPECT_THROW((void)parse_with_help({word, "x"}), UsageError) << word;
  }
}

TEST(OptionsTest, TimeoutIsNoNegativeAndNoOtherWord) {
  for (const char* time : {"-1", "nan", "-nan", "NaN", "-inf", "long", "", "5s", "1,5", "5 6"}) {
    EXPECT_THROW((void)parse_with_help({"--timeout=" + std::string(time), "x"}), UsageError) << time;
  }
}

TEST(OptionsTest, Schema) { EXPECT_EQ(parse({"--schema", "pyflowmeter", "x"}).meter.schema, "pyflowmeter"); }

TEST(OptionsTest, Columns) {
  EXPECT_EQ(parse({"--columns", "duration,src_port", "x"}).meter.columns, "duration,src_port");
  EXPECT_EQ(parse({"--columns", "+duration", "x"}).meter.columns, "+duration");
  EXPECT_EQ(parse({"--columns=-duration,-src_port", "x"}).meter.columns, "-duration,-src_port");
}

TEST(OptionsTest, Splt) {
  EXPECT_EQ(parse({"x"}).meter.features.splt_packets, 0U);
  const FeatureSettings features =
      parse({"--splt", "20", "--splt-packets", "payload", "--splt-layout", "list", "x"}).meter.features;
  EXPECT_EQ(features.splt_packets, 20U);
  EXPECT_EQ(features.splt_basis, SpltBasis::payload);
  EXPECT_EQ(features.splt_layout, SpltLayout::list);
  for (const char* number : {"0", "1025", "-1", "x", ""}) {
    EXPECT_THROW((void)parse_with_help({"--splt=" + std::string(number), "x"}), UsageError) << number;
  }
  EXPECT_THROW((void)parse_with_help({"--splt-layout", "list", "x"}), UsageError);
}

TEST(OptionsTest, FormsOfIdentities) {
  EXPECT_EQ(parse({"x"}).meter.features.cid_seed, 0);
  EXPECT_EQ(parse({"x"}).meter.features.time_digits, 6U);
  EXPECT_EQ(parse({"--cid-seed", "65535", "x"}).meter.features.cid_seed, 65535);
  EXPECT_EQ(parse({"--time-digits", "0", "x"}).meter.features.time_digits, 0U);
  EXPECT_THROW((void)parse_with_help({"--cid-seed", "65536", "x"}), UsageError);
  EXPECT_THROW((void)parse_with_help({"--time-digits", "10", "x"}), UsageError);
  EXPECT_FALSE(parse({"x"}).meter.features.anonymizer);
  EXPECT_EQ(refusal({"--anonymize", "/nosuch", "x"}), "--anonymize: /nosuch: No such file or directory");
}

TEST(OptionsTest, ListColumns) { EXPECT_TRUE(parse({"--list-columns"}).list_columns); }

TEST(OptionsTest, Output) {
  EXPECT_EQ(parse({"-o", "flows.csv", "x"}).output, "flows.csv");
  EXPECT_EQ(parse({"--output", "flows/", "x"}).output, "flows/");
}

TEST(OptionsTest, Delimiter) {
  EXPECT_EQ(parse({"--delimiter", ";", "x"}).rows.delimiter, ';');
  EXPECT_EQ(parse({"--delimiter", "\t", "x"}).rows.delimiter, '\t');
  EXPECT_EQ(parse({"--delimiter", "\\t", "x"}).rows.delimiter, '\t');
  EXPECT_EQ(parse({"--delimiter", " ", "x"}).rows.delimiter, ' ');
}

TEST(OptionsTest, DelimiterIsOneCharacterThatCsvCanHave) {
  for (const char* text : {"", ";;", "\"", "\n", "\r", "\\n", "\xc3\xa4"}) {
    EXPECT_EQ(refusal({"x", "--delimiter", text}).substr(0, 12), "--delimiter ")
        << testing::PrintToString(text);
  }
}

TEST(OptionsTest, FormatChoosesTheDelimiter) {
  EXPECT_EQ(parse({"x"}).rows.format, OutputFormat::csv);
  EXPECT_EQ(parse({"--format", "csv", "--delimiter", ";", "x"}).rows.delimiter, ';');
  EXPECT_EQ(parse({"--format", "tsv", "x"}).rows.delimiter, '\t');
  EXPECT_EQ(parse({"--format", "jsonl", "x"}).rows.format, OutputFormat::jsonl);
  EXPECT_EQ(refusal({"--format", "tsv", "--delimiter", ";", "x"}),
            "--delimiter cannot be combined with --format tsv");
  EXPECT_EQ(refusal({"--format", "jsonl", "--delimiter", ",", "x"}),
            "--delimiter cannot be combined with --format jsonl");
  EXPECT_NE(refusal({"--format", "xml", "x"}), "");
}

TEST(OptionsTest, NoHeader) { EXPECT_FALSE(parse({"--no-header", "x"}).rows.header); }

TEST(OptionsTest, Progress) {
  EXPECT_TRUE(parse({"--progress", "x"}).progress);
  EXPECT_FALSE(parse({"--no-progress", "x"}).progress);
  EXPECT_TRUE(parse({"-q", "--progress", "x"}).progress);
  EXPECT_FALSE(parse({"--progress", "--no-progress", "x"}).progress);
}

TEST(OptionsTest, Level) {
  EXPECT_EQ(parse({"-q", "x"}).level, Reporter::Level::quiet);
  EXPECT_EQ(parse({"--quiet", "x"}).level, Reporter::Level::quiet);
  EXPECT_EQ(parse({"-v", "x"}).level, Reporter::Level::verbose);
  EXPECT_EQ(parse({"--verbose", "x"}).level, Reporter::Level::verbose);
}

TEST(OptionsTest, Version) { EXPECT_TRUE(parse({"--version"}).version); }

TEST(OptionsTest, EverythingBehindTwoDashesIsTsharks) {
  const Options options = parse({"x.pcap", "-q", "--", "-M", "1000", "--", "-o", "a b:c", "--help", ""});
  EXPECT_EQ(options.inputs, (Words{"x.pcap"}));
  EXPECT_EQ(options.tshark.extra_arguments, (Words{"-M", "1000", "--", "-o", "a b:c", "--help", ""}));
  EXPECT_EQ(options.output, "");
  EXPECT_TRUE(parse({"x", "--"}).tshark.extra_arguments.empty());
}

TEST(OptionsTest, ShortOnesMayBeJoined) {
  const Options options = parse({"-rq", "-oflows", "x"});
  EXPECT_TRUE(options.recursive);
  EXPECT_EQ(options.level, Reporter::Level::quiet);
  EXPECT_EQ(options.output, "flows");
}

TEST(OptionsTest, UnknownOnesAreRefused) {
  for (const char* word : {"--colour", "-X", "--timeouts=5"}) {
    const std::string message = refusal({word, "x"});
    EXPECT_NE(message.find("(see --help)"), std::string::npos) << message;
    EXPECT_EQ(message.find('\n'), std::string::npos) << message;
  }
}

TEST(OptionsTest, SayWhatWasMeant) {
  EXPECT_EQ(refusal({"--colums", "+id", "x"}),
            "there is no option --colums, did you mean --columns? (see --help)");
  EXPECT_EQ(refusal({"--fields=ip.ttl", "x"}),
            "there is no option --fields, did you mean --field? (see --help)");
  EXPECT_EQ(refusal({"--list", "x"}),
            "there is no option --list, did you mean --list-interfaces or --list-max or --list-columns? (see "
            "--help)");
  EXPECT_EQ(refusal({"--whatever-it-is", "x"}), "there is no option --whatever-it-is (see --help)");
  EXPECT_EQ(refusal({"-k", "x"}), "there is no option -k (see --help)");
}

TEST(OptionsTest, KnowTsharks) {
  for (const auto& [word, part] :
       {std::pair("-w", "-o"), std::pair("-wout.pcap", "-o"), std::pair("-n", "leave it out"),
        std::pair("-T", "--format"), std::pair("-z", "tshark itself"), std::pair("-e", "--field"),
        std::pair("-l", "leave it out"), std::pair("-X", "--read-format"), std::pair("-C", "--pref"),
        std::pair("-2", "after --"), std::pair("--enable-heuristic", "after --")}) {
    const std::string message = refusal({word, "x.pcap"});
    EXPECT_NE(message.find("is no option here"), std::string::npos) << word << ": " << message;
    EXPECT_NE(message.find(part), std::string::npos) << word << ": " << message;
  }
  EXPECT_EQ(parse({"-o", "a.csv", "x"}).output, "a.csv");
  EXPECT_NE(refusal({"-o", "tcp.check_checksum:TRUE", "x"}).find("--pref"), std::string::npos);
  EXPECT_EQ(parse({"-o", "./tcp.check_checksum:TRUE", "x"}).output, "./tcp.check_checksum:TRUE");
}

TEST(OptionsTest, RefuseForTsharkWhatCannotWork) {
  for (const char* word : {"-C", "-CBluetooth", "--config-profile=x", "-V", "-T", "-Tjson", "-e", "-r"}) {
    EXPECT_NE(refusal({"x", "--", word}).find("among the arguments for tshark"), std::string::npos) << word;
  }
}

TEST(OptionsTest, ReadFormat) {
  EXPECT_EQ(parse({"--read-format", "NetScaler", "x"}).tshark.read_format, "NetScaler");
  EXPECT_NE(refusal({"--read-format", "NetScaler", "--continuous", "x"}), "");
  EXPECT_NE(refusal({"--read-format", "NetScaler", "-i", "lo"}), "");
}

TEST(OptionsTest, Frames) {
  EXPECT_EQ(parse({"-c", "5", "x"}).live.frames, 5U);
  EXPECT_EQ(parse({"--frames=5", "-i", "lo"}).live.frames, 5U);
  EXPECT_NE(refusal({"-c", "5", "--partial", "x"}), "");
}

TEST(OptionsTest, AValueMustNotBeMissing) {
  for (const char* word :
       {"-o", "-Y", "-d", "--pref", "--tshark", "-t", "--schema", "--columns", "--delimiter"}) {
    EXPECT_THROW((void)parse_with_help({"x", word}), UsageError) << word;
  }
}

TEST(OptionsTest, AnEmptyValueDoesNotTakeTheNextWord) {
  for (const char* word : {"--output=", "--display-filter=", "--columns=", "--tshark=", "--delimiter="}) {
    try {
      EXPECT_EQ(parse_with_help({word, "x"}).options.inputs, (Words{"x"})) << word;
    } catch (const UsageError&) {  // that is all right, too
    }
  }
}

TEST(OptionsTest, AValueMayEndInAnEqualsSign) {
  EXPECT_EQ(parse({"--pref=a.b:YWI=", "x"}).tshark.preferences, (Words{"a.b:YWI="}));
  EXPECT_EQ(parse({"--pref", "a.b:YWI=", "x"}).tshark.preferences, (Words{"a.b:YWI="}));
  EXPECT_EQ(parse({"x", "--", "--pref="}).tshark.extra_arguments, (Words{"--pref="}));
}

TEST(OptionsTest, HelpNamesEveryOptionAndTheExitStatuses) {
  for (const char* word : {"-h", "--help"}) {
    const std::string help = parse_with_help({word}).help;
    for (const char* part : {"Usage: flowmeter", "--recursive",    "--display-filter", "--decode-as",
                             "--pref",           "--tshark",       "--print-command",  "--transport-only",
                             "--decoder",        "--jobs",         "--timeout",        "--transport ",
                             "--schema",         "--columns",      "--list-columns",   "--continuous",
                             "--meta",           "--output",       "--format",         "--delimiter",
                             "--splt",           "--splt-packets", "--splt-layout",    "--cid-seed",
                             "--time-digits",    "--anonymize",    "--no-header",      "--progress",
                             "--no-progress",    "--quiet",        "--verbose",        "--version",
                             "--help",           "Exit status: 0", "130, 143",         "600"}) {
      EXPECT_NE(help.find(part), std::string::npos) << part;
    }
  }
}

TEST(OptionsTest, HelpBehindTwoDashesIsTsharks) {
  EXPECT_EQ(parse_with_help({"x", "--", "--help"}).help, "");
}

}  // namespace
}  // namespace flowmeter
