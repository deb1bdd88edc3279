"""The solar terms of the East Asian calendar (입춘, 동짓날) as days in Korea, from a table.

`tables/date_solar.tsv` has a row a year, 1940 to 2049, and a column for every term that is read,
headed by the longitude of the sun in degrees. Each is the day by UTC+9 on which the sun's apparent
longitude reaches that value, computed with the library PyEphem 4 (VSOP87). The nearest to midnight
of all, 입추 of 1981 and 입춘 of 2021 among them, are more than a minute away from it.

Behind them stand the three days of 복, which no longitude makes, under the numbers 361 to 363: the
third and the fourth 경 day (of the ten stems, one each) from 하지 on, and the first from 입추 on.
"""

from __future__ import annotations

from datetime import date
from functools import cache

from lgtalent_ie.tables import read_table


@cache
def _days() -> dict[tuple[int, int], date]:
    """(year, longitude) → the day."""
    longitudes, *years = read_table(__package__, "date_solar")
    return {
        (int(year), int(longitude)): date.fromisoformat(f"{year}-{day}")
        for year, *days in years
        for longitude, day in zip(longitudes[1:], days, strict=True)
    }


def solar_day(year: int, longitude: int) -> date | None:
    """The day in Korea on which the sun reaches that longitude; None outside the table.

    0 is the equinox of March (춘분), 315 the beginning of spring (입춘) in February of the year.

    >>> solar_day(2024, 315), solar_day(2024, 270)
    (datetime.date(2024, 2, 4), datetime.date(2024, 12, 21))
    """
    return _days().get((year, longitude))
