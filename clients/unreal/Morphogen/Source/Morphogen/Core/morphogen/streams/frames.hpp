// Copied from clients/cpp by copy_core.py. Do not edit.
// What arrives of a stream of frames: frame by frame, a pose, a picture, or both.
#pragma once

#include <array>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "morphogen/files.hpp"
#include "morphogen/json.hpp"
#include "morphogen/proto/character.hpp"
#include "morphogen/streams/assembly.hpp"

namespace morphogen {

inline constexpr std::size_t joint_count = 19;

/// How a character stands in one frame.
struct Pose {
  /// The pelvis: x, y, z in meters; right-handed, +Y is up, the ground is y = 0.
  std::array<float, 3> root_m{};
  /// x, y, z, w of each joint, relative to its parent; that of the pelvis to the world.
  std::array<std::array<float, 4>, joint_count> rotation{};
  /// How surely left ankle, left toe, right ankle, right toe stand on the ground, 0 to 1.
  std::array<float, 4> contact{};
};

inline constexpr std::size_t pose_bytes = sizeof(float) * (3 + 4 * joint_count + 4);

/// One frame.
struct Frame {
  /// From 0 at the character's beginning; live streams leave some out.
  std::uint32_t number = 0;
  /// Absent if only pictures were asked for.
  std::optional<Pose> pose;
  /// Of `data`; unspecified without a picture. Of MJPEG it is jpeg.
  FrameFormat format{};
  /// The picture as it was sent; of raw frames rows from the top, bytes R, G, B, A.
  Bytes data;
  /// Transparency of a video frame, as a second one of the same codec; empty if there is none.
  Bytes alpha;
  /// Whether decoding can start here.
  bool keyframe = true;
  /// Edge length of the picture.
  std::uint32_t size_px = 0;
  /// Controls of the client that it shows: those up to this number.
  std::uint32_t control_count = 0;
  /// Of the whole stream, the same in every frame: joints with parents and rest offsets, layout of poses, identity
  /// (JSON). nullptr in a stream that continues an earlier one.
  FilePtr description;
  /// Size of all of it on the wire.
  std::size_t part_bytes = 0;
};

/// A media type and its parameters.
struct FrameType {
  bool pose_only = false;
  FrameFormat format{};
  std::size_t alpha_bytes = 0;
  std::size_t pose_bytes = 0;
  bool keyframe = true;
};

/// What a media type says; nothing if it is no frame's.
inline std::optional<FrameType> frame_type_of(std::string_view text) {
  constexpr std::pair<std::string_view, FrameFormat> formats[] = {{"application/x-rgba8", FrameFormat::raw},
                                                                  {"image/png", FrameFormat::png},
                                                                  {"image/webp", FrameFormat::webp},
                                                                  {"image/jpeg", FrameFormat::jpeg},
                                                                  {"video/h264", FrameFormat::h264},
                                                                  {"video/vp9", FrameFormat::vp9},
                                                                  {"video/av1", FrameFormat::av1}};
  FrameType type;
  const std::string_view kind = text.substr(0, text.find(';'));
  type.pose_only = kind == "application/x-morphogen-pose";
  type.pose_bytes = type.pose_only ? pose_bytes : 0;
  for (const auto& [name, format] : formats) {
    type.format = kind == name ? format : type.format;
  }
  if (!type.pose_only && type.format == FrameFormat::unspecified) {
    return std::nullopt;
  }
  for (text.remove_prefix(kind.size()); !text.empty();) {
    text.remove_prefix(1);
    const std::string item(text.substr(0, text.find(';')));
    text.remove_prefix(item.size());
    const std::size_t equals = item.find('=');
    char* stop = nullptr;
    const unsigned long value = equals == std::string::npos ? 0 : std::strtoul(item.c_str() + equals + 1, &stop, 10);
    if (stop == nullptr || *stop != '\0' || stop == item.c_str() + equals + 1) {
      return std::nullopt;
    }
    const std::string_view name = std::string_view(item).substr(0, equals);
    type.alpha_bytes = name == "alpha_bytes" ? value : type.alpha_bytes;
    type.pose_bytes = name == "pose_bytes" ? value : type.pose_bytes;
    type.keyframe = name == "keyframe" ? value != 0 : type.keyframe;
  }
  return type;
}

/// The pose in 332 bytes.
inline Pose pose_of(const std::uint8_t* data) {
  wire::Reader reader(data, pose_bytes);
  const auto number = [&reader] {
    float value = 0;
    wire::Float::read(reader, value);
    return value;
  };
  Pose pose;
  for (float& each : pose.root_m) {
    each = number();
  }
  for (auto& joint : pose.rotation) {
    for (float& each : joint) {
      each = number();
    }
  }
  for (float& each : pose.contact) {
    each = number();
  }
  return pose;
}

/// The frame that a part is.
inline Result<Frame> frame_of(Part part, std::uint32_t number) {
  const auto type = frame_type_of(part.media_type);
  const std::size_t size_bytes = part.data.size();
  if (!type || (type->pose_bytes != 0 && type->pose_bytes != pose_bytes) || type->pose_bytes > size_bytes ||
      type->alpha_bytes > size_bytes - type->pose_bytes) {
    return broken("part " + std::to_string(part.sequence) + ": \"" + part.media_type.substr(0, 80) + "\" of " +
                  std::to_string(size_bytes) + " bytes is no frame");
  }
  Frame frame;
  frame.number = number;
  frame.format = type->format;
  frame.keyframe = type->keyframe;
  frame.size_px = part.lod_px;
  frame.control_count = part.control_count;
  frame.part_bytes = size_bytes;
  if (type->pose_bytes > 0) {
    frame.pose = pose_of(part.data.data() + size_bytes - pose_bytes);
  }
  part.data.resize(size_bytes - type->pose_bytes);
  const auto alpha = part.data.end() - static_cast<std::ptrdiff_t>(type->alpha_bytes);
  frame.alpha.assign(alpha, part.data.end());
  part.data.erase(alpha, part.data.end());
  frame.data = std::move(part.data);
  if (frame.format == FrameFormat::raw && frame.data.size() != std::size_t{4} * frame.size_px * frame.size_px) {
    return broken("part " + std::to_string(part.sequence) + " is no picture of " + std::to_string(frame.size_px) +
                  " px");
  }
  return frame;
}

}  // namespace morphogen
