"""URIs of sites and locations in events: GLN Digital Links where the site has a GLN, else under the party's own URI."""

GLN_EXTENSION_LENGTH = 20


def site_uri(party_uri: str, code: str, gln: str | None) -> str:
    return f"https://id.gs1.org/414/{gln}" if gln else f"{party_uri}/{code}"


def location_uri(site: str, code: str, gln: str | None) -> str:
    """AI 254 holds 20 characters; a longer code makes a name of our own beside the site's."""
    if gln is None:
        return f"{site}/{code}"
    return f"{site}/254/{code}" if len(code) <= GLN_EXTENSION_LENGTH else f"{site}/location/{code}"
