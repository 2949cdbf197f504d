"""A protoc plugin: message codecs and service stubs without dependencies, for engines that cannot take protobuf's own.

protoc calls `protoc-gen-morphogen` beside this file; `--morphogen_opt=language=NAME` picks the module that writes the
code. All languages write from one model of the protos, `model`.
"""
