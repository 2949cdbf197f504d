"""Documents become typed settings, or a sentence with the dotted path of what is wrong."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.configuration import build
from engine.errors import SettingsError


@dataclass(frozen=True, slots=True)
class Leaf:
    count: int
    share: float = 0.5


@dataclass(frozen=True, slots=True)
class Tree:
    name: str
    leaf: Leaf
    leaves: tuple[Leaf, ...] = ()
    by_name: Mapping[str, Leaf] = field(default_factory=dict)
    sizes: tuple[int, ...] = (1, 2)
    file: Path | None = None
    enabled: bool = False


WHOLE: dict[object, object] = {
    "name": "oak",
    "leaf": {"count": 3, "share": 1},
    "leaves": [{"count": 1}, {"count": 2}],
    "by_name": {"top": {"count": 4}},
    "sizes": [5],
    "file": "a/b.txt",
    "enabled": True,
}


def test_whole_document_is_built_with_its_types() -> None:
    assert build(Tree, WHOLE, "") == Tree(
        "oak", Leaf(3, 1.0), (Leaf(1), Leaf(2)), {"top": Leaf(4)}, (5,), Path("a/b.txt"), enabled=True
    )
    assert isinstance(build(Tree, WHOLE, "").leaf.share, float)


def test_defaults_fill_what_is_left_out() -> None:
    assert build(Tree, {"name": "elm", "leaf": {"count": 1}, "file": None}, "") == Tree("elm", Leaf(1))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"nmae": "x"}, "nmae: unknown key; known: by_name, enabled, file, leaf, leaves, name, sizes"),
        ({"leaf": {"count": 1, "size": 2}}, "leaf.size: unknown key; known: count, share"),
        ({"leaf": {}}, "leaf.count: is required"),
        ({"leaf": None}, "leaf: expected a mapping, got NoneType"),
        ({"leaf": {"count": 1.0}}, "leaf.count: expected int, got 1.0"),
        ({"leaf": {"count": True}}, "leaf.count: expected int, got True"),
        ({"leaf": {"count": 1, "share": False}}, "leaf.share: expected float, got False"),
        ({"leaf": {"count": 1, "share": "1"}}, "leaf.share: expected float, got '1'"),
        ({"leaf": {"count": 1, "share": 10**400}}, "leaf.share: expected float, got 1000"),
        ({"leaves": [{"count": 1}, {"count": "2"}]}, r"leaves\[1\].count: expected int, got '2'"),
        ({"leaves": {"count": 1}}, "leaves: expected a list, got dict"),
        ({"leaves": "ab"}, "leaves: expected a list, got str"),
        ({"by_name": {"top": {}}}, "by_name.top.count: is required"),
        ({"by_name": [1]}, "by_name: expected a mapping, got list"),
        ({"sizes": [1, None]}, r"sizes\[1\]: expected int, got None"),
        ({"file": 3}, "file: expected Path, got 3"),
        ({"enabled": 1}, "enabled: expected bool, got 1"),
        ({"name": None}, "name: expected str, got None"),
        ({7: 1}, "7: unknown key"),
    ],
)
def test_mistake_is_named_by_its_path(change: dict[object, object], message: str) -> None:
    with pytest.raises(SettingsError, match=f"^{message}"):
        build(Tree, dict(WHOLE) | change, "")


@pytest.mark.parametrize(("document", "kind"), [(None, "NoneType"), ([1], "list"), ("text", "str"), (3, "int")])
def test_document_that_is_no_mapping_is_refused(document: object, kind: str) -> None:
    with pytest.raises(SettingsError, match=f"^document: expected a mapping, got {kind}$"):
        build(Tree, document, "")


def test_path_of_the_caller_comes_first() -> None:
    with pytest.raises(SettingsError, match=r"^header\.leaf\.count: is required$"):
        build(Tree, {"name": "oak", "leaf": {}}, "header")


@given(st.integers(-(2**40), 2**40), st.floats(allow_nan=False))
def test_numbers_arrive_unchanged(count: int, share: float) -> None:
    assert build(Leaf, {"count": count, "share": share}, "") == Leaf(count, share)
