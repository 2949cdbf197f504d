/** One real server for all tests: `morphogen serve` from the project's environment (PYTHON names another one). */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type {} from "vitest";
import type { TestProject } from "vitest/node";

const ROOT = join(dirname(fileURLToPath(import.meta.url)), "..", "..", "..");
/** The example pages, which a test builds. */
const PAGES = join(ROOT, "clients", "web", "examples", "dist");
const PYTHON = process.env["PYTHON"] ?? join(ROOT, ".venv", "bin", "python");
const SERVE = "import sys; from pathlib import Path; from workers.serve import serve; serve(None)";

declare module "vitest" {
  export interface ProvidedContext {
    /** Of the server's web port. */
    url: string;
    /** An allowed origin, which a test serves pages from. */
    pageOrigin: string;
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  mkdirSync(PAGES, { recursive: true });
  const pageOrigin = `http://127.0.0.1:${await freePort()}`;
  const settings = {
    MORPHOGEN__SERVER__PORT: "0",
    MORPHOGEN__WEB__PORT: "0",
    MORPHOGEN__WEB__ORIGINS: `['${pageOrigin}']`,
    MORPHOGEN__WEB__STATIC_FOLDER: PAGES,
    MORPHOGEN__LOG__LEVEL: "error",
    OMP_NUM_THREADS: "1",
  };
  const started = spawn(PYTHON, ["-c", SERVE], {
    cwd: ROOT,
    env: { ...process.env, ...settings },
    stdio: ["ignore", "pipe", "inherit"],
  });
  project.provide("pageOrigin", pageOrigin);
  project.provide("url", await urlOf(started));
  return async () => {
    started.kill("SIGTERM");
    started.kill("SIGTERM"); // the second one does not wait for streams
    await new Promise((resolve) => (started.exitCode === null ? started.once("exit", resolve) : resolve(undefined)));
  };
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const probe = createServer().listen(0, "127.0.0.1", () => {
      const { port } = probe.address() as AddressInfo;
      probe.close(() => resolve(port));
    });
  });
}

/** What the server says once it listens. */
function urlOf(started: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = "";
    started.stdout?.on("data", (data: Buffer) => {
      text += data.toString();
      const found = /listening on (http:\/\/\S+)/.exec(text);
      if (found?.[1] !== undefined) {
        resolve(found[1]);
      }
    });
    started.once("exit", (code) => reject(new Error(`the server ended with ${code} before it listened`)));
  });
}
