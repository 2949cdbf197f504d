// Copied from clients/cpp by copy_core.py. Do not edit.
// Protobuf's wire format: the only file that knows tags, varints and lengths. The messages in proto/ say their fields
// with it.
//
// Decoding trusts nothing: it never reads beyond its buffer, never nests deeper than `depth_max`, and allocates in
// proportion to what it was given. Unknown fields are skipped and not kept. Strings are taken as they are: nothing
// checks that they are UTF-8.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <map>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace morphogen {

/// Bytes of a file, a message or a checksum.
using Bytes = std::vector<std::uint8_t>;

namespace wire {

/// Messages and groups within each other.
inline constexpr int depth_max = 100;

/// How a value lies on the wire; what follows a field's number in its tag.
enum class Type : unsigned { varint = 0, eight_bytes = 1, length = 2, group = 3, group_end = 4, four_bytes = 5 };

/// Puts fields at the end of bytes.
class Writer {
 public:
  explicit Writer(Bytes& out) : out_(out) {}

  void varint(std::uint64_t value) {
    while (value > 127) {
      out_.push_back(static_cast<std::uint8_t>((value & 127) | 128));
      value >>= 7;
    }
    out_.push_back(static_cast<std::uint8_t>(value));
  }

  void little_endian(std::uint64_t bits, int size_bytes) {
    for (int index = 0; index < size_bytes; ++index) {
      out_.push_back(static_cast<std::uint8_t>(bits >> (8 * index)));
    }
  }

  void bytes(const void* data, std::size_t size_bytes) {
    varint(size_bytes);
    if (size_bytes > 0) {
      const auto* from = static_cast<const std::uint8_t*>(data);
      out_.insert(out_.end(), from, from + size_bytes);
    }
  }

  void tag(std::uint32_t number, Type type) { varint((std::uint64_t{number} << 3) | static_cast<unsigned>(type)); }

  /// A field that is left out where it has its default.
  template <class Kind>
  void value(std::uint32_t number, const typename Kind::Value& value) {
    if (!Kind::is_default(value)) {
      field<Kind>(number, value);
    }
  }

  /// A field that is left out where it is absent.
  template <class Kind>
  void optional(std::uint32_t number, const std::optional<typename Kind::Value>& value) {
    if (value) {
      field<Kind>(number, *value);
    }
  }

  /// Each value for itself.
  template <class Kind>
  void repeated(std::uint32_t number, const std::vector<typename Kind::Value>& values) {
    for (const auto& value : values) {
      field<Kind>(number, value);
    }
  }

  /// All values as one.
  template <class Kind>
  void packed(std::uint32_t number, const std::vector<typename Kind::Value>& values) {
    if (!values.empty()) {
      tag(number, Type::length);
      with_length([&] {
        for (const auto& value : values) {
          Kind::write(*this, value);
        }
      });
    }
  }

  template <class Key, class Mapped>
  void map(std::uint32_t number, const std::map<typename Key::Value, typename Mapped::Value>& values) {
    for (const auto& [key, mapped] : values) {
      tag(number, Type::length);
      with_length([this, &key = key, &mapped = mapped] {
        field<Key>(1, key);
        field<Mapped>(2, mapped);
      });
    }
  }

  /// A oneof's field, if it is the one.
  template <class Kind, class... Choices>
  void member(std::uint32_t number, const std::variant<Choices...>& oneof) {
    if (const auto* value = std::get_if<typename Kind::Value>(&oneof)) {
      field<Kind>(number, *value);
    }
  }

  /// What `write` writes, behind its length.
  template <class Write>
  void with_length(const Write& write) {
    const std::size_t begin = out_.size();
    write();
    Bytes length;
    Writer(length).varint(out_.size() - begin);
    out_.insert(out_.begin() + static_cast<std::ptrdiff_t>(begin), length.begin(), length.end());
  }

 private:
  template <class Kind>
  void field(std::uint32_t number, const typename Kind::Value& value) {
    tag(number, Kind::type);
    Kind::write(*this, value);
  }

  Bytes& out_;
};

/// Takes fields from bytes that somebody else owns. After a failure it is at its end, and `ok` says so.
class Reader {
 public:
  Reader(const std::uint8_t* data, std::size_t size_bytes, int depth = 0)
      : at_(data), end_(data + size_bytes), depth_(depth) {}

  bool ok() const { return ok_; }
  bool at_end() const { return at_ == end_; }

  /// Go to the next field; false at the end.
  bool next() {
    if (at_end()) {
      return false;
    }
    const std::uint64_t tag = varint();
    number_ = static_cast<std::uint32_t>(tag >> 3);
    type_ = static_cast<Type>(tag & 7);
    if (tag > UINT32_MAX || number_ == 0 || depth_ > depth_max) {
      fail();
    }
    return ok_;
  }

  /// The number of the field that `next` went to.
  std::uint32_t number() const { return number_; }

  std::uint64_t varint() {
    std::uint64_t value = 0;
    for (int shift = 0; at_ != end_ && shift < 64; shift += 7) {
      const std::uint8_t byte = *at_++;
      value |= std::uint64_t{byte & 127u} << shift;
      if (byte < 128) {
        return value;
      }
    }
    fail();
    return 0;
  }

  std::uint64_t little_endian(std::size_t size_bytes) {
    const std::uint8_t* from = take(size_bytes);
    std::uint64_t bits = 0;
    for (std::size_t index = 0; from != nullptr && index < size_bytes; ++index) {
      bits |= std::uint64_t{from[index]} << (8 * index);
    }
    return bits;
  }

  /// What a length stands before.
  Reader inner() {
    const std::uint64_t size_bytes = varint();
    const std::uint8_t* from = take(size_bytes);
    return {from, from == nullptr ? 0 : static_cast<std::size_t>(size_bytes), depth_ + 1};
  }

  const std::uint8_t* data() const { return at_; }
  std::size_t size_bytes() const { return static_cast<std::size_t>(end_ - at_); }

  template <class Kind>
  void value(typename Kind::Value& to) {
    if (type_ != Kind::type) {
      skip();
    } else {
      Kind::read(*this, to);
    }
  }

  template <class Kind>
  void optional(std::optional<typename Kind::Value>& to) {
    if (type_ != Kind::type) {
      skip();
    } else {
      Kind::read(*this, to ? *to : to.emplace());
    }
  }

  /// One more value, or several of them packed.
  template <class Kind>
  void repeated(std::vector<typename Kind::Value>& to) {
    if (type_ == Kind::type) {
      add<Kind>(*this, to);
    } else if (type_ == Type::length) {
      Reader values = inner();
      while (!values.at_end()) {
        add<Kind>(values, to);
      }
      follow(values);
    } else {
      skip();
    }
  }

  template <class Key, class Mapped>
  void map(std::map<typename Key::Value, typename Mapped::Value>& to) {
    if (type_ != Type::length) {
      skip();
      return;
    }
    typename Key::Value key{};
    typename Mapped::Value mapped{};
    Reader entry = inner();
    while (entry.next()) {
      switch (entry.number()) {
        case 1: entry.value<Key>(key); break;
        case 2: entry.value<Mapped>(mapped); break;
        default: entry.skip();
      }
    }
    follow(entry);
    if (ok_) {
      to.insert_or_assign(std::move(key), std::move(mapped));
    }
  }

  template <class Kind, class... Choices>
  void member(std::variant<Choices...>& oneof) {
    using Value = typename Kind::Value;
    if (type_ != Kind::type) {
      skip();
    } else {
      auto* same = std::get_if<Value>(&oneof);
      Kind::read(*this, same != nullptr ? *same : oneof.template emplace<Value>());
    }
  }

  /// Pass over the field that `next` went to.
  void skip() {
    switch (type_) {
      case Type::varint: varint(); break;
      case Type::eight_bytes: take(8); break;
      case Type::length: take(varint()); break;
      case Type::four_bytes: take(4); break;
      case Type::group: skip_group(); break;
      default: fail();
    }
  }

  void fail() {
    ok_ = false;
    at_ = end_;
  }

  /// As good as what was inside.
  void follow(const Reader& inside) {
    if (!inside.ok_) {
      fail();
    }
  }

 private:
  template <class Kind>
  static void add(Reader& from, std::vector<typename Kind::Value>& to) {
    typename Kind::Value value{};
    Kind::read(from, value);
    if (from.ok_) {
      to.push_back(std::move(value));
    }
  }

  const std::uint8_t* take(std::uint64_t size_bytes) {
    if (!ok_ || size_bytes > static_cast<std::uint64_t>(end_ - at_)) {
      fail();
      return nullptr;
    }
    const std::uint8_t* from = at_;
    at_ += size_bytes;
    return from;
  }

  void skip_group() {
    const std::uint32_t group = number_;
    ++depth_;
    while (next()) {
      if (type_ == Type::group_end) {
        --depth_;
        if (number_ != group) {
          fail();
        }
        return;
      }
      skip();
    }
    fail();
  }

  const std::uint8_t* at_;
  const std::uint8_t* end_;
  int depth_;
  bool ok_ = true;
  std::uint32_t number_ = 0;
  Type type_ = Type::varint;
};

// The kinds of fields: which C++ type each has, and how it is written and read.

template <class Number>
struct Varint {
  using Value = Number;
  static constexpr Type type = Type::varint;
  static bool is_default(Value value) { return value == Value{}; }
  static void write(Writer& writer, Value value) {
    if constexpr (std::is_signed_v<Value>) {
      writer.varint(static_cast<std::uint64_t>(std::int64_t{value}));
    } else {
      writer.varint(value);
    }
  }
  static void read(Reader& reader, Value& to) { to = static_cast<Value>(reader.varint()); }
};
using Int32 = Varint<std::int32_t>;
using Int64 = Varint<std::int64_t>;
using Uint32 = Varint<std::uint32_t>;
using Uint64 = Varint<std::uint64_t>;

struct Bool {
  using Value = bool;
  static constexpr Type type = Type::varint;
  static bool is_default(Value value) { return !value; }
  static void write(Writer& writer, Value value) { writer.varint(value ? 1 : 0); }
  static void read(Reader& reader, Value& to) { to = reader.varint() != 0; }
};

/// Numbers that no name stands for are kept.
template <class Enumeration>
struct Enum {
  using Value = Enumeration;
  static constexpr Type type = Type::varint;
  static bool is_default(Value value) { return value == Value{}; }
  static void write(Writer& writer, Value value) { Int32::write(writer, static_cast<std::int32_t>(value)); }
  static void read(Reader& reader, Value& to) {
    std::int32_t number = 0;
    Int32::read(reader, number);
    to = static_cast<Value>(number);
  }
};

template <class Number>
struct Zigzag {
  using Value = Number;
  using Bits = std::make_unsigned_t<Number>;
  static constexpr Type type = Type::varint;
  static bool is_default(Value value) { return value == 0; }
  static void write(Writer& writer, Value value) {
    const auto bits = static_cast<Bits>(value);
    writer.varint(static_cast<Bits>(value < 0 ? ~(bits << 1) : bits << 1));
  }
  static void read(Reader& reader, Value& to) {
    const auto bits = static_cast<Bits>(reader.varint());
    to = static_cast<Value>((bits >> 1) ^ (~(bits & 1) + 1));
  }
};
using Sint32 = Zigzag<std::int32_t>;
using Sint64 = Zigzag<std::int64_t>;

/// Four or eight bytes as they are, little endian.
template <class Number>
struct Fixed {
  using Value = Number;
  using Bits = std::conditional_t<sizeof(Number) == 4, std::uint32_t, std::uint64_t>;
  static constexpr Type type = sizeof(Number) == 4 ? Type::four_bytes : Type::eight_bytes;
  static Bits bits_of(Value value) {
    Bits bits;
    std::memcpy(&bits, &value, sizeof bits);
    return bits;
  }
  static bool is_default(Value value) { return bits_of(value) == 0; }  // -0.0 is no default
  static void write(Writer& writer, Value value) { writer.little_endian(bits_of(value), sizeof(Value)); }
  static void read(Reader& reader, Value& to) {
    const auto bits = static_cast<Bits>(reader.little_endian(sizeof(Value)));
    std::memcpy(&to, &bits, sizeof to);
  }
};
using Fixed32 = Fixed<std::uint32_t>;
using Fixed64 = Fixed<std::uint64_t>;
using Sfixed32 = Fixed<std::int32_t>;
using Sfixed64 = Fixed<std::int64_t>;
using Float = Fixed<float>;
using Double = Fixed<double>;

template <class Container>
struct Characters {
  using Value = Container;
  static constexpr Type type = Type::length;
  static bool is_default(const Value& value) { return value.empty(); }
  static void write(Writer& writer, const Value& value) { writer.bytes(value.data(), value.size()); }
  static void read(Reader& reader, Value& to) {
    const Reader inside = reader.inner();
    to.assign(inside.data(), inside.data() + inside.size_bytes());
  }
};
using String = Characters<std::string>;
using Blob = Characters<Bytes>;

/// A message in a message; one that comes again adds to what was there.
template <class Inside>
struct Message {
  using Value = Inside;
  static constexpr Type type = Type::length;
  static void write(Writer& writer, const Value& value) {
    writer.with_length([&] { value.encode(writer); });
  }
  static void read(Reader& reader, Value& to) {
    Reader inside = reader.inner();
    to.decode(inside);
    reader.follow(inside);
  }
};

}  // namespace wire

/// A message as bytes.
template <class Message>
Bytes encoded(const Message& message) {
  Bytes out;
  wire::Writer writer(out);
  message.encode(writer);
  return out;
}

/// The message that bytes are; nothing if they are none.
template <class Message>
std::optional<Message> decoded(const Bytes& bytes) {
  Message message;
  wire::Reader reader(bytes.data(), bytes.size());
  message.decode(reader);
  return reader.ok() ? std::optional<Message>(std::move(message)) : std::nullopt;
}

}  // namespace morphogen
