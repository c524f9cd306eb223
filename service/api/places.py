"""Sites and their locations: where goods can lie."""

from typing import Any

from sqlalchemy import select

from service.api import schemas
from service.api.door import Door, body_of
from service.api.house import House
from service.api.rows import plain
from service.api.trail import made
from service.auth.keys import Caller
from service.ledger.master_data import create_location, create_site
from service.models.tables import location, site

_SITE = (site.c.code, site.c.name, site.c.zone, site.c.gln)
_GROUND = location.alias("ground")
_LOCATION = (site.c.code.label("site"), location.c.code, location.c.name, location.c.kind)
_STANDS_AT = (site.c.code + "/" + _GROUND.c.code).label("stands_at")


def door(house: House) -> Door:
    places = house.door("places", "Sites and locations")

    @places.operation(
        "POST", "/sites", roles=("party",), body=body_of(schemas.NewSite), answers={201: schemas.Site}, problems=(409,)
    )
    def add_site(caller: Caller, body: dict[str, Any]) -> Any:
        """Add a site"""
        assert caller.party is not None
        values = {"name": body["code"], "gln": None, **body}
        with house.engine.begin() as connection:
            create_site(connection, caller.party, **values)
            made(connection, house, caller, "site", values["code"], values)
        return values, 201

    @places.operation("GET", "/sites", roles=("party",), answers={200: schemas.Sites})
    def list_sites(caller: Caller) -> Any:
        """List your sites"""
        with house.engine.connect() as connection:
            rows = connection.execute(select(*_SITE).where(site.c.party_id == caller.party_id).order_by(site.c.code))
            return {"sites": [plain(row) for row in rows]}

    @places.operation(
        "POST",
        "/locations",
        roles=("party",),
        body=body_of(schemas.NewLocation),
        answers={201: schemas.Location},
        problems=(409,),
    )
    def add_location(caller: Caller, body: dict[str, Any]) -> Any:
        """Add a location to a site

        Movements name it `SITE/LOC`.
        """
        assert caller.party is not None
        values = {"name": body["code"], **body}
        with house.engine.begin() as connection:
            create_location(connection, caller.party, **values)
            made(connection, house, caller, "location", f"{values['site']}/{values['code']}", values)
        return _location({**values, "stands_at": None}), 201

    @places.operation("GET", "/locations", roles=("party",), answers={200: schemas.Locations})
    def list_locations(caller: Caller) -> Any:
        """List your locations, and the pallets with where they stand"""
        listed = (
            select(*_LOCATION, _STANDS_AT)
            .join(site, site.c.id == location.c.site_id)
            .outerjoin(_GROUND, _GROUND.c.id == location.c.within)
            .where(location.c.party_id == caller.party_id)
        )
        with house.engine.connect() as connection:
            rows = connection.execute(listed.order_by(site.c.code, location.c.code))
            return {"locations": [_location(plain(row)) for row in rows]}

    return places


def _location(values: dict[str, Any]) -> dict[str, Any]:
    return {"location": f"{values['site']}/{values['code']}", **values}
