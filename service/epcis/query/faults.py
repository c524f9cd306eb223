"""What is wrong with a question, by the names that EPCIS gives to it."""


class QueryFault(Exception):
    """The question cannot be answered; `expected` and `seen` say why."""

    exception = "QueryParameterException"
    status = 400

    def __init__(self, detail: str, *, expected: object = None, seen: object = None) -> None:
        super().__init__(detail)
        self.detail, self.expected, self.seen = detail, expected, seen


class WrongParameter(QueryFault):
    """A parameter that there is not, twice or beside another that excludes it, or a value of another kind."""


class WrongQuery(QueryFault):
    """A named query whose definition is none."""

    exception = "QueryValidationException"


class TooLarge(QueryFault):
    """More events than the caller wants to see."""

    exception = "QueryTooLargeException"
    status = 413


class TooComplex(QueryFault):
    """It would take longer than we let anybody ask."""

    exception = "QueryTooComplexException"
    status = 413


class WrongControls(QueryFault):
    """When a subscription is to report cannot be understood."""

    exception = "SubscriptionControlsException"
