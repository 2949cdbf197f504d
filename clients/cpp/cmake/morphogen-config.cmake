include(CMakeFindDependencyMacro)
find_dependency(Threads)
include(${CMAKE_CURRENT_LIST_DIR}/morphogen-core.cmake)
include(${CMAKE_CURRENT_LIST_DIR}/transports.cmake)
