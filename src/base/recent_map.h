#pragma once

#include <boost/multi_index/hashed_index.hpp>
#include <boost/multi_index/member.hpp>
#include <boost/multi_index/sequenced_index.hpp>
#include <boost/multi_index_container.hpp>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace flowmeter {

/// A map of bounded size: a new entry takes the place of the one that was not used for the longest time.
/// Boost's containers are heavy to compile: headers name the map by a class of their own.
template <class Key, class Value, class Hash>
class RecentMap {
 public:
  /// Of that many entries at most, one at least.
  explicit RecentMap(std::size_t capacity) : capacity_(capacity) {}

  /// The value of the key, or null. This is no use of it. Valid until another function is called.
  [[nodiscard]] const Value* find(const Key& key) const {
    const auto& by_key = entries_.template get<1>();
    const auto found = by_key.find(key);
    return found == by_key.end() ? nullptr : &found->value;
  }

  /// The value of the key, and whether it is new: then it is `value`. It is used now. Valid until another
  /// function is called.
  std::pair<Value&, bool> use(const Key& key, const Value& value) {
    const auto [place, is_new] = entries_.push_back({key, value});
    if (!is_new) {
      entries_.relocate(entries_.end(), place);
    } else if (entries_.size() > capacity_) {
      entries_.pop_front();
      ++forgotten_;
    }
    return {place->value, is_new};
  }

  void clear() { entries_.clear(); }

  /// Entries that gave way to others.
  [[nodiscard]] std::uint64_t forgotten() const noexcept { return forgotten_; }

 private:
  struct Entry {
    Key key;
    mutable Value value;  // no index goes by it
  };

  const std::size_t capacity_;
  std::uint64_t forgotten_ = 0;
  /// In the order of their last use, and by key.
  boost::multi_index_container<
      Entry, boost::multi_index::indexed_by<boost::multi_index::sequenced<>,
                                            boost::multi_index::hashed_unique<
                                                boost::multi_index::member<Entry, Key, &Entry::key>, Hash>>>
      entries_;
};

}  // namespace flowmeter
