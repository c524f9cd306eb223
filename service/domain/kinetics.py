"""What warmth does to goods: mean kinetic temperature, and how much of a shelf life was used up.

Mean kinetic temperature, USP <1079.2>, with weights for readings that are not equally far apart (Tong and Lock 2015):

    T_K = (ΔH/R) / −ln( Σ wᵢ·exp(−ΔH/(R·Tᵢ)) / Σ wᵢ )      ΔH = 83.144 kJ/mol, R = 8.3144 J/(mol·K): ΔH/R = 10,000 K

Ageing, relative to the temperature for which the shelf life was given:

    arrhenius    k(T)/k(T₀) = exp( Eₐ/R · (1/T₀ − 1/T) )
    q10          k(T)/k(T₀) = Q₁₀ ^ ((T − T₀)/10 K)

Temperatures are thousandths of a degree Celsius, weights whole milliseconds. Exponentials are decimals of 28 digits,
never floats: the same readings give the same digits on every machine. The chapter does not apply the mean kinetic
temperature to frozen goods; who asks for theirs gets a number that means little, so `service.sensors.health` does not.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Context, Decimal
from functools import lru_cache
from typing import Literal, get_args

Model = Literal["arrhenius", "q10"]
MODELS: tuple[Model, ...] = get_args(Model)

GAS = Decimal("8.3144")  # J/(mol·K), as in the chapter
ENERGY = 83_144  # J/mol
ZERO = 273_150  # thousandths of a kelvin at 0 °C
RATE = 1_000_000_000
"""Rates are whole billionths: 1,000,000,000 is as fast as at the reference."""

_EXACT = Context(prec=28, rounding=ROUND_HALF_EVEN)


def mean_kinetic_temperature(weights: Mapping[int, int], energy: int = ENERGY) -> int | None:
    """Thousandths of a degree Celsius; `weights`: how long each value lasted, in any unit. None of no time at all.

    Values must be above absolute zero. Rounded half to even.
    """
    total = sum(weights.values())
    if total <= 0:
        return None
    ratio = _EXACT.divide(Decimal(energy), GAS)
    terms = [_EXACT.multiply(Decimal(weight), _exp(-ratio, value)) for value, weight in weights.items() if weight]
    mean = Decimal(0)
    for term in terms:
        mean = _EXACT.add(mean, term)
    kelvin = _EXACT.divide(ratio, -_EXACT.ln(_EXACT.divide(mean, Decimal(total))))
    return int(_EXACT.multiply(kelvin, Decimal(1000)).quantize(Decimal(1), ROUND_HALF_EVEN)) - ZERO


def _exp(ratio: Decimal, value: int) -> Decimal:
    """exp(ratio / T)"""
    return _EXACT.exp(_EXACT.divide(ratio * 1000, Decimal(value + ZERO)))


@dataclass(frozen=True, slots=True)
class Ageing:
    """How an item ages. `reference`: thousandths of °C, at which the shelf life holds. `energy`: J/mol, of arrhenius.
    `q10`: thousandths, at least 1000: no goods keep better the warmer they lie."""

    model: str
    reference: int
    energy: int = ENERGY
    q10: int = 2000

    def rate(self, value: int) -> int:
        """Billionths of the pace at the reference."""
        return _rate(self, value)


@lru_cache(maxsize=100_000)
def _rate(ageing: Ageing, value: int) -> int:
    return int(_EXACT.multiply(_PACE[ageing.model](ageing, value), Decimal(RATE)).to_integral_value(ROUND_HALF_EVEN))


def _arrhenius(ageing: Ageing, value: int) -> Decimal:
    ratio = _EXACT.divide(Decimal(ageing.energy), GAS) * 1000
    here = _EXACT.divide(ratio, Decimal(ageing.reference + ZERO))
    return _EXACT.exp(_EXACT.subtract(here, _EXACT.divide(ratio, Decimal(value + ZERO))))


def _q10(ageing: Ageing, value: int) -> Decimal:
    steps = _EXACT.divide(Decimal(value - ageing.reference), Decimal(10_000))
    return _EXACT.exp(_EXACT.multiply(steps, _EXACT.ln(_EXACT.divide(Decimal(ageing.q10), Decimal(1000)))))


_PACE: Mapping[str, Callable[[Ageing, int], Decimal]] = {"arrhenius": _arrhenius, "q10": _q10}
