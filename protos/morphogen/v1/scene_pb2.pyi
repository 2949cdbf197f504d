from morphogen.v1 import common_pb2 as _common_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Tile(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    TILE_UNSPECIFIED: _ClassVar[Tile]
    TILE_VOID: _ClassVar[Tile]
    TILE_WALL: _ClassVar[Tile]
    TILE_FLOOR: _ClassVar[Tile]
    TILE_DOOR: _ClassVar[Tile]
    TILE_RED_DOOR: _ClassVar[Tile]
    TILE_YELLOW_DOOR: _ClassVar[Tile]
    TILE_BLUE_DOOR: _ClassVar[Tile]
    TILE_RED_KEY: _ClassVar[Tile]
    TILE_YELLOW_KEY: _ClassVar[Tile]
    TILE_BLUE_KEY: _ClassVar[Tile]
    TILE_ENEMY: _ClassVar[Tile]
    TILE_LOOT: _ClassVar[Tile]
    TILE_START: _ClassVar[Tile]
    TILE_EXIT: _ClassVar[Tile]
    TILE_HAZARD: _ClassVar[Tile]

class Symmetry(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    SYMMETRY_UNSPECIFIED: _ClassVar[Symmetry]
    SYMMETRY_NONE: _ClassVar[Symmetry]
    SYMMETRY_X: _ClassVar[Symmetry]
    SYMMETRY_Y: _ClassVar[Symmetry]
    SYMMETRY_BOTH: _ClassVar[Symmetry]

class LevelStyle(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    LEVEL_STYLE_UNSPECIFIED: _ClassVar[LevelStyle]
    LEVEL_STYLE_ROOMS: _ClassVar[LevelStyle]
    LEVEL_STYLE_HALLS: _ClassVar[LevelStyle]
    LEVEL_STYLE_CAVES: _ClassVar[LevelStyle]
    LEVEL_STYLE_MAZE: _ClassVar[LevelStyle]
TILE_UNSPECIFIED: Tile
TILE_VOID: Tile
TILE_WALL: Tile
TILE_FLOOR: Tile
TILE_DOOR: Tile
TILE_RED_DOOR: Tile
TILE_YELLOW_DOOR: Tile
TILE_BLUE_DOOR: Tile
TILE_RED_KEY: Tile
TILE_YELLOW_KEY: Tile
TILE_BLUE_KEY: Tile
TILE_ENEMY: Tile
TILE_LOOT: Tile
TILE_START: Tile
TILE_EXIT: Tile
TILE_HAZARD: Tile
SYMMETRY_UNSPECIFIED: Symmetry
SYMMETRY_NONE: Symmetry
SYMMETRY_X: Symmetry
SYMMETRY_Y: Symmetry
SYMMETRY_BOTH: Symmetry
LEVEL_STYLE_UNSPECIFIED: LevelStyle
LEVEL_STYLE_ROOMS: LevelStyle
LEVEL_STYLE_HALLS: LevelStyle
LEVEL_STYLE_CAVES: LevelStyle
LEVEL_STYLE_MAZE: LevelStyle

class LockedCell(_message.Message):
    __slots__ = ("x", "y", "tile")
    X_FIELD_NUMBER: _ClassVar[int]
    Y_FIELD_NUMBER: _ClassVar[int]
    TILE_FIELD_NUMBER: _ClassVar[int]
    x: int
    y: int
    tile: Tile
    def __init__(self, x: _Optional[int] = ..., y: _Optional[int] = ..., tile: _Optional[_Union[Tile, str]] = ...) -> None: ...

class LevelRegion(_message.Message):
    __slots__ = ("left", "top", "width", "height")
    LEFT_FIELD_NUMBER: _ClassVar[int]
    TOP_FIELD_NUMBER: _ClassVar[int]
    WIDTH_FIELD_NUMBER: _ClassVar[int]
    HEIGHT_FIELD_NUMBER: _ClassVar[int]
    left: int
    top: int
    width: int
    height: int
    def __init__(self, left: _Optional[int] = ..., top: _Optional[int] = ..., width: _Optional[int] = ..., height: _Optional[int] = ...) -> None: ...

class GenerateLevelRequest(_message.Message):
    __slots__ = ("seed", "size", "rooms", "room_edge", "loops", "enemies", "loot", "keys", "symmetry", "openness", "difficulty", "style", "locked_cells", "base_rows", "region", "options")
    SEED_FIELD_NUMBER: _ClassVar[int]
    SIZE_FIELD_NUMBER: _ClassVar[int]
    ROOMS_FIELD_NUMBER: _ClassVar[int]
    ROOM_EDGE_FIELD_NUMBER: _ClassVar[int]
    LOOPS_FIELD_NUMBER: _ClassVar[int]
    ENEMIES_FIELD_NUMBER: _ClassVar[int]
    LOOT_FIELD_NUMBER: _ClassVar[int]
    KEYS_FIELD_NUMBER: _ClassVar[int]
    SYMMETRY_FIELD_NUMBER: _ClassVar[int]
    OPENNESS_FIELD_NUMBER: _ClassVar[int]
    DIFFICULTY_FIELD_NUMBER: _ClassVar[int]
    STYLE_FIELD_NUMBER: _ClassVar[int]
    LOCKED_CELLS_FIELD_NUMBER: _ClassVar[int]
    BASE_ROWS_FIELD_NUMBER: _ClassVar[int]
    REGION_FIELD_NUMBER: _ClassVar[int]
    OPTIONS_FIELD_NUMBER: _ClassVar[int]
    seed: int
    size: int
    rooms: int
    room_edge: int
    loops: int
    enemies: int
    loot: int
    keys: int
    symmetry: Symmetry
    openness: float
    difficulty: float
    style: LevelStyle
    locked_cells: _containers.RepeatedCompositeFieldContainer[LockedCell]
    base_rows: _containers.RepeatedScalarFieldContainer[str]
    region: LevelRegion
    options: _common_pb2.StreamOptions
    def __init__(self, seed: _Optional[int] = ..., size: _Optional[int] = ..., rooms: _Optional[int] = ..., room_edge: _Optional[int] = ..., loops: _Optional[int] = ..., enemies: _Optional[int] = ..., loot: _Optional[int] = ..., keys: _Optional[int] = ..., symmetry: _Optional[_Union[Symmetry, str]] = ..., openness: _Optional[float] = ..., difficulty: _Optional[float] = ..., style: _Optional[_Union[LevelStyle, str]] = ..., locked_cells: _Optional[_Iterable[_Union[LockedCell, _Mapping]]] = ..., base_rows: _Optional[_Iterable[str]] = ..., region: _Optional[_Union[LevelRegion, _Mapping]] = ..., options: _Optional[_Union[_common_pb2.StreamOptions, _Mapping]] = ...) -> None: ...

class GenerateLevelResponse(_message.Message):
    __slots__ = ("header", "part", "trailer")
    HEADER_FIELD_NUMBER: _ClassVar[int]
    PART_FIELD_NUMBER: _ClassVar[int]
    TRAILER_FIELD_NUMBER: _ClassVar[int]
    header: _common_pb2.StreamHeader
    part: _common_pb2.PartChunk
    trailer: _common_pb2.StreamTrailer
    def __init__(self, header: _Optional[_Union[_common_pb2.StreamHeader, _Mapping]] = ..., part: _Optional[_Union[_common_pb2.PartChunk, _Mapping]] = ..., trailer: _Optional[_Union[_common_pb2.StreamTrailer, _Mapping]] = ...) -> None: ...

class Sketch(_message.Message):
    __slots__ = ("png", "extent_m")
    PNG_FIELD_NUMBER: _ClassVar[int]
    EXTENT_M_FIELD_NUMBER: _ClassVar[int]
    png: bytes
    extent_m: float
    def __init__(self, png: _Optional[bytes] = ..., extent_m: _Optional[float] = ...) -> None: ...

class Reroll(_message.Message):
    __slots__ = ("x_m", "z_m", "width_m", "depth_m", "seed")
    X_M_FIELD_NUMBER: _ClassVar[int]
    Z_M_FIELD_NUMBER: _ClassVar[int]
    WIDTH_M_FIELD_NUMBER: _ClassVar[int]
    DEPTH_M_FIELD_NUMBER: _ClassVar[int]
    SEED_FIELD_NUMBER: _ClassVar[int]
    x_m: float
    z_m: float
    width_m: float
    depth_m: float
    seed: int
    def __init__(self, x_m: _Optional[float] = ..., z_m: _Optional[float] = ..., width_m: _Optional[float] = ..., depth_m: _Optional[float] = ..., seed: _Optional[int] = ...) -> None: ...

class Landscape(_message.Message):
    __slots__ = ("seed", "biomes", "cell_m", "relief", "roughness", "sea_level_m", "period_cells", "sketch", "rerolls")
    class BiomesEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: float
        def __init__(self, key: _Optional[str] = ..., value: _Optional[float] = ...) -> None: ...
    SEED_FIELD_NUMBER: _ClassVar[int]
    BIOMES_FIELD_NUMBER: _ClassVar[int]
    CELL_M_FIELD_NUMBER: _ClassVar[int]
    RELIEF_FIELD_NUMBER: _ClassVar[int]
    ROUGHNESS_FIELD_NUMBER: _ClassVar[int]
    SEA_LEVEL_M_FIELD_NUMBER: _ClassVar[int]
    PERIOD_CELLS_FIELD_NUMBER: _ClassVar[int]
    SKETCH_FIELD_NUMBER: _ClassVar[int]
    REROLLS_FIELD_NUMBER: _ClassVar[int]
    seed: int
    biomes: _containers.ScalarMap[str, float]
    cell_m: float
    relief: float
    roughness: float
    sea_level_m: float
    period_cells: int
    sketch: Sketch
    rerolls: _containers.RepeatedCompositeFieldContainer[Reroll]
    def __init__(self, seed: _Optional[int] = ..., biomes: _Optional[_Mapping[str, float]] = ..., cell_m: _Optional[float] = ..., relief: _Optional[float] = ..., roughness: _Optional[float] = ..., sea_level_m: _Optional[float] = ..., period_cells: _Optional[int] = ..., sketch: _Optional[_Union[Sketch, _Mapping]] = ..., rerolls: _Optional[_Iterable[_Union[Reroll, _Mapping]]] = ...) -> None: ...

class OwnProp(_message.Message):
    __slots__ = ("name", "glb", "densities", "radius_m", "slope_max", "scale_min", "scale_max", "leans")
    class DensitiesEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: float
        def __init__(self, key: _Optional[str] = ..., value: _Optional[float] = ...) -> None: ...
    NAME_FIELD_NUMBER: _ClassVar[int]
    GLB_FIELD_NUMBER: _ClassVar[int]
    DENSITIES_FIELD_NUMBER: _ClassVar[int]
    RADIUS_M_FIELD_NUMBER: _ClassVar[int]
    SLOPE_MAX_FIELD_NUMBER: _ClassVar[int]
    SCALE_MIN_FIELD_NUMBER: _ClassVar[int]
    SCALE_MAX_FIELD_NUMBER: _ClassVar[int]
    LEANS_FIELD_NUMBER: _ClassVar[int]
    name: str
    glb: bytes
    densities: _containers.ScalarMap[str, float]
    radius_m: float
    slope_max: float
    scale_min: float
    scale_max: float
    leans: float
    def __init__(self, name: _Optional[str] = ..., glb: _Optional[bytes] = ..., densities: _Optional[_Mapping[str, float]] = ..., radius_m: _Optional[float] = ..., slope_max: _Optional[float] = ..., scale_min: _Optional[float] = ..., scale_max: _Optional[float] = ..., leans: _Optional[float] = ...) -> None: ...

class GenerateSceneRequest(_message.Message):
    __slots__ = ("landscape", "extent_m", "x_m", "z_m", "hour", "prop_density", "prop_limit", "texture_px", "builtin_props", "own_props", "options")
    LANDSCAPE_FIELD_NUMBER: _ClassVar[int]
    EXTENT_M_FIELD_NUMBER: _ClassVar[int]
    X_M_FIELD_NUMBER: _ClassVar[int]
    Z_M_FIELD_NUMBER: _ClassVar[int]
    HOUR_FIELD_NUMBER: _ClassVar[int]
    PROP_DENSITY_FIELD_NUMBER: _ClassVar[int]
    PROP_LIMIT_FIELD_NUMBER: _ClassVar[int]
    TEXTURE_PX_FIELD_NUMBER: _ClassVar[int]
    BUILTIN_PROPS_FIELD_NUMBER: _ClassVar[int]
    OWN_PROPS_FIELD_NUMBER: _ClassVar[int]
    OPTIONS_FIELD_NUMBER: _ClassVar[int]
    landscape: Landscape
    extent_m: float
    x_m: float
    z_m: float
    hour: float
    prop_density: float
    prop_limit: int
    texture_px: int
    builtin_props: bool
    own_props: _containers.RepeatedCompositeFieldContainer[OwnProp]
    options: _common_pb2.StreamOptions
    def __init__(self, landscape: _Optional[_Union[Landscape, _Mapping]] = ..., extent_m: _Optional[float] = ..., x_m: _Optional[float] = ..., z_m: _Optional[float] = ..., hour: _Optional[float] = ..., prop_density: _Optional[float] = ..., prop_limit: _Optional[int] = ..., texture_px: _Optional[int] = ..., builtin_props: _Optional[bool] = ..., own_props: _Optional[_Iterable[_Union[OwnProp, _Mapping]]] = ..., options: _Optional[_Union[_common_pb2.StreamOptions, _Mapping]] = ...) -> None: ...

class GenerateSceneResponse(_message.Message):
    __slots__ = ("header", "part", "trailer")
    HEADER_FIELD_NUMBER: _ClassVar[int]
    PART_FIELD_NUMBER: _ClassVar[int]
    TRAILER_FIELD_NUMBER: _ClassVar[int]
    header: _common_pb2.StreamHeader
    part: _common_pb2.PartChunk
    trailer: _common_pb2.StreamTrailer
    def __init__(self, header: _Optional[_Union[_common_pb2.StreamHeader, _Mapping]] = ..., part: _Optional[_Union[_common_pb2.PartChunk, _Mapping]] = ..., trailer: _Optional[_Union[_common_pb2.StreamTrailer, _Mapping]] = ...) -> None: ...
