"""Where the sun stands: from the time of day, the latitude and the day of the year to a direction.

Directions are unit vectors (x, y, z): +X east, +Y up, -Z north.
"""

import math

from engine.errors import InvalidRequestError

Direction = tuple[float, float, float]

DAYS_PER_YEAR = 365
DEFAULT_LATITUDE_DEG = 40.0
DEFAULT_DAY_OF_YEAR = 172
"""The longest day in the north: the sun climbs high and sets late."""


def direction_to_sun(
    hour: float, latitude_deg: float = DEFAULT_LATITUDE_DEG, day_of_year: int = DEFAULT_DAY_OF_YEAR
) -> Direction:
    """The unit vector from the ground towards the sun's centre; below the horizon its y is negative.

    hour          true solar time, 0 to 24; at 12 the sun is highest
    latitude_deg  -90 (south) to 90 (north)
    day_of_year   1 to 365

    The declination is Cooper's, "The absorption of radiation in solar stills", Solar Energy 12(3), 1969. Raises
    InvalidRequestError for values outside their ranges.
    """
    _check("time_of_day", hour, 0.0, 24.0)
    _check("latitude_deg", latitude_deg, -90.0, 90.0)
    _check("day_of_year", day_of_year, 1, DAYS_PER_YEAR)
    declination = math.radians(23.45) * math.sin(2.0 * math.pi * (284 + day_of_year) / DAYS_PER_YEAR)
    latitude, hour_angle = math.radians(latitude_deg), math.radians(15.0 * (hour - 12.0))
    west = math.cos(declination) * math.sin(hour_angle)
    up = math.sin(latitude) * math.sin(declination) + math.cos(latitude) * math.cos(declination) * math.cos(hour_angle)
    north = math.cos(latitude) * math.sin(declination) - math.sin(latitude) * math.cos(declination) * math.cos(
        hour_angle
    )
    length = math.sqrt(west * west + up * up + north * north)
    return (-west / length, up / length, -north / length)


def elevation_deg(direction: Direction) -> float:
    """Height of a direction above the horizon in degrees, -90 to 90."""
    return math.degrees(math.asin(min(1.0, max(-1.0, direction[1]))))


def _check(field: str, value: float, lowest: float, highest: float) -> None:
    if not lowest <= value <= highest:
        raise InvalidRequestError(field, value, f"{lowest:g} to {highest:g}")
