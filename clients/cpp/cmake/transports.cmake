# morphogen::curl and morphogen::grpc, where their libraries are there.
find_package(CURL 7.85 QUIET)  # CURLOPT_PROTOCOLS_STR
if(CURL_FOUND AND NOT TARGET morphogen::curl)
  add_library(morphogen::curl INTERFACE IMPORTED)
  target_link_libraries(morphogen::curl INTERFACE morphogen::core CURL::libcurl)
endif()

find_package(PkgConfig QUIET)
if(PkgConfig_FOUND AND NOT TARGET morphogen::grpc)
  pkg_check_modules(morphogen_grpcpp QUIET IMPORTED_TARGET grpc++)
  if(morphogen_grpcpp_FOUND)
    add_library(morphogen::grpc INTERFACE IMPORTED)
    target_link_libraries(morphogen::grpc INTERFACE morphogen::core PkgConfig::morphogen_grpcpp)
  endif()
endif()
