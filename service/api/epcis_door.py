"""A door of EPCIS queries: what is wrong with a question by its name there, discovery by OPTIONS.

Headers of all answers, and the names of all other refusals, are those of `service.api.epcis_speech`.
"""

from flask import Response, request

from service.api.door import Door
from service.api.epcis_speech import DISCOVERED
from service.api.house import House
from service.api.problem import Problem
from service.epcis.exceptions import EpcisProblem
from service.epcis.query.faults import QueryFault

PREFIX = "/epcis"


def epcis_door(house: House, name: str, description: str) -> Door:
    door = house.door(name, description)
    door.register_error_handler(QueryFault, _of_fault)
    door.register_error_handler(Problem, _of_problem)
    door.after_request(_discovered)
    return door


def _of_fault(fault: QueryFault) -> Response:
    told = EpcisProblem(fault.status, fault.exception, fault.detail, expected=fault.expected, seen=fault.seen)
    return told.response()


def _of_problem(problem: Problem) -> Response:
    """A body of the wrong shape is a ValidationException, and that has the status 400."""
    if problem.status == 422 and request.method == "POST":
        return EpcisProblem(400, "ValidationException", problem.detail, **problem.extra).response()
    return problem.response()


def _discovered(response: Response) -> Response:
    """What Flask answers to OPTIONS, with what the standard adds."""
    if request.method == "OPTIONS":
        response.status_code = 204
        response.headers.update(DISCOVERED)
    return response
