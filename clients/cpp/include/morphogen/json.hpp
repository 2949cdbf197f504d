// JSON documents that come as parts: descriptions of worlds, chunks, levels and poses.
//
// Reading is bounded: nesting beyond `depth_max` and whatever is no JSON give nothing, never a crash.
#pragma once

#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <locale>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "morphogen/wire.hpp"

namespace morphogen::json {

inline constexpr int depth_max = 64;

/// A value of a document. What is asked of a value of another type is empty or the fallback, so that a path through a
/// document needs one check at its end.
class Value {
 public:
  using Array = std::vector<Value>;
  using Object = std::vector<std::pair<std::string, Value>>;

  Value() = default;
  template <class Held>
  explicit Value(Held held) : held_(std::move(held)) {}

  bool is_null() const { return std::holds_alternative<std::monostate>(held_); }
  bool is_boolean() const { return std::holds_alternative<bool>(held_); }
  bool is_text() const { return std::holds_alternative<std::string>(held_); }
  bool is_array() const { return std::holds_alternative<Array>(held_); }
  bool boolean(bool fallback = false) const { return held_as<bool>(fallback); }
  double number(double fallback = std::nan("")) const { return held_as<double>(fallback); }
  const std::string& text() const { return held_as_reference<std::string>(); }
  const Array& array() const { return held_as_reference<Array>(); }
  const Object& object() const { return held_as_reference<Object>(); }

  /// The member of that name; null if there is none.
  const Value& operator[](std::string_view name) const {
    for (const auto& [key, value] : object()) {
      if (key == name) {
        return value;
      }
    }
    static const Value null;
    return null;
  }

 private:
  template <class Held>
  Held held_as(Held fallback) const {
    const Held* held = std::get_if<Held>(&held_);
    return held != nullptr ? *held : fallback;
  }

  template <class Held>
  const Held& held_as_reference() const {
    static const Held empty;
    const Held* held = std::get_if<Held>(&held_);
    return held != nullptr ? *held : empty;
  }

  std::variant<std::monostate, bool, double, std::string, Array, Object> held_;
};

/// Reads one document.
class Parser {
 public:
  explicit Parser(std::string_view text) : at_(text.data()), end_(text.data() + text.size()) {}

  std::optional<Value> document() {
    std::optional<Value> value = any(0);
    blank();
    return value && at_ == end_ ? value : std::nullopt;
  }

 private:
  void blank() {
    while (at_ != end_ && (*at_ == ' ' || *at_ == '\n' || *at_ == '\t' || *at_ == '\r')) {
      ++at_;
    }
  }

  bool take(char wanted) {
    blank();
    const bool found = at_ != end_ && *at_ == wanted;
    at_ += found ? 1 : 0;
    return found;
  }

  bool take_word(std::string_view word) {
    const bool found = std::string_view(at_, static_cast<std::size_t>(end_ - at_)).substr(0, word.size()) == word;
    at_ += found ? word.size() : 0;
    return found;
  }

  std::optional<Value> any(int depth) {
    blank();
    if (at_ == end_ || depth > depth_max) {
      return std::nullopt;
    }
    switch (*at_) {
      case '{': return object(depth);
      case '[': return array(depth);
      case '"': {
        auto text = string();
        return text ? std::optional<Value>(Value(std::move(*text))) : std::nullopt;
      }
      case 't': return take_word("true") ? std::optional<Value>(Value(true)) : std::nullopt;
      case 'f': return take_word("false") ? std::optional<Value>(Value(false)) : std::nullopt;
      case 'n': return take_word("null") ? std::optional<Value>(Value()) : std::nullopt;
      default: return number();
    }
  }

  std::optional<Value> object(int depth) {
    Value::Object members;
    if (take('{') && take('}')) {
      return Value(std::move(members));
    }
    do {
      blank();
      auto name = string();
      if (!name || !take(':')) {
        return std::nullopt;
      }
      auto value = any(depth + 1);
      if (!value) {
        return std::nullopt;
      }
      members.emplace_back(std::move(*name), std::move(*value));
    } while (take(','));
    return take('}') ? std::optional<Value>(Value(std::move(members))) : std::nullopt;
  }

  std::optional<Value> array(int depth) {
    Value::Array values;
    if (take('[') && take(']')) {
      return Value(std::move(values));
    }
    do {
      auto value = any(depth + 1);
      if (!value) {
        return std::nullopt;
      }
      values.push_back(std::move(*value));
    } while (take(','));
    return take(']') ? std::optional<Value>(Value(std::move(values))) : std::nullopt;
  }

  /// Without the C library, whose decimal point depends on what the host program has set as its locale.
  std::optional<Value> number() {
    const char* const begin = at_;
    const bool negative = take_word("-");
    std::uint64_t digits = 0;
    int digit_count = 0;
    int exponent = 0;
    const auto take_digits = [&](int exponent_each) {
      const char* const first = at_;
      for (; at_ != end_ && *at_ >= '0' && *at_ <= '9'; ++at_) {
        digits = digits * 10 + static_cast<std::uint64_t>(*at_ - '0');
        digit_count += digits > 0 ? 1 : 0;
        exponent += exponent_each;
      }
      return at_ != first;
    };
    if (!take_digits(0) || (take_word(".") && !take_digits(-1))) {
      return std::nullopt;
    }
    if (take_word("e") || take_word("E")) {
      const bool smaller = take_word("-");
      smaller || take_word("+");
      const std::uint64_t mantissa = std::exchange(digits, 0);
      const int count = std::exchange(digit_count, 0);
      if (!take_digits(0) || digit_count > 4) {
        return std::nullopt;
      }
      exponent += static_cast<int>(digits) * (smaller ? -1 : 1);
      digits = mantissa;
      digit_count = count;
    }
    constexpr int exact_digits = 15;  // and powers of ten that are exact: then one rounding is all there is
    constexpr int exact_exponent = 22;
    if (digit_count > exact_digits || std::abs(exponent) > exact_exponent) {
      std::istringstream text(std::string(begin, at_));
      text.imbue(std::locale::classic());
      double value = 0;
      text >> value;
      return Value(value);
    }
    double power = 1;
    for (int step = std::abs(exponent); step > 0; --step) {
      power *= 10;
    }
    const double value = exponent < 0 ? static_cast<double>(digits) / power : static_cast<double>(digits) * power;
    return Value(negative ? -value : value);
  }

  std::optional<std::string> string() {
    std::string text;
    if (at_ == end_ || *at_ != '"') {
      return std::nullopt;
    }
    ++at_;
    while (at_ != end_ && *at_ != '"') {
      const char letter = *at_++;
      if (letter != '\\') {
        text += letter;
      } else if (!escaped(text)) {
        return std::nullopt;
      }
    }
    if (at_ == end_) {
      return std::nullopt;
    }
    ++at_;
    return text;
  }

  bool escaped(std::string& text) {
    if (at_ == end_) {
      return false;
    }
    const char letter = *at_++;
    constexpr std::string_view names = "\"\\/bfnrt";
    constexpr std::string_view meanings = "\"\\/\b\f\n\r\t";
    if (const auto place = names.find(letter); place != std::string_view::npos) {
      text += meanings[place];
      return true;
    }
    std::uint32_t point = 0;
    std::uint32_t low = 0;
    if (letter != 'u' || !unit(point)) {
      return false;
    }
    if (point >= 0xd800 && point < 0xdc00 && take_word("\\u")) {
      if (!unit(low)) {
        return false;
      }
      point = low >= 0xdc00 && low < 0xe000 ? 0x10000 + ((point - 0xd800) << 10) + (low - 0xdc00) : 0xfffd;
    }
    put(text, point >= 0xd800 && point < 0xe000 ? 0xfffd : point);
    return true;
  }

  bool unit(std::uint32_t& value) {
    for (int count = 0; count < 4; ++count, ++at_) {
      const char digit = at_ != end_ ? *at_ : '.';
      const char lower = static_cast<char>(digit | 32);
      if (digit >= '0' && digit <= '9') {
        value = value * 16 + static_cast<std::uint32_t>(digit - '0');
      } else if (lower >= 'a' && lower <= 'f') {
        value = value * 16 + static_cast<std::uint32_t>(lower - 'a' + 10);
      } else {
        return false;
      }
    }
    return true;
  }

  static void put(std::string& text, std::uint32_t point) {
    if (point < 0x80) {
      text += static_cast<char>(point);
      return;
    }
    const int more = point < 0x800 ? 1 : point < 0x10000 ? 2 : 3;
    static constexpr std::uint32_t first[] = {0, 0xc0, 0xe0, 0xf0};
    text += static_cast<char>(first[more] | (point >> (6 * more)));
    for (int shift = 6 * (more - 1); shift >= 0; shift -= 6) {
      text += static_cast<char>(0x80 | ((point >> shift) & 0x3f));
    }
  }

  const char* at_;
  const char* end_;
};

/// The document; nothing if it is none.
inline std::optional<Value> parsed(std::string_view text) { return Parser(text).document(); }

inline std::optional<Value> parsed(const Bytes& bytes) {
  return bytes.empty() ? std::nullopt : parsed({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

}  // namespace morphogen::json
