// Errors are values: 04_errors http://127.0.0.1:8080

#include <cstdio>

#include "morphogen/curl.hpp"

int main(int count, char** arguments) {
  if (count != 2) {
    std::fprintf(stderr, "usage: 04_errors URL\n");
    return 2;
  }
  const auto client = morphogen::connect(arguments[1]);
  morphogen::GenerateTextureRequest request;
  request.texture_class = "brick";
  request.size_px = 100;
  const auto result = client.generate_texture(request).result();
  if (result) {
    return 1;
  }
  const morphogen::Error& error = result.error();
  switch (error.kind) {
    case morphogen::ErrorKind::invalid_request:
      std::printf("%s is %s, and may be: %s\n", error.field.c_str(), error.value.c_str(), error.allowed.c_str());
      return 0;
    case morphogen::ErrorKind::overloaded:
      std::printf("busy; worth a try in %lld ms\n",
                  static_cast<long long>(error.retry_after.value_or(std::chrono::milliseconds(0)).count()));
      return 1;
    default: std::printf("%s\n", error.message.c_str()); return 1;
  }
}
