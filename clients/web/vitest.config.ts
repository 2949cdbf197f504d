import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    globalSetup: ["test/server.ts"],
    testTimeout: 60_000,
    hookTimeout: 120_000,
    fileParallelism: false, // they share one server, and some watch its pace
  },
});
