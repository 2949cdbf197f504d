"""Options that name weights."""

from pathlib import Path

import pytest

from engine.catalog import SHIPPED_TEXTURE_WEIGHTS, load_catalog, recorded_sha256
from engine.errors import InvalidRequestError
from engine.requests.texture import TextureRequest
from workers.cli.options import Tier, access_from, weights_of


def test_tier_names_shipped_weights_that_match_their_checksum_and_their_name() -> None:
    assert weights_of(None, Tier.M) == SHIPPED_TEXTURE_WEIGHTS
    path = weights_of(None, Tier.S)
    assert path is not None
    info = (
        load_catalog(precision="fp32", thread_count=1, texture_weights=path).generator_for(TextureRequest("wood")).info
    )
    assert (info.tier, info.weights_sha256) == ("S", recorded_sha256(path))
    assert info.model_card.startswith("# ")


def test_own_weights_are_used_where_no_tier_is_named() -> None:
    assert weights_of(Path("own.safetensors"), None) == Path("own.safetensors")
    assert weights_of(None, None) is None


def test_tier_goes_neither_with_own_weights_nor_with_a_server() -> None:
    with pytest.raises(InvalidRequestError, match="--tier: 'S' is not allowed"):
        weights_of(Path("own.safetensors"), Tier.S)
    with pytest.raises(InvalidRequestError, match="only without --server"):
        access_from("host:1", weights_of(None, Tier.M), None, None, None, None)
