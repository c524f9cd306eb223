"""Why a numbering rule is refused, and why a number cannot be taken."""

from service.domain.errors import DomainError


class BadRule(DomainError):
    slug = "bad-lot-number-rule"
    title = "The rule could make a lot number that is wrong, too long, or not new"

    def __init__(self, pattern: str, expected: str, seen: str) -> None:
        super().__init__(f"pattern {pattern!r}: expected {expected}, got {seen}",
                         expected=expected, seen=seen, pattern=pattern)


class RuleDoesNotApply(DomainError):
    slug = "rule-does-not-apply"
    title = "This rule is for other items"

    def __init__(self, rule: str, item: str, expected: str, seen: str) -> None:
        super().__init__(f"rule {rule!r} is for {expected}, got item {item!r} ({seen})",
                         expected=expected, seen=seen, rule=rule, item=item)


class RuleUnclear(DomainError):
    slug = "rule-unclear"
    title = "Say which rule: none, or more than one, fits this item best"

    def __init__(self, item: str, rules: list[str]) -> None:
        super().__init__(f"expected one rule that fits {item!r} best, got {', '.join(rules) or 'none'}",
                         expected="rule", seen=rules, item=item)


class SerialUsedUp(DomainError):
    """INV: a number is never given twice; when there are no more, none is given."""

    slug = "serial-used-up"
    title = "There are not that many numbers left"

    def __init__(self, what: str, period: str, expected: int, seen: int, last: str) -> None:
        super().__init__(f"{what}: expected {expected} free numbers in period {period or 'always'}, found {seen}"
                         f" up to the last serial {last}", expected=expected, seen=seen, last=last, period=period)


class TakingIdTaken(DomainError):
    """One id, one content, for ever: the same id again gives the same numbers, and never others."""

    slug = "taking-id-taken"
    title = "This id was used to take other numbers"

    def __init__(self, id: str, expected: str, seen: str) -> None:
        super().__init__(f"{id} took {expected}, now it asks for {seen}", expected=expected, seen=seen, id=id)


class ScanIdTaken(DomainError):
    slug = "scan-id-taken"
    title = "This id was used for another scan"

    def __init__(self, id: str) -> None:
        super().__init__(f"scan {id} is kept with other content", expected="the same scan", seen="another", id=id)


class PrefixInUse(DomainError):
    slug = "gs1-prefix-in-use"
    title = "Numbers under this GS1 company prefix are given already"

    def __init__(self, prefix: str) -> None:
        super().__init__(f"prefix {prefix} overlaps one that is registered here", expected="a prefix of your own",
                         seen=prefix)
