import pytest

from engine.codecs.video.codecs import CODECS, codec_for, encoder_for
from engine.errors import InvalidRequestError


def only(*names: str) -> object:
    return lambda name: name in names


def test_every_bundled_encoder_names_its_licence() -> None:
    licences = {encoder.name: encoder.licence for codec in CODECS.values() for encoder in codec.encoders}
    assert licences["libx264"] == "GPL-2.0-or-later"
    assert all(licences.values())
    assert [name for codec in CODECS.values() for name in (e.name for e in codec.encoders if e.gpl)] == ["libx264"]


def test_without_gpl_encoders_h264_is_made_by_openh264_where_it_is_installed() -> None:
    there = {"libx264", "libopenh264"}
    assert encoder_for(CODECS["h264"], gpl=True, exists=there.__contains__).name == "libx264"
    assert encoder_for(CODECS["h264"], gpl=False, exists=there.__contains__).name == "libopenh264"


def test_without_gpl_encoders_and_openh264_h264_is_refused_and_the_others_are_named() -> None:
    with pytest.raises(InvalidRequestError) as caught:
        encoder_for(CODECS["h264"], gpl=False, exists={"libx264"}.__contains__)
    assert caught.value.field == "codec"
    assert "vp9, av1, mjpeg" in caught.value.allowed
    assert "GPL" in caught.value.allowed


def test_codec_that_is_not_installed_is_refused() -> None:
    with pytest.raises(InvalidRequestError, match="no encoder for it is installed"):
        encoder_for(CODECS["av1"], gpl=True, exists=frozenset[str]().__contains__)


@pytest.mark.parametrize(
    ("container", "with_gpl", "without"),
    [("mp4", "h264", "av1"), ("matroska", "h264", "vp9"), ("webm", "vp9", "vp9")],
)
def test_what_goes_into_a_container_by_itself(container: str, with_gpl: str, without: str) -> None:
    assert codec_for(container, "", gpl=True).name == with_gpl
    assert codec_for(container, "", gpl=False).name == without


def test_transport_stream_without_gpl_encoders_is_refused() -> None:
    with pytest.raises(InvalidRequestError):
        codec_for("mpegts", "", gpl=False)


@pytest.mark.parametrize(("container", "name"), [("webm", "h264"), ("mp4", "theora"), ("mpegts", "vp9")])
def test_codec_that_does_not_fit_is_refused_with_those_that_do(container: str, name: str) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        codec_for(container, name, gpl=True)
    assert container in caught.value.allowed
