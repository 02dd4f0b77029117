#include "dialect/record_splitter.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <string>
#include <vector>

#include "base/error.h"
#include "support.h"

namespace flowmeter {
namespace {

using test::message_of;

using Records = std::vector<std::string>;

constexpr std::size_t whole = std::string::npos;
constexpr std::size_t chunk_sizes[] = {1, 7, 4096, whole};

void put(RecordSplitter& framer, std::string_view bytes) {
  const std::span<char> room = framer.room(std::max<std::size_t>(bytes.size(), 1));
  ASSERT_GE(room.size(), bytes.size());
  if (!bytes.empty()) std::memcpy(room.data(), bytes.data(), bytes.size());
  framer.commit(bytes.size());
}

void drain(RecordSplitter& framer, Records& records) {
  while (const auto record = framer.next()) {
    EXPECT_EQ(*(record->data() + record->size()), '\0') << "no NUL behind the record";
    records.emplace_back(record->data(), record->size());
    std::fill(record->begin(), record->end(), '#');  // it may be changed
  }
}

void feed(RecordSplitter& framer, std::string_view text, std::size_t chunk, Records& records) {
  while (!text.empty()) {
    const std::string_view part = text.substr(0, chunk);
    put(framer, part);
    text.remove_prefix(part.size());
    drain(framer, records);
  }
}

template <class Kind>
Records cut(std::string_view text, std::size_t chunk) {
  Kind framer;
  Records records;
  feed(framer, text, chunk, records);
  framer.close();
  drain(framer, records);
  EXPECT_EQ(framer.next(), std::nullopt) << "something comes behind the end";
  return records;
}

template <class Kind>
void expect_cut(const std::string& text, const Records& records) {
  for (const std::size_t chunk : chunk_sizes) {
    EXPECT_EQ(cut<Kind>(text, chunk), records) << "chunks of " << chunk;
  }
}

/// Records before the damage, and what is said of it, in the same words for all chunk sizes.
template <class Kind>
std::pair<Records, std::string> cut_damaged(const std::string& text) {
  std::pair<Records, std::string> first;
  for (const std::size_t chunk : chunk_sizes) {
    Kind framer;
    Records records;
    const std::string message = message_of<InputError>([&] {
      feed(framer, text, chunk, records);
      framer.close();
      drain(framer, records);
    });
    if (chunk == chunk_sizes[0]) first = {records, message};
    EXPECT_EQ(records, first.first) << "chunks of " << chunk;
    EXPECT_EQ(message, first.second) << "chunks of " << chunk;
  }
  return first;
}

TEST(LineSplitter, CutsAtLineEnds) { expect_cut<LineSplitter>("one\ntwo\nthree\n", {"one", "two", "three"}); }

TEST(LineSplitter, HandsOutALastLineWithoutItsEnd) { expect_cut<LineSplitter>("one\ntw", {"one", "tw"}); }

TEST(LineSplitter, TakesCrLf) {
  expect_cut<LineSplitter>("one\r\ntwo\r\nthr\ree\r", {"one", "two", "thr\ree"});
}

TEST(LineSplitter, KeepsBlankLines) { expect_cut<LineSplitter>("\n\nx\n\r\n", {"", "", "x", ""}); }

TEST(LineSplitter, NothingHoldsNothing) { expect_cut<LineSplitter>("", {}); }

TEST(LineSplitter, KeepsNulBytes) {
  const std::string text("a\0b\n\0\n", 6);
  expect_cut<LineSplitter>(text, {std::string("a\0b", 3), std::string("\0", 1)});
}

TEST(LineSplitter, CutsLongAndShortLinesAlike) {
  Records lines;
  std::string text;
  for (std::size_t i = 0; i < 300; ++i) {
    lines.push_back(std::string(i * i % 9973, static_cast<char>('a' + i % 26)));
    text += lines.back() + '\n';
  }
  for (const std::size_t chunk : {std::size_t{7}, std::size_t{4096}, whole}) {
    EXPECT_EQ(cut<LineSplitter>(text, chunk), lines) << "chunks of " << chunk;
  }
}

TEST(LineSplitter, CountsLines) {
  LineSplitter framer;
  put(framer, "a\n\nb\n");
  (void)framer.next();
  EXPECT_EQ(framer.place(), "line 1");
  (void)framer.next();
  (void)framer.next();
  EXPECT_EQ(framer.place(), "line 3");
}

TEST(LineSplitter, TellsHowFarItGotWhenMoreBytesAreNeeded) {
  LineSplitter framer;
  put(framer, "abc");
  EXPECT_EQ(framer.next(), std::nullopt);
  put(framer, "def\n");
  const auto record = framer.next();
  ASSERT_TRUE(record);
  EXPECT_EQ(std::string(record->data(), record->size()), "abcdef");
}

TEST(RecordSplitter, HasTheRoomThatIsAskedFor) {
  LineSplitter framer;
  EXPECT_GE(framer.room(1).size(), 1U);
  EXPECT_GE(framer.room(100'000).size(), 100'000U);
  put(framer, "abc");
  EXPECT_GE(framer.room(100'000).size(), 100'000U);
}

TEST(RecordSplitter, MemoryDoesNotGrowWithTheInput) {
  LineSplitter framer;
  const std::string line = std::string(999, 'x') + '\n';
  std::size_t most = 0;
  for (int i = 0; i < 10'000; ++i) {
    const std::span<char> room = framer.room(line.size());
    most = std::max(most, room.size());
    std::memcpy(room.data(), line.data(), line.size());
    framer.commit(line.size());
    ASSERT_TRUE(framer.next());
  }
  EXPECT_LT(most, 10 * line.size());
}

/// `size` bytes that are no line end. (Room is zeroed as it grows.)
void put_zeros(RecordSplitter& framer, std::size_t size) {
  const std::span<char> room = framer.room(size + 1);
  std::fill_n(room.data(), size, '\0');
  framer.commit(size);
}

TEST(LineSplitter, TakesTheLongestLine) {
  LineSplitter framer;
  put_zeros(framer, max_record_bytes);
  EXPECT_EQ(framer.next(), std::nullopt);
  put(framer, "\nx\n");
  const auto record = framer.next();
  ASSERT_TRUE(record);
  EXPECT_EQ(record->size(), max_record_bytes);
  EXPECT_TRUE(framer.next());
}

TEST(LineSplitter, RefusesALongerLineBeforeItsEndCame) {
  LineSplitter framer;
  put(framer, "first\n");
  ASSERT_TRUE(framer.next());
  put_zeros(framer, max_record_bytes + 1);
  EXPECT_EQ(message_of<InputError>([&] { (void)framer.next(); }),
            "a record is longer than 64 MiB (after line 1)");
}

TEST(LineSplitter, RefusesALongerLineThatCameTogetherWithItsEnd) {
  LineSplitter framer;
  put_zeros(framer, max_record_bytes + 1);
  put(framer, "\n");
  EXPECT_EQ(message_of<InputError>([&] { (void)framer.next(); }),
            "a record is longer than 64 MiB (after line 0)");
}

TEST(JsonFramer, CutsTheObjectsOut) {
  expect_cut<JsonFramer>("[\n  {\n    \"a\": 1\n  },\n  {\"b\": [2, {}]}\n]\n",
                         {"{\n    \"a\": 1\n  }", "{\"b\": [2, {}]}"});
}

TEST(JsonFramer, TakesAnEmptyArray) {
  expect_cut<JsonFramer>("[]\n", {});
  expect_cut<JsonFramer>("[\n\n]\n", {});
}

TEST(JsonFramer, BracketsInStringsDoNotCount) {
  expect_cut<JsonFramer>(R"([{"a":"}]{["},{"b":"\"}"},{"c":"\\"},{"d\"{":"\\\"}"}])",
                         {R"({"a":"}]{["})", R"({"b":"\"}"})", R"({"c":"\\"})", R"({"d\"{":"\\\"}"})"});
}

TEST(JsonFramer, TakesObjectsWithoutBlanksBetween) {
  expect_cut<JsonFramer>("[{},{},{\"x\":{}}]", {"{}", "{}", "{\"x\":{}}"});
}

TEST(JsonFramer, HandsOutLinesOfTextBehindTheArray) {
  expect_cut<JsonFramer>("[\n{}\n]\n\n=====\n| IO Statistics {} [] |\n[x]\n  [ 1 ]\r\n=====",
                         {"{}", "=====", "| IO Statistics {} [] |", "[x]", "[ 1 ]", "====="});
}

TEST(JsonFramer, TakesADocumentFromEachLine) {
  expect_cut<JsonFramer>("{\"index\":{}}\n{\"a\":\"}{\"}\r\n\n  {\"b\":1} \n{\"c\"",
                         {"{\"index\":{}}", "{\"a\":\"}{\"}", "{\"b\":1} ", "{\"c\""});
}

TEST(JsonFramer, TakesDocumentsThatArePrintedOverSeveralLines) {
  expect_cut<JsonFramer>("{\n  \"a\": {\n    \"b\": \"}\"\n  }\n}\n{ \r\n\t\"c\": [\r\n\t]\r\n}\r\n{}\n",
                         {"{\n  \"a\": {\n    \"b\": \"}\"\n  }\n}", "{ \r\n\t\"c\": [\r\n\t]\r\n}", "{}"});
}

TEST(JsonFramer, TakesALineForADocumentWhateverIsWrongWithIt) {
  expect_cut<JsonFramer>("{\"a\":{\n{\"b\":1}\n{]\n{}\n", {"{\"a\":{", "{\"b\":1}", "{]", "{}"});
}

TEST(JsonFramer, TakesSeveralArrays) {
  expect_cut<JsonFramer>("[{},\n{}]\n[]\n[ ]\n[\n{\"a\":[{}]}][null, {},null]\n[null]{}\n",
                         {"{}", "{}", "{\"a\":[{}]}", "{}", "{}"});
}

TEST(JsonFramer, TellsThatAnArrayWasOpened) {
  const std::string text = "[{},{}]\n{}\n[]\n[{}]";
  for (const std::size_t chunk : chunk_sizes) {
    JsonFramer framer;
    std::vector<bool> opened;
    for (std::size_t at = 0; at < text.size(); at += std::min(chunk, text.size())) {
      put(framer, std::string_view(text).substr(at, chunk));
      while (framer.next()) opened.push_back(framer.opens_array());
    }
    EXPECT_EQ(opened, (std::vector<bool>{true, false, false, true})) << "chunks of " << chunk;
  }
}

TEST(JsonFramer, PassesOverByteOrderMarks) {
  expect_cut<JsonFramer>("\xef\xbb\xbf{}\n\xef\xbb\xbf[{}]\r\n\xef\xbb\xbf{\n}", {"{}", "{}", "{\n}"});
  expect_cut<JsonFramer>("\xef\xbb", {"\xef\xbb"});
}

TEST(JsonFramer, SaysThatTheLastRecordIsCut) {
  const auto [records, message] = cut_damaged<JsonFramer>("[{\"a\":1},{\"b\":");
  EXPECT_EQ(records, (Records{"{\"a\":1}"}));
  EXPECT_EQ(message, "cut short in the middle of record 2");
}

TEST(JsonFramer, SaysThatTheEndOfTheArrayIsMissing) {
  const auto [records, message] = cut_damaged<JsonFramer>("[{\"a\":1}\n");
  EXPECT_EQ(records, (Records{"{\"a\":1}"}));
  EXPECT_EQ(message, "cut short: the array has no end (after record 1)");
  EXPECT_EQ(cut_damaged<JsonFramer>("[").second, "cut short: the array has no end (after record 0)");
}

TEST(JsonFramer, NamesThePlaceOfWhatIsNoArrayOfObjects) {
  EXPECT_EQ(cut_damaged<JsonFramer>("[\n  {},\n  42]").second, "not JSON at byte 10 (after record 1)");
  EXPECT_EQ(cut_damaged<JsonFramer>("[,{}]").second, "not JSON at byte 1 (after record 0)");
  EXPECT_EQ(cut_damaged<JsonFramer>("[{}],{}").second, "not JSON at byte 4 (after record 1)");
  EXPECT_EQ(cut_damaged<JsonFramer>("[{}]\n  ]").second, "not JSON at byte 7 (after record 1)");
  EXPECT_EQ(cut_damaged<JsonFramer>("[nul]").second, "not JSON at byte 1 (after record 0)");
}

TEST(JsonFramer, NamesTheRecordAndItsByte) {
  std::string text = "[";
  std::vector<std::size_t> places;
  for (int i = 0; i < 200; ++i) {
    if (i > 0) text += ",\n";
    places.push_back(text.size());
    text += "{\"x\":\"" + std::string(static_cast<std::size_t>(i), 'y') + "\"}";
  }
  text += "]";
  for (const std::size_t chunk : chunk_sizes) {
    JsonFramer framer;
    std::size_t record = 0;
    for (std::size_t at = 0; at < text.size(); at += std::min(chunk, text.size())) {
      put(framer, std::string_view(text).substr(at, chunk));
      while (framer.next()) {
        ASSERT_EQ(framer.place(),
                  "record " + std::to_string(record + 1) + " (byte " + std::to_string(places[record]) + ")");
        ++record;
      }
    }
    EXPECT_EQ(record, places.size());
  }
}

TEST(JsonFramer, MemoryDoesNotGrowWithTheArray) {
  JsonFramer framer;
  put(framer, "[");
  const std::string object = "{\"x\":\"" + std::string(990, 'y') + "\"},";
  std::size_t most = 0;
  for (int i = 0; i < 3'000; ++i) {
    const std::span<char> room = framer.room(object.size());
    most = std::max(most, room.size());
    std::memcpy(room.data(), object.data(), object.size());
    framer.commit(object.size());
    ASSERT_TRUE(framer.next());
  }
  EXPECT_LT(most, 10 * object.size());
}

TEST(JsonFramer, TheLastRecordsPlaceStaysWhileTheNextIsComing) {
  JsonFramer framer;
  put(framer, "[{},{\"x\":");
  ASSERT_TRUE(framer.next());
  EXPECT_EQ(framer.next(), std::nullopt);
  EXPECT_EQ(framer.place(), "record 1 (byte 1)");
}

/// What is said of a second object of more bytes than there may be.
std::string refusal_of_a_long_object(std::string_view end) {
  JsonFramer framer;
  put(framer, "[{},{\"x\":\"");
  EXPECT_TRUE(framer.next());
  put_zeros(framer, max_record_bytes);
  put(framer, end);
  return message_of<InputError>([&] { (void)framer.next(); });
}

TEST(JsonFramer, RefusesATooLongObjectBeforeItsEndCame) {
  EXPECT_EQ(refusal_of_a_long_object(""), "a record is longer than 64 MiB (after record 1 (byte 1))");
}

TEST(JsonFramer, RefusesATooLongObjectThatCameTogetherWithItsEnd) {
  EXPECT_EQ(refusal_of_a_long_object("\"}]"), "a record is longer than 64 MiB (after record 1 (byte 1))");
}

/// Records, and what is said of damage between them, for all chunk sizes alike; as who goes on behind it.
template <class Kind>
Records cut_going_on(const std::string& text) {
  Records first;
  for (const std::size_t chunk : chunk_sizes) {
    Kind framer;
    Records records;
    const auto go_on = [&] {
      while (!framer.at_end()) {
        try {
          drain(framer, records);
          break;
        } catch (const InputError& error) {
          records.push_back(std::string("! ") + error.what());
        }
      }
    };
    for (std::size_t at = 0; at < text.size(); at += std::min(chunk, text.size())) {
      put(framer, std::string_view(text).substr(at, chunk));
      go_on();
    }
    framer.close();
    go_on();
    if (chunk == chunk_sizes[0]) first = records;
    EXPECT_EQ(records, first) << "chunks of " << chunk;
  }
  return first;
}

TEST(JsonFramer, GoesOnAtTheNextRecordBehindWhatIsNoJson) {
  EXPECT_EQ(cut_going_on<JsonFramer>("[{\"_index\":1},\n oops {\"x\":2},\n  { \n\"_index\":3},{\"y\":4}]"),
            (Records{"{\"_index\":1}", "! not JSON at byte 16 (after record 1)", "{ \n\"_index\":3}",
                     "{\"y\":4}"}));
}

TEST(JsonFramer, GoesOnAtARecordWithinOneThatHasNoEnd) {
  EXPECT_EQ(cut_going_on<JsonFramer>("[{\"_index\":1,\"a\":{\"b\":[,\n{\"_index\":2}]"),
            (Records{"! record 1 has no end", "{\"_index\":2}"}));
}

TEST(JsonFramer, AMemberMayLookLikeARecord) {
  expect_cut<JsonFramer>("[{\"index\":{\"_index\":1}},{\"a\":{\"b\": \n{\"timestamp\":1}}}]",
                         {"{\"index\":{\"_index\":1}}", "{\"a\":{\"b\": \n{\"timestamp\":1}}}"});
}

TEST(JsonFramer, GoesOnAtABulkLineOfAnArray) {
  EXPECT_EQ(
      cut_going_on<JsonFramer>("[{\"timestamp\":1,\"a\":[,{\"index\":{\"_index\":2}},{\"timestamp\":3}]"),
      (Records{"! record 1 has no end", "{\"index\":{\"_index\":2}}", "{\"timestamp\":3}"}));
}

TEST(JsonFramer, GoesOnAtADocumentInTheFirstColumn) {
  EXPECT_EQ(cut_going_on<JsonFramer>("{\n  \"a\": {\n    \"b\": [\n{\n  \"c\": {\n  }\n}\n{}\n"),
            (Records{"! record 1 has no end", "{\n  \"c\": {\n  }\n}", "{}"}));
  EXPECT_EQ(cut_going_on<JsonFramer>("{\n  \"a\": 1\n}}\n{\n}\n"),
            (Records{"{\n  \"a\": 1\n}", "}", "{\n}"}));
  EXPECT_EQ(cut_going_on<JsonFramer>("{\n}\n{\n  \"a\""),
            (Records{"{\n}", "! cut short in the middle of record 2"}));
}

TEST(JsonFramer, CountsLines) {
  JsonFramer framer;
  put(framer, "\n{}\n\n[\n{\n}]\n{\n\n}\ntext\n");
  const auto place = [&] { return framer.next() ? framer.place() : ""; };
  EXPECT_EQ(place(), "line 2");
  EXPECT_EQ(place(), "record 2 (byte 7)");
  EXPECT_EQ(place(), "record 3 (byte 12)");
  EXPECT_EQ(place(), "line 10");
}

TEST(JsonFramer, RefusesALongerLine) {
  JsonFramer framer;
  put(framer, "{}\n{\"x\":\"");
  ASSERT_TRUE(framer.next());
  put_zeros(framer, max_record_bytes);
  EXPECT_EQ(message_of<InputError>([&] { (void)framer.next(); }),
            "a record is longer than 64 MiB (after line 1)");
  put(framer, "\"}\n{}\n");
  ASSERT_TRUE(framer.next());
  EXPECT_EQ(framer.place(), "line 3");
}

TEST(JsonFramer, NothingThatLooksLikeARecordIsOneWithinAString) {
  EXPECT_EQ(cut_going_on<JsonFramer>("[{\"_index\":\"{\\\"_index\\\":1}\"}]"),
            (Records{"{\"_index\":\"{\\\"_index\\\":1}\"}"}));
}

TEST(JsonFramer, LooksForTheNameOfARecordCloseBehindItsBrace) {
  const std::string blanks(17, ' ');
  EXPECT_EQ(cut_going_on<JsonFramer>("[oops{" + blanks + "\"_index\":1},{\"_inde\":2},{" + blanks.substr(1) +
                                     "\"_index\":3}]"),
            (Records{"! not JSON at byte 1 (after record 0)", "{" + blanks.substr(1) + "\"_index\":3}"}));
}

TEST(JsonFramer, MayEndWithoutAnotherRecord) {
  EXPECT_EQ(cut_going_on<JsonFramer>("[oops {\"_ind"), (Records{"! not JSON at byte 1 (after record 0)"}));
  EXPECT_EQ(cut_going_on<JsonFramer>("[oops {\"_index\":"),
            (Records{"! not JSON at byte 1 (after record 0)", "! cut short in the middle of record 1"}));
}

TEST(JsonFramer, GoesOnBehindATooLongObject) {
  JsonFramer framer;
  put(framer, "[{\"x\":\"");
  put_zeros(framer, max_record_bytes);
  EXPECT_NE(message_of<InputError>([&] { (void)framer.next(); }), "");
  put(framer, "000\"},{\"_index\":2}]");
  Records records;
  drain(framer, records);
  EXPECT_EQ(records, (Records{"{\"_index\":2}"}));
}

}  // namespace
}  // namespace flowmeter
