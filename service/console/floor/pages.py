"""All pages of the floor, put together."""

from service.console.floor import answers, flows, forms, label, picking
from service.console.frame import Frame


def declare(frame: Frame) -> None:
    forms.declare(frame)
    flows.declare(frame)
    picking.declare(frame)
    answers.declare(frame)
    label.declare(frame)
