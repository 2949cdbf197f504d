// Tests: functions with a name, and what they expect.
#pragma once

#include <cstdio>
#include <vector>

namespace test {

struct Case {
  const char* name;
  void (*run)();
};

inline std::vector<Case>& cases() {
  static std::vector<Case> all;
  return all;
}

inline int& failure_count() {
  static int count = 0;
  return count;
}

struct Registered {
  Registered(const char* name, void (*run)()) { cases().push_back({name, run}); }
};

/// Run all; the exit code.
inline int run_all() {
  for (const Case& each : cases()) {
    const int before = failure_count();
    each.run();
    std::printf("%s %s\n", failure_count() == before ? "ok    " : "FAILED", each.name);
    std::fflush(stdout);
  }
  return failure_count() == 0 ? 0 : 1;
}

}  // namespace test

#define TEST(name)                                                      \
  static void test_##name();                                            \
  static const test::Registered registered_##name(#name, &test_##name); \
  static void test_##name()

#define EXPECT(condition)                                                  \
  do {                                                                     \
    if (!(condition)) {                                                    \
      test::failure_count() += 1;                                          \
      std::printf("%s:%d: expected %s\n", __FILE__, __LINE__, #condition); \
    }                                                                      \
  } while (false)
