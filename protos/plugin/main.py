"""What protoc calls: a request with descriptors on standard input, files or an error on standard output."""

import sys
from collections.abc import Callable
from typing import TypeAlias

from google.protobuf.compiler.plugin_pb2 import CodeGeneratorRequest, CodeGeneratorResponse

from plugin import cpp, csharp, gdscript
from plugin.model import File, read_file

# Writes one language: the files to generate, and all files by their paths, imported ones included -> path -> text.
Writer: TypeAlias = Callable[[list[File], dict[str, File]], dict[str, str]]

WRITERS: dict[str, Writer] = {
    "csharp": csharp.write_files,
    "gdscript": gdscript.write_files,
    "cpp": cpp.write,
}


def respond(request: CodeGeneratorRequest) -> CodeGeneratorResponse:
    """The generated files; or, as protoc wants it, what is wrong with the options or the protos, in `error`."""
    response = CodeGeneratorResponse(supported_features=CodeGeneratorResponse.FEATURE_PROTO3_OPTIONAL)
    options = dict(option.partition("=")[::2] for option in request.parameter.split(",") if option)
    language = options.pop("language", "")
    if language not in WRITERS or options:
        unknown = ", ".join(options) or f"language={language}"
        response.error = f"{unknown} is unknown; the one option is language: {', '.join(sorted(WRITERS))}"
        return response
    try:
        files = {descriptor.name: read_file(descriptor) for descriptor in request.proto_file}
        texts = WRITERS[language]([files[name] for name in request.file_to_generate], files)
    except ValueError as error:
        response.error = str(error)
        return response
    for path, text in texts.items():
        response.file.add(name=path, content=text)
    return response


def main() -> int:
    """Answer protoc; returns the exit code."""
    request = CodeGeneratorRequest.FromString(sys.stdin.buffer.read())
    sys.stdout.buffer.write(respond(request).SerializeToString())
    return 0
