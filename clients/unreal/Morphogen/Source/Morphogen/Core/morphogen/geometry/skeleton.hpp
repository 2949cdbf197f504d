// Copied from clients/cpp by copy_core.py. Do not edit.
// From a stream's description and a pose to where every joint is.
//
// Meters, right-handed, +Y up; at heading 0 the character faces +Z.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "morphogen/json.hpp"
#include "morphogen/streams/frames.hpp"

namespace morphogen {

/// Where a joint is and how it is turned, within the character's space.
struct JointTransform {
  std::array<float, 3> position_m{};
  /// x, y, z, w.
  std::array<float, 4> rotation{0, 0, 0, 1};
};

using Quaternion = std::array<float, 4>;

inline Quaternion multiplied(const Quaternion& a, const Quaternion& b) {
  return {a[3] * b[0] + a[0] * b[3] + a[1] * b[2] - a[2] * b[1], a[3] * b[1] - a[0] * b[2] + a[1] * b[3] + a[2] * b[0],
          a[3] * b[2] + a[0] * b[1] - a[1] * b[0] + a[2] * b[3], a[3] * b[3] - a[0] * b[0] - a[1] * b[1] - a[2] * b[2]};
}

inline std::array<float, 3> rotated(const Quaternion& by, const std::array<float, 3>& vector) {
  const Quaternion turned =
      multiplied(multiplied(by, {vector[0], vector[1], vector[2], 0}), {-by[0], -by[1], -by[2], by[3]});
  return {turned[0], turned[1], turned[2]};
}

/// The joints of a character.
struct Skeleton {
  std::vector<std::string> names;
  /// -1 for the pelvis; every parent comes before its children.
  std::vector<int> parents;
  /// From the parent, at rest.
  std::vector<std::array<float, 3>> rest_offset_m;

  /// All joints in a pose.
  std::array<JointTransform, joint_count> transforms(const Pose& pose) const {
    std::array<JointTransform, joint_count> all;
    all[0] = {pose.root_m, pose.rotation[0]};
    for (std::size_t joint = 1; joint < joint_count; ++joint) {
      const JointTransform& parent = all[static_cast<std::size_t>(parents[joint])];
      const auto offset_m = rotated(parent.rotation, rest_offset_m[joint]);
      for (std::size_t axis = 0; axis < 3; ++axis) {
        all[joint].position_m[axis] = parent.position_m[axis] + offset_m[axis];
      }
      all[joint].rotation = multiplied(parent.rotation, pose.rotation[joint]);
    }
    return all;
  }
};

/// What the part "description" of a stream of frames says; nothing if it does not describe a skeleton.
inline std::optional<Skeleton> skeleton_of(const Bytes& part) {
  const auto document = json::parsed(part);
  if (!document) {
    return std::nullopt;
  }
  Skeleton skeleton;
  for (const json::Value& name : (*document)["joints"].array()) {
    skeleton.names.push_back(name.text());
  }
  for (const json::Value& parent : (*document)["parents"].array()) {
    const double number = parent.number();
    const bool before = number >= -1 && number < static_cast<double>(skeleton.parents.size());
    const bool root = skeleton.parents.empty();
    if (!before || (number < 0) != root) {
      return std::nullopt;
    }
    skeleton.parents.push_back(static_cast<int>(number));
  }
  for (const json::Value& offset : (*document)["rest_offset_m"].array()) {
    std::array<float, 3> offset_m{};
    for (std::size_t axis = 0; axis < 3 && offset.array().size() == 3; ++axis) {
      offset_m[axis] = static_cast<float>(offset.array()[axis].number());
    }
    skeleton.rest_offset_m.push_back(offset_m);
  }
  const bool whole = skeleton.names.size() == joint_count && skeleton.parents.size() == joint_count &&
                     skeleton.rest_offset_m.size() == joint_count;
  return whole ? std::optional<Skeleton>(std::move(skeleton)) : std::nullopt;
}

}  // namespace morphogen
