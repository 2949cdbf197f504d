// A material while it is being made: 01_texture http://127.0.0.1:8080 brick out

#include <cstdio>
#include <fstream>
#include <string>

#include "morphogen/curl.hpp"

int main(int count, char** arguments) {
  if (count != 4) {
    std::fprintf(stderr, "usage: 01_texture URL CLASS FOLDER\n");
    return 2;
  }
  const auto client = morphogen::connect(arguments[1]);
  morphogen::GenerateTextureRequest request;
  request.texture_class = arguments[2];
  request.size_px = 256;
  auto stream = client.generate_texture(request);
  while (const auto update = stream.next()) {
    std::printf("%u px: %zu maps\n", update->lod_px, update->maps.size());  // usable at once
  }
  const auto result = stream.result();
  if (!result) {
    std::fprintf(stderr, "%s\n", result.error().message.c_str());
    return 1;
  }
  for (const auto& file : result->files) {
    std::ofstream out(std::string(arguments[3]) + "/" + file->name + ".png", std::ios::binary);
    out.write(reinterpret_cast<const char*>(file->data.data()), static_cast<std::streamsize>(file->data.size()));
  }
  std::printf("%s\n", result->sha256.c_str());
  return 0;
}
