"""Catalog entries through their messages and back."""

from dataclasses import fields, replace

from hypothesis import given
from hypothesis import strategies as st

from engine.assets import GeneratorInfo, ParameterInfo, PatternInfo
from engine.wire.descriptions import generator_info, generator_message, generator_ref
from morphogen.v1 import catalog_pb2

texts = st.text(max_size=20)
words = st.lists(texts, max_size=4).map(tuple)
numbers = st.floats(allow_nan=False)
parameters = st.builds(ParameterInfo, texts, numbers, numbers, st.none() | numbers, texts, texts)
parameter_lists = st.lists(parameters, max_size=3).map(tuple)
infos = st.builds(
    GeneratorInfo,
    *[texts] * 6,
    classes=words,
    sizes_px=st.lists(st.integers(0, 2**32 - 1), max_size=4).map(tuple),
    maps=words,
    wraps=words,
    attributes=parameter_lists,
    patterns=st.lists(st.builds(PatternInfo, texts, texts, parameter_lists), max_size=3).map(tuple),
    training_licences=words,
    model_card=st.text(max_size=200),
)


@given(infos)
def test_description_comes_back_from_its_message(info: GeneratorInfo) -> None:
    data = generator_message(info, with_model_card=True).SerializeToString()
    arrived = generator_info(catalog_pb2.Generator.FromString(data))
    assert arrived == info
    assert arrived.identity() == info.identity()


@given(infos)
def test_model_card_stays_behind_unless_it_is_asked_for(info: GeneratorInfo) -> None:
    message = generator_message(info, with_model_card=False)
    assert generator_info(message) == replace(info, model_card="")


def test_default_of_zero_is_not_the_same_as_none() -> None:
    parameters = tuple(ParameterInfo("tilt", -1, 1, default, "degrees", "Tilt") for default in (0.0, None))
    info = GeneratorInfo("texture", "painted", "3", "M", "", "none", attributes=parameters)
    arrived = generator_info(generator_message(info, with_model_card=True))
    assert [parameter.default for parameter in arrived.attributes] == [0.0, None]


def test_name_says_exactly_which_generator_it_is() -> None:
    info = GeneratorInfo("texture", "painted", "3", "M", "ab" * 32, "cpu fp32 1 thread")
    ref = generator_ref(info)
    assert {name: getattr(ref, name) for name in ref.DESCRIPTOR.fields_by_name} == {
        field.name: getattr(info, field.name)
        for field in fields(info)
        if field.name in ("name", "version", "tier", "weights_sha256", "kernel_class")
    }
