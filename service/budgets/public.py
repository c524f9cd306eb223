"""Whatever is not an operation of the API is paid for by address: pages, tiles, shared lots, tokens, and paths that are
not there.
"""

from flask import Flask, request
from werkzeug.middleware.proxy_fix import ProxyFix

from service.api.door import Door
from service.api.house import House
from service.budgets.kinds import FREE


def install(app: Flask, house: House) -> None:
    """Let every other request pay; operations pay at the door, where it is known who calls."""
    doors = {name for name, blueprint in app.blueprints.items() if isinstance(blueprint, Door)}

    def pay() -> None:
        endpoint = request.endpoint or ""
        if request.blueprint not in doors and endpoint not in FREE:
            house.access.anybody(endpoint)

    app.before_request(pay)
    _believe(app, house.settings.proxies)


def _believe(app: Flask, proxies: int) -> None:
    """Take the word of that many proxies for who asks and whether over TLS; of nobody else."""
    if proxies:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=proxies, x_proto=proxies, x_host=0)  # type: ignore[method-assign]
