"""EPC patterns (EPCIS 2.0, section 8.2.7.1.1; Tag Data Standard). Events keep Digital Links: a pattern becomes a LIKE.

    urn:epc:idpat:sgtin:0614141.107346.*    all serial numbers of a trade item
    urn:epc:idpat:sgtin:0614141.*.*         all items of a company
    urn:epc:idpat:sscc:0614141.*            all its logistic units
"""

import re

from service.epcis.translation import canonical

_SGTIN = re.compile(r"urn:epc:idpat:sgtin:(?:(\d{6,12})\.(?:(\d{1,7})|\*)|\*\.\*)\.\*", re.ASCII)
_SSCC = re.compile(r"urn:epc:idpat:sscc:(?:(\d{6,12})|\*)\.\*", re.ASCII)
_LINK = "https://id.gs1.org"


def like(value: str, *, classes: bool) -> str | None:
    """What LIKE is to be asked; None if the value is no pattern, or, among `classes`, one that names a single class."""
    if match := _SGTIN.fullmatch(value):
        company, item = match.groups()
        if company and item:
            return None if classes else f"{canonical(value)}/21/%"
        stem = f"{_LINK}/01/_{company}" if company else f"{_LINK}/01/"
        return f"{stem}%" if classes else f"{stem}%/21/%"
    if match := _SSCC.fullmatch(value):
        return f"{_LINK}/00/_{match[1]}%" if match[1] else f"{_LINK}/00/%"
    return None
