"""Lot numbers and SSCCs: rules, what they would give, what they give, and whether a number is free."""

from typing import Any

from sqlalchemy import select

from service.api import numbers_schemas as schemas
from service.api.door import Door, body_of
from service.api.house import House
from service.api.rows import plain
from service.api.trail import author, made
from service.auth.keys import Caller
from service.models.numbers import gs1_prefix, lot_number_rule
from service.numbers import checking, rules, sscc, taking
from service.numbers.lookup import LotFound
from service.people import changes

PARTY = ("party",)


def door(house: House) -> Door:
    numbers = house.door("numbers", "Lot numbers by rule, SSCCs, and numbers that look alike")
    _rules(numbers, house)
    _previews(numbers, house)
    _categories(numbers, house)
    _lot_numbers(numbers, house)
    _ssccs(numbers, house)
    return numbers


def _rules(numbers: Door, house: House) -> None:
    @numbers.operation("POST", "/lot-number-rules", roles=PARTY, body=body_of(schemas.NewLotNumberRule),
                       answers={201: schemas.LotNumberRule}, problems=(409,))  # fmt: skip
    def add_lot_number_rule(caller: Caller, body: rules.NewRule) -> Any:
        """Make a rule for lot numbers

        `{YYYY}{MM}{DD}-{serial:3}`: tokens YYYY YY MM DD WW DDD, site, item, party, serial:width, check:gs1 or
        check:37-36 at the end. Refused if any day or serial could make a number that is too long, holds a character
        outside GS1 set 82, or comes twice. A rule is never changed; make another.
        """
        assert caller.party is not None and caller.party_id is not None
        with house.engine.begin() as connection:
            rule = plain(rules.create_rule(connection, caller.party, caller.party_id, body))
            made(connection, house, caller, "lot-number-rule", rule["code"], rule)
        return rule, 201

    @numbers.operation("GET", "/lot-number-rules", roles=PARTY, query=schemas.LotNumberRuleQuery,
                       answers={200: schemas.LotNumberRules})  # fmt: skip
    def list_lot_number_rules(caller: Caller, query: dict[str, Any]) -> Any:
        """List your rules for lot numbers"""
        listed = rules.LISTED.where(
            lot_number_rule.c.party_id == caller.party_id, lot_number_rule.c.code > query.get("after", "")
        )
        with house.engine.connect() as connection:
            found = connection.execute(listed.order_by(lot_number_rule.c.code).limit(query["limit"])).all()
        following = found[-1].code if len(found) == query["limit"] else None
        return {"rules": [plain(row) for row in found], "next": following}


def _previews(numbers: Door, house: House) -> None:
    @numbers.operation("POST", "/lot-number-rules/<code>/preview", roles=PARTY, path={"code": schemas.Text(40)},
                       body=body_of(schemas.LotNumberPreviewAsked), answers={200: schemas.LotNumberPreview},
                       problems=(409,))  # fmt: skip
    def preview_lot_numbers(caller: Caller, code: str, body: dict[str, Any]) -> Any:
        """See the numbers that would come next

        Takes nothing: until they are taken, somebody else may get them.
        """
        assert caller.party is not None and caller.party_id is not None
        asked = taking.Asked(_NOBODY, body["item"], body["site"], body["count"], code)
        with house.engine.connect() as connection:
            day, listed = taking.preview(
                connection, caller.party, caller.party_id, asked, body.get("day"), house.now()
            )
        return {"rule": code, "day": day, "numbers": listed}

    @numbers.operation("POST", "/lot-number-rules/preview", roles=PARTY, body=body_of(schemas.DraftPreviewAsked),
                       answers={200: schemas.LotNumberPreview}, problems=(409,))  # fmt: skip
    def preview_rule(caller: Caller, body: dict[str, Any]) -> Any:
        """See the numbers that a rule would give before it is made

        Refused for the same reasons as the rule itself. Nothing is kept.
        """
        assert caller.party is not None and caller.party_id is not None
        rule = body["rule"]
        asked = taking.Asked(_NOBODY, body["item"], body["site"], body["count"], rule.code)
        with house.engine.connect() as connection:  # no commit: the rule was never there
            rules.create_rule(connection, caller.party, caller.party_id, rule)
            day, listed = taking.preview(
                connection, caller.party, caller.party_id, asked, body.get("day"), house.now()
            )
        return {"rule": rule.code, "day": day, "numbers": listed}


def _categories(numbers: Door, house: House) -> None:
    @numbers.operation("POST", "/item-categories", roles=PARTY, body=body_of(schemas.ItemCategory),
                       answers={200: schemas.ItemCategory}, problems=(409,))  # fmt: skip
    def set_item_category(caller: Caller, body: dict[str, Any]) -> Any:
        """Put items into a category

        An item is in one category at most; rules for lot numbers can be for a category.
        """
        assert caller.party_id is not None
        with house.engine.begin() as connection:
            before = rules.set_category(connection, caller.party_id, body["category"], body["items"])
            for code, old in before.items():
                if old != body["category"]:
                    told = {"category": (old, body["category"])}
                    changes.keep(connection, author(house, caller), "item", code, told)
        return body


def _lot_numbers(numbers: Door, house: House) -> None:
    @numbers.operation("POST", "/lot-numbers", roles=PARTY, body=body_of(schemas.LotNumbersAsked),
                       answers={201: schemas.LotNumbersTaken, 200: schemas.LotNumbersTaken},
                       problems=(409,))  # fmt: skip
    def take_lot_numbers(caller: Caller, body: dict[str, Any]) -> Any:
        """Take lot numbers

        Choose a fresh UUID as `id`: asking again with it gives the same numbers (200 instead of 201). Nobody else
        ever gets them, and none is the number of a lot that exists.
        """
        assert caller.party is not None and caller.party_id is not None
        with house.engine.begin() as connection:
            taken = taking.take(
                connection, caller.party, caller.party_id, taking.Asked(**body), caller.actor, house.now()
            )
        return _members(taken), 200 if taken.replayed else 201

    @numbers.operation("POST", "/lot-numbers/check", roles=PARTY, body=body_of(schemas.LotNumberCheckAsked),
                       answers={200: schemas.LotNumberChecked}, problems=(409,))  # fmt: skip
    def check_lot_number(caller: Caller, body: dict[str, str]) -> Any:
        """Check a lot number that somebody typed

        Is it spelled right, does it exist, and which lots of the item look like it (O and 0, I and l, a Cyrillic А)?
        """
        assert caller.party_id is not None
        with house.engine.connect() as connection:
            found = checking.check(connection, caller.party_id, body["item"], body["lot"])
        return {
            **body,
            "spelled_right": found.problem is None,
            "problem": found.problem,
            "characters": [_members(each) for each in found.characters],
            "resembles": found.resembles,
            "exists": lot_named(found.exists) if found.exists else None,
            "look_alikes": [lot_named(each) for each in found.look_alikes],
        }


def _ssccs(numbers: Door, house: House) -> None:
    @numbers.operation("POST", "/gs1-prefixes", roles=PARTY, body=body_of(schemas.NewGs1Prefix),
                       answers={201: schemas.Gs1Prefix}, problems=(409,))  # fmt: skip
    def add_gs1_prefix(caller: Caller, body: dict[str, Any]) -> Any:
        """Register your GS1 company prefix

        SSCCs are made under it. One that overlaps a registered one is refused: both would make the same codes.
        """
        assert caller.party_id is not None
        with house.engine.begin() as connection:
            sscc.register_prefix(connection, caller.party_id, body["prefix"], body["start"])
            made(connection, house, caller, "gs1-prefix", body["prefix"], body)
        return body, 201

    @numbers.operation("GET", "/gs1-prefixes", roles=PARTY, answers={200: schemas.Gs1Prefixes})
    def list_gs1_prefixes(caller: Caller) -> Any:
        """List your GS1 company prefixes"""
        listed = select(gs1_prefix.c.prefix, gs1_prefix.c.start).where(gs1_prefix.c.party_id == caller.party_id)
        with house.engine.connect() as connection:
            rows = connection.execute(listed.order_by(gs1_prefix.c.prefix))
            return {"prefixes": [plain(row) for row in rows]}

    @numbers.operation("POST", "/sscc", roles=PARTY, body=body_of(schemas.SsccsAsked),
                       answers={201: schemas.SsccsTaken, 200: schemas.SsccsTaken}, problems=(409,))  # fmt: skip
    def take_ssccs(caller: Caller, body: dict[str, Any]) -> Any:
        """Take SSCCs for pallets

        Choose a fresh UUID as `id`: asking again with it gives the same codes (200 instead of 201).
        """
        assert caller.party_id is not None
        with house.engine.begin() as connection:
            taken = sscc.take(connection, caller.party_id, sscc.Asked(**body), caller.actor, house.now())
        return _members(taken), 200 if taken.replayed else 201


_NOBODY = taking.UUID(int=0)  # a preview takes nothing, so it needs no id


def lot_named(lot: LotFound) -> dict[str, Any]:
    return {"uri": lot.uri, "item": lot.item, "lot": lot.number, "manufacturer_lot": lot.manufacturer_lot,
            "expiry_date": lot.expiry_date}


def _members(fact: Any) -> dict[str, Any]:
    """The fields of a frozen fact as JSON members, without the one that only decides the status."""
    return {name: getattr(fact, name) for name in fact.__dataclass_fields__ if name != "replayed"}
