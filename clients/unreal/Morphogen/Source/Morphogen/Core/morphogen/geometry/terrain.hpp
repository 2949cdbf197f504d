// Copied from clients/cpp by copy_core.py. Do not edit.
// From a chunk of a world to what an engine draws: vertices, triangles, and where models stand.
//
// Meters, right-handed, +Y up, +X east, +Z south; from the chunk's first vertex.
#pragma once

#include <array>
#include <cmath>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "morphogen/json.hpp"

namespace morphogen {

/// The part "chunk".
struct ChunkDescription {
  std::int32_t row = 0;
  std::int32_t column = 0;
  std::uint32_t vertices = 0;
  double x_m = 0;
  double z_m = 0;
  double edge_m = 0;
  double height_base_m = 0;
  double height_step_m = 0;
  double sea_level_m = 0;
};

/// What the part says; nothing if it is no chunk's.
inline std::optional<ChunkDescription> chunk_description(const Bytes& part) {
  const auto document = json::parsed(part);
  if (!document) {
    return std::nullopt;
  }
  const auto number = [&document](const char* name) { return (*document)[name].number(); };
  ChunkDescription chunk;
  const double vertices = number("vertices");
  const double row = number("row");
  const double column = number("column");
  const bool places = std::abs(row) < 1e9 && std::abs(column) < 1e9;
  if (!places || !(vertices == 33 || vertices == 65 || vertices == 129 || vertices == 257)) {
    return std::nullopt;
  }
  chunk.row = static_cast<std::int32_t>(row);
  chunk.column = static_cast<std::int32_t>(column);
  chunk.vertices = static_cast<std::uint32_t>(vertices);
  chunk.x_m = number("x_m");
  chunk.z_m = number("z_m");
  chunk.edge_m = number("edge_m");
  chunk.height_base_m = number("height_base_m");
  chunk.height_step_m = number("height_step_m");
  chunk.sea_level_m = number("sea_level_m");
  const bool finite =
      std::isfinite(chunk.x_m + chunk.z_m + chunk.height_base_m + chunk.height_step_m + chunk.sea_level_m);
  return finite && chunk.edge_m > 0 && std::isfinite(chunk.edge_m) ? std::optional<ChunkDescription>(chunk)
                                                                   : std::nullopt;
}

/// A surface.
struct TerrainMesh {
  std::vector<std::array<float, 3>> positions_m;
  std::vector<std::array<float, 3>> normals;
  std::vector<std::array<float, 2>> uvs;
  /// Three per triangle, counter-clockwise from where its front is seen.
  std::vector<std::uint32_t> indices;
};

/// The surface over a grid of heights: pixels of the map "height", rows from north to south. Around it hangs a skirt of
/// `skirt_m`, which hides the seam to a neighbor with fewer vertices.
inline std::optional<TerrainMesh> terrain_mesh(const ChunkDescription& chunk, const std::vector<std::uint16_t>& heights,
                                               float skirt_m) {
  const std::uint32_t edge = chunk.vertices;
  if (heights.size() != std::size_t{edge} * edge || edge < 2) {
    return std::nullopt;
  }
  const float cell_m = static_cast<float>(chunk.edge_m / (edge - 1));
  const auto height_m = [&](std::uint32_t row, std::uint32_t column) {
    return static_cast<float>(chunk.height_base_m + chunk.height_step_m * heights[std::size_t{row} * edge + column]);
  };
  TerrainMesh mesh;
  for (std::uint32_t row = 0; row < edge; ++row) {
    for (std::uint32_t column = 0; column < edge; ++column) {
      const std::uint32_t west = column > 0 ? column - 1 : column;
      const std::uint32_t east = column + 1 < edge ? column + 1 : column;
      const std::uint32_t north = row > 0 ? row - 1 : row;
      const std::uint32_t south = row + 1 < edge ? row + 1 : row;
      const float slope_x = (height_m(row, east) - height_m(row, west)) / (cell_m * static_cast<float>(east - west));
      const float slope_z =
          (height_m(south, column) - height_m(north, column)) / (cell_m * static_cast<float>(south - north));
      const float length = std::sqrt(slope_x * slope_x + 1 + slope_z * slope_z);
      mesh.positions_m.push_back(
          {cell_m * static_cast<float>(column), height_m(row, column), cell_m * static_cast<float>(row)});
      mesh.normals.push_back({-slope_x / length, 1 / length, -slope_z / length});
      mesh.uvs.push_back({static_cast<float>(column) / static_cast<float>(edge - 1),
                          static_cast<float>(row) / static_cast<float>(edge - 1)});
    }
  }
  const auto quad = [&mesh](std::uint32_t north_west, std::uint32_t south_west, std::uint32_t north_east,
                            std::uint32_t south_east) {
    mesh.indices.insert(mesh.indices.end(), {north_west, south_west, north_east, north_east, south_west, south_east});
  };
  for (std::uint32_t row = 0; row + 1 < edge; ++row) {
    for (std::uint32_t column = 0; column + 1 < edge; ++column) {
      const std::uint32_t first = row * edge + column;
      quad(first, first + edge, first + 1, first + edge + 1);
    }
  }
  if (skirt_m > 0) {
    // Around the border, with the land on the left: north edge westwards, west edge southwards, and so on.
    std::vector<std::uint32_t> border;
    const std::uint32_t last = edge - 1;
    for (std::uint32_t step = 0; step < last; ++step) border.push_back(last - step);
    for (std::uint32_t step = 0; step < last; ++step) border.push_back(step * edge);
    for (std::uint32_t step = 0; step < last; ++step) border.push_back(last * edge + step);
    for (std::uint32_t step = 0; step < last; ++step) border.push_back((last - step) * edge + last);
    const auto first = static_cast<std::uint32_t>(mesh.positions_m.size());
    for (const std::uint32_t above : border) {
      auto below_m = mesh.positions_m[above];
      below_m[1] -= skirt_m;
      mesh.positions_m.push_back(below_m);
      mesh.normals.push_back(std::array<float, 3>(mesh.normals[above]));
      mesh.uvs.push_back(std::array<float, 2>(mesh.uvs[above]));
    }
    const auto count = static_cast<std::uint32_t>(border.size());
    for (std::uint32_t index = 0; index < count; ++index) {
      const std::uint32_t next = (index + 1) % count;
      quad(border[index], first + index, border[next], first + next);
    }
  }
  return mesh;
}

/// Where a model stands.
struct Placement {
  std::array<double, 3> position_m{};
  /// About the vertical; counter-clockwise from above.
  double turn_deg = 0;
  double scale = 1;
};

/// What the part "props" or "cover" says: by the name of the model. Rows that cannot be read are left out.
inline std::map<std::string, std::vector<Placement>> placements(const Bytes& part) {
  std::map<std::string, std::vector<Placement>> all;
  const auto document = json::parsed(part);
  if (document) {
    for (const auto& [model, rows] : document->object()) {
      for (const json::Value& row : rows.array()) {
        const auto& numbers = row.array();
        if (numbers.size() == 5) {
          all[model].push_back({{numbers[0].number(), numbers[1].number(), numbers[2].number()},
                                numbers[3].number(),
                                numbers[4].number()});
        }
      }
    }
  }
  return all;
}

}  // namespace morphogen
