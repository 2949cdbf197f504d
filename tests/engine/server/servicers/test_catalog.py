"""CatalogService over a real connection."""

from typing import Any

import grpc

from morphogen.v1 import catalog_pb2, catalog_pb2_grpc


async def test_catalog_lists_generators_by_name_without_their_cards(serve: Any) -> None:
    stub: Any = catalog_pb2_grpc.CatalogServiceStub((await serve()).channel)
    listed = (await stub.ListGenerators(catalog_pb2.ListGeneratorsRequest())).generators
    assert [generator.ref.name for generator in listed] == ["painted", "probe"]
    assert listed[0].model_card == ""
    assert not listed[0].attributes[0].HasField("default_value")
    assert listed[0].patterns[0].parameters[0].default_value == 8.0
    only = (await stub.ListGenerators(catalog_pb2.ListGeneratorsRequest(asset_kind="texture"))).generators
    assert [generator.ref.name for generator in only] == ["painted"]


async def test_single_generator_comes_with_its_card(serve: Any) -> None:
    stub: Any = catalog_pb2_grpc.CatalogServiceStub((await serve()).channel)
    got = (await stub.GetGenerator(catalog_pb2.GetGeneratorRequest(name="painted"))).generator
    assert got.model_card == "# Painted"


async def test_unknown_generator_is_not_found(serve: Any) -> None:
    serving = await serve()
    stub: Any = catalog_pb2_grpc.CatalogServiceStub(serving.channel)
    error, found = await serving.failure(stub.GetGenerator(catalog_pb2.GetGeneratorRequest(name="nobody")))
    assert error.code() is grpc.StatusCode.NOT_FOUND
    assert found["ErrorInfo"].metadata["allowed"] == "painted, probe"
