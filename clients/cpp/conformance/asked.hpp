// What a case asks for, as the SDK takes it. Only here is protobuf's own code used: for the JSON form of requests.
#pragma once

#include <google/protobuf/descriptor.pb.h>
#include <google/protobuf/dynamic_message.h>
#include <google/protobuf/util/json_util.h>

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <string>

#include "morphogen/client.hpp"
#include "morphogen/json.hpp"

namespace conformance {

/// Text in JSON's quotation marks.
inline std::string json_text(const std::string& text) {
  std::string shown = "\"";
  for (const char letter : text) {
    char escaped[8];
    if (static_cast<unsigned char>(letter) < 32 || letter == '"' || letter == '\\') {
      std::snprintf(escaped, sizeof escaped, "\\u%04x", static_cast<unsigned char>(letter));
      shown += escaped;
    } else {
      shown += letter;
    }
  }
  return shown + '"';
}

/// A value as JSON.
inline std::string json_of(const morphogen::json::Value& value) {
  std::string text;
  if (!value.object().empty()) {
    for (const auto& [name, member] : value.object()) {
      text += (text.empty() ? "{" : ",") + json_text(name) + ":" + json_of(member);
    }
    return text + "}";
  }
  if (!value.array().empty()) {
    for (const auto& each : value.array()) {
      text += (text.empty() ? "[" : ",") + json_of(each);
    }
    return text + "]";
  }
  if (const double number = value.number(); !std::isnan(number)) {
    char digits[32];
    std::snprintf(digits, sizeof digits, "%.17g", number);
    return digits;
  }
  if (value.is_boolean()) {
    return value.boolean() ? "true" : "false";
  }
  return value.is_null() ? "null" : value.is_text() ? json_text(value.text()) : value.is_array() ? "[]" : "{}";
}

/// Every message of the protos, as the descriptors beside this program say.
inline const google::protobuf::DescriptorPool& descriptors() {
  static const auto pool = [] {
    auto made = std::make_unique<google::protobuf::DescriptorPool>();
    std::ifstream file(MORPHOGEN_DESCRIPTORS, std::ios::binary);
    google::protobuf::FileDescriptorSet set;
    if (!set.ParseFromIstream(&file)) {
      std::fprintf(stderr, "driver: %s cannot be read\n", MORPHOGEN_DESCRIPTORS);
      std::exit(2);
    }
    for (const auto& each : set.file()) {
      made->BuildFile(each);
    }
    return made;
  }();
  return *pool;
}

/// The message of that type that a value says.
template <class Message>
Message message(const std::string& type, const morphogen::json::Value& value) {
  google::protobuf::DynamicMessageFactory factory;
  const auto* descriptor = descriptors().FindMessageTypeByName("morphogen.v1." + type);
  std::unique_ptr<google::protobuf::Message> parsed(factory.GetPrototype(descriptor)->New());
  const std::string text = value.object().empty() ? "{}" : json_of(value);
  const auto status = google::protobuf::util::JsonStringToMessage(text, parsed.get());
  if (!status.ok()) {
    std::fprintf(stderr, "driver: %s: %s\n", text.c_str(), status.ToString().c_str());
    std::exit(2);
  }
  const std::string bytes = parsed->SerializeAsString();
  return *morphogen::decoded<Message>(morphogen::Bytes(bytes.begin(), bytes.end()));
}

inline std::chrono::milliseconds milliseconds(const morphogen::json::Value& value) {
  return std::chrono::milliseconds(static_cast<std::int64_t>(value.number(0)));
}

inline morphogen::ClientOptions client_options(const morphogen::json::Value& asked) {
  morphogen::ClientOptions options;
  options.token = asked["token"].text();
  if (const auto& retry = asked["retry"]; !retry.is_null()) {
    options.retry.attempts = static_cast<int>(retry["attempts"].number());
    options.retry.first_delay = milliseconds(retry["firstDelayMs"]);
    options.retry.longest_delay = milliseconds(retry["longestDelayMs"]);
  }
  return options;
}

inline morphogen::CallOptions call_options(const morphogen::json::Value& asked) {
  morphogen::CallOptions options;
  if (!asked["timeoutMs"].is_null()) {
    options.timeout = milliseconds(asked["timeoutMs"]);
  }
  return options;
}

}  // namespace conformance
