// Generates the TypeScript code of the protos, and checks that the committed code is what the protos say.
//
//     node generate.mjs           write src/gen/
//     node generate.mjs --check   write nothing; exit code 1 and the file names if the two differ
//
// protoc comes from the project's own Python environment (PYTHON names another one).
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const HERE = dirname(fileURLToPath(import.meta.url));
const ROOT = join(HERE, "..", "..");
const OUT = join(HERE, "src", "gen");
const PYTHON = process.env.PYTHON ?? join(ROOT, ".venv", "bin", "python");
const PACKAGE = "morphogen/v1";
const ALSO = ["google/rpc/error_details.proto"];

function python(...args) {
  const done = spawnSync(PYTHON, args, { encoding: "utf8" });
  if (done.status !== 0) {
    throw new Error(`${PYTHON} ${args.slice(0, 2).join(" ")} failed: ${done.stderr || done.error}`);
  }
  return done.stdout.trim();
}

function generate(folder) {
  const packages = python("-c", "import google.rpc as p; print(list(p.__path__)[0])");
  const bundled = python("-c", "import importlib.resources as r; print(r.files('grpc_tools') / '_proto')");
  const protos = readdirSync(join(ROOT, "protos", PACKAGE)).filter((name) => name.endsWith(".proto"));
  mkdirSync(folder, { recursive: true });
  python(
    "-m",
    "grpc_tools.protoc",
    `--proto_path=${join(ROOT, "protos")}`,
    `--proto_path=${bundled}`,
    `--proto_path=${join(packages, "..", "..")}`,
    `--plugin=protoc-gen-es=${join(HERE, "node_modules", ".bin", "protoc-gen-es")}`,
    `--es_out=${folder}`,
    "--es_opt=target=ts,import_extension=js",
    ...protos.sort().map((name) => `${PACKAGE}/${name}`),
    ...ALSO,
  );
}

function contents(folder) {
  const names = existsSync(folder) ? readdirSync(folder, { recursive: true, withFileTypes: true }) : [];
  const files = names.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return new Map(files.map((path) => [path.slice(folder.length + 1), readFileSync(path, "utf8")]));
}

if (process.argv.includes("--check")) {
  const scratch = mkdtempSync(join(tmpdir(), "morphogen-gen-"));
  try {
    generate(scratch);
    const [fresh, committed] = [contents(scratch), contents(OUT)];
    const names = [...new Set([...fresh.keys(), ...committed.keys()])].sort();
    const differing = names.filter((name) => fresh.get(name) !== committed.get(name));
    for (const name of differing) {
      console.log(`clients/web/src/gen/${name} is not what the protos say; run: make protos`);
    }
    process.exitCode = differing.length > 0 ? 1 : 0;
  } finally {
    rmSync(scratch, { recursive: true });
  }
} else {
  rmSync(OUT, { recursive: true, force: true });
  generate(OUT);
}
