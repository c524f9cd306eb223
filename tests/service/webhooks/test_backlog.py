"""How much waits in the outbox, as monitoring asks."""

from datetime import UTC, datetime

from sqlalchemy import text

from service.webhooks.backlog import backlog
from tests.service.ledger.world import World, register
from tests.service.webhooks.test_delivery import Hooked


def test_what_waits_or_was_given_up_is_counted_until_the_webhook_ends(world: World) -> None:
    hooked = Hooked(world)
    webhook = hooked.hook("https://shop.example/hook")
    world.clock.at = datetime(2026, 1, 1, tzinfo=UTC)
    for lot in ("L1", "L2", "L3"):
        world.do("maker", register(lot))
    with world.engine.begin() as connection:
        connection.execute(text("UPDATE warehouse.delivery SET state = 'dead' WHERE movement = 3"))
        seen = backlog(connection)
        assert (seen.waiting, seen.dead) == (2, 1)
        since = datetime.now(UTC) - datetime(2026, 1, 1, tzinfo=UTC)
        assert abs(seen.oldest - since.total_seconds()) < 300
        connection.execute(text("UPDATE warehouse.webhook SET ended_at = now() WHERE id = :id"), {"id": webhook})
        seen = backlog(connection)
        assert (seen.waiting, seen.dead, seen.oldest) == (0, 0, 0)
