#pragma once

#include <array>
#include <charconv>
#include <concepts>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "flow/small_counter.h"
#include "stats/distribution.h"

namespace flowmeter {

/// A class that lists what of it is to be written: `static constexpr auto members()` returns a tuple of
/// pointers to members, which is all that writing and reading need.
template <class T>
concept ListsMembers = requires {
  T::members();
};

/// Writes states as elements of a JSON array: numbers and strings, nothing nested. Every state is a
/// sequence of elements that a StateReader reads back in the same order.
///
/// A number that 64 bits do not hold is a string of hexadecimal digits behind 0x (or -0x). Bytes of text are
/// the code points U+0000 to U+00FF.
class StateWriter {
 public:
  /// Appends to `out`, which outlives the writer; each element with a comma before it.
  explicit StateWriter(std::string& out) : out_(out) {}

  template <class... T>
  void operator()(const T&... values) {
    (put(values), ...);
  }

 private:
  template <std::integral T>
  void put(T value) {
    char digits[24];
    digits[0] = ',';
    char* const end = std::to_chars(digits + 1, digits + sizeof digits, wide(value)).ptr;
    out_.append(digits, static_cast<std::size_t>(end - digits));
  }
  template <class T>
  requires std::is_enum_v<T>
  void put(T value) { put(static_cast<std::underlying_type_t<T>>(value)); }
  template <ListsMembers T>
  void put(const T& value) {
    std::apply([&](auto... member) { (put(value.*member), ...); }, T::members());
  }
  template <class T>
  void put(const std::optional<T>& value) {
    put(value.has_value());
    if (value) put(*value);
  }
  template <class T, std::size_t N>
  void put(const std::array<T, N>& values) {
    for (const T& value : values) put(value);
  }
  template <class T>
  void put(const std::vector<T>& values) {
    put(values.size());
    for (const T& value : values) put(value);
  }
  /// Most are zero.
  template <std::size_t N>
  void put(const std::array<SmallCounter, N>& counters) {
    static_assert(N <= 64);
    std::uint64_t used = 0;
    for (std::size_t i = 0; i < N; ++i) used |= std::uint64_t{counters[i].value() != 0} << i;
    put(used);
    for (const SmallCounter& counter : counters) {
      if (counter.value() != 0) put(counter.value());
    }
  }
  /// Of one sample, which alone tells all the sums, and of several.
  template <class Sample, std::size_t... L>
  void put(const Distribution<Sample, L...>& samples) {
    put(samples.count);
    if (samples.count != 0) put(samples.min);
    if (samples.count < 2) return;
    (*this)(samples.max, samples.sum1, samples.sum2, samples.sum3, samples.sum4);
  }
  template <std::size_t N>
  void put(const WideInt<N>& number) {
    put_words(number.limbs, number.negative());
  }
  template <class T>
  void put(const std::unique_ptr<T>& value) {
    put(value != nullptr);
    if (value) put(*value);
  }
  template <class A, class B>
  void put(const std::pair<A, B>& value) {
    (*this)(value.first, value.second);
  }
  /// Distinct texts with their counts, see FieldTexts.
  template <class T>
  requires requires(const T& texts) { texts.listed(); }
  void put(const T& texts) { put(texts.listed()); }
  /// What a header beside this one has functions for, such as state_decimal.h.
  template <class T>
  requires std::is_class_v<T> && requires(StateWriter& out, const T& value) { write_state(out, value); }
  void put(const T& value) { write_state(*this, value); }
  void put(const std::string& text);

  void put_words(std::span<const std::uint64_t> words, bool negative);

  template <class T>
  static auto wide(T value) {
    if constexpr (std::is_signed_v<T>) {
      return static_cast<std::int64_t>(value);
    } else {
      return static_cast<std::uint64_t>(value);
    }
  }

  std::string& out_;
};

/// Reads what a StateWriter has written. Throws InputError for elements that are none of it.
class StateReader {
 public:
  /// The elements of the array, strings without their quotation marks and escapes; they outlive the reader.
  explicit StateReader(std::span<const std::string_view> elements) : elements_(elements) {}

  template <class... T>
  void operator()(T&... values) {
    (get(values), ...);
  }

  /// Throws InputError if an element is left.
  void finish() const;

  /// The next element as it is.
  [[nodiscard]] std::string_view next();

  /// Throws InputError: what next() gave is not what is written there.
  [[noreturn]] static void refuse(std::string_view element);

 private:
  template <std::integral T>
  void get(T& value) {
    const std::string_view element = next();
    using Wide = std::conditional_t<std::is_signed_v<T>, std::int64_t, std::uint64_t>;
    Wide wide{};
    const auto [end, error] = std::from_chars(element.data(), element.data() + element.size(), wide);
    value = static_cast<T>(wide);
    if (error != std::errc{} || end != element.data() + element.size() || static_cast<Wide>(value) != wide) {
      refuse(element);
    }
  }
  template <class T>
  requires std::is_enum_v<T>
  void get(T& value) {
    std::underlying_type_t<T> number{};
    get(number);
    value = static_cast<T>(number);
  }
  template <ListsMembers T>
  void get(T& value) {
    std::apply([&](auto... member) { (get(value.*member), ...); }, T::members());
  }
  template <class T>
  void get(std::optional<T>& value) {
    bool there = false;
    get(there);
    if (there) get(value.emplace());
  }
  template <class T, std::size_t N>
  void get(std::array<T, N>& values) {
    for (T& value : values) get(value);
  }
  template <class T>
  void get(std::vector<T>& values) {
    std::size_t size = 0;
    get(size);
    if (size > elements_.size()) refuse("a list that is longer than its line");
    values.resize(size);
    for (T& value : values) get(value);
  }
  template <std::size_t N>
  void get(std::array<SmallCounter, N>& counters) {
    std::uint64_t used = 0;
    get(used);
    for (std::size_t i = 0; i < N; ++i) {
      if ((used >> i & 1U) == 0) continue;
      std::uint64_t count = 0;
      get(count);
      counters[i].set(count);
    }
  }
  template <class Sample, std::size_t... L>
  void get(Distribution<Sample, L...>& samples) {
    std::uint64_t count = 0;
    Sample least{};
    get(count);
    if (count != 0) get(least);
    if (count == 1) samples.add(least);
    if (count < 2) return;
    samples.count = count;
    samples.min = least;
    (*this)(samples.max, samples.sum1, samples.sum2, samples.sum3, samples.sum4);
  }
  template <std::size_t N>
  void get(WideInt<N>& number) {
    get_words(number.limbs);
  }
  template <class T>
  void get(std::unique_ptr<T>& value) {
    bool there = false;
    get(there);
    if (!there) return;
    value = std::make_unique<T>();
    get(*value);
  }
  template <class A, class B>
  void get(std::pair<A, B>& value) {
    (*this)(value.first, value.second);
  }
  template <class T>
  requires requires(const T& texts) { texts.listed(); }
  void get(T& texts) {
    typename T::Listed listed;
    get(listed);
    for (const auto& [text, count] : listed) texts.add(text, count);
  }
  template <class T>
  requires std::is_class_v<T> && requires(StateReader& in, T& value) { read_state(in, value); }
  void get(T& value) { read_state(*this, value); }
  void get(std::string& text);

  void get_words(std::span<std::uint64_t> words);

  std::span<const std::string_view> elements_;
  std::size_t next_ = 0;
};

}  // namespace flowmeter
