"""Rows of places as the things of the domain, and keys as the columns that a query takes."""

from collections.abc import Collection, Iterable
from typing import Any

from service.domain.book import Book
from service.domain.rules.pallets import pallet_uri
from service.domain.things import Location, Site
from service.statements.places import location_uri, site_uri


def add_locations(book: Book, rows: Iterable[Any]) -> None:
    """Places of `queries.LOCATIONS` and its kin; a pallet with the place where it stands."""
    sites: dict[int, Site] = {}
    for id, code, kind, site_id, party_id, site_code, zone, gln, party_uri, within, in_code, in_kind in rows:
        site = sites.get(site_id)
        if site is None:
            site = sites[site_id] = Site(site_id, party_id, site_code, zone, site_uri(party_uri, site_code, gln))
        if within is None:
            book.add_location(Location(id, site, code, location_uri(site.uri, code, gln), kind))
            continue
        ground = Location(within, site, in_code, location_uri(site.uri, in_code, gln), in_kind)
        book.add_location(ground)
        book.add_location(Location(id, site, code, pallet_uri(code), kind, ground))


def columns(keys: Collection[tuple[Any, ...]], count: int) -> list[list[Any]]:
    """Keys as the columns that `unnest` takes."""
    return [list(column) for column in zip(*keys, strict=True)] if keys else [[] for _ in range(count)]
