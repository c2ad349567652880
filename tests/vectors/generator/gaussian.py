"""The discrete Gaussian samplers, in exact arithmetic, from the description in core/src/gaussian.

Nothing is quick here: each decision is made with the exact probability. What the quick bits of the library leave open is known up to a
band; numbers at the edges of the band are refused, so that the vectors do not depend on how it computes its quick probabilities.
"""

from collections.abc import Callable
from fractions import Fraction
from functools import cache
from math import floor, isqrt

PRECISION = 320
BATCH = 256
SLOTS = 4
MAGNITUDES = 54
DRAW_BITS = 128
NUMBER_BITS = 127
HEAD_BITS = 31


class Ambiguous(Exception):
    """Whether the library takes this number for undecided depends on its quick arithmetic."""


def exp_minus(x: Fraction) -> Fraction:
    """exp(-x) for x >= 0, with an error below 2^-300: exp(-x / 2^s) by its series, squared s times."""
    squarings = max(0, floor(x).bit_length()) + 16
    one = 1 << (PRECISION + squarings)
    reduced = floor(x * one) >> squarings
    total = term = one
    for i in range(1, 40):
        term = -(term * reduced >> (PRECISION + squarings)) // i
        total += term
    for _ in range(squarings):
        total = total * total >> (PRECISION + squarings)
    return Fraction(total, one)


@cache
def weight(distance: int, variance: Fraction) -> Fraction:
    """exp(-distance^2 / (2 variance))."""
    return exp_minus(distance * distance / (2 * variance))


def stretch(sigma: float) -> int:
    """The smallest power of two k with sigma / k < 4."""
    k = 1
    while sigma / k >= 4:
        k *= 2
    return k


@cache
def table(sigma: float) -> list[int]:
    """For each magnitude the largest draw that gives it: folded if nothing is stretched, otherwise cut at 0."""
    k = stretch(sigma)
    variance = Fraction(sigma) ** 2 / k**2
    times = 2 if k == 1 else 1
    # What follows beyond four hundred is below 2^-7000.
    weights = [weight(x, variance) * (times if x > 0 else 1) for x in range(400)]
    total = sum(weights)
    largest = [floor((1 << DRAW_BITS) * sum(weights[: x + 1]) / total) - 1 for x in range(MAGNITUDES)]
    # The last magnitude stands for all that are larger.
    largest[-1] = (1 << DRAW_BITS) - 1
    return largest


def look_up(sigma: float, draw: int) -> int:
    return next(x for x, largest in enumerate(table(sigma)) if draw <= largest)


def proposal_weight(sigma: float, y: int) -> Fraction:
    """The probability that a proposal, before its sign, is y and accepted: of y itself where nothing is rejected."""
    k = stretch(sigma)
    variance = Fraction(sigma) ** 2
    if k == 1:
        total = 2 * sum(weight(x, variance) for x in range(400)) - 1
        return weight(y, variance) * (2 if y else 1) / total
    narrow = sum(weight(x, variance / k**2) for x in range(400))
    return exp_minus(y * y / (2 * variance)) / (k * narrow)


def words(data: bytes, width: int) -> list[int]:
    return [int.from_bytes(data[i : i + width], "little") for i in range(0, len(data), width)]


def signed(magnitude: int, sign: int) -> int:
    return -magnitude if sign else magnitude


def is_head(sigma: float, draw: int) -> bool:
    """Whether further bits may change the magnitude that the upper 31 bits of the word give."""
    heads = {largest >> (DRAW_BITS - HEAD_BITS) for largest in table(sigma)}
    return draw >> 1 in heads


def full_draw(draw: int, completion: int) -> int:
    """31 bits of the word and the upper 97 of the completion."""
    return draw >> 1 << (DRAW_BITS - HEAD_BITS) | completion >> HEAD_BITS


def direct_size() -> int:
    return 4 * BATCH + 16 * SLOTS


def direct(sigma: float, data: bytes) -> tuple[list[int], list[int]]:
    """The samples of a batch and the positions of the undecided ones."""
    completions = words(data[4 * BATCH :], 16)
    samples, undecided = [], []
    for position, draw in enumerate(words(data[: 4 * BATCH], 4)):
        completion = 0
        if is_head(sigma, draw):
            completion = completions[len(undecided)]
            undecided.append(position)
        samples.append(signed(look_up(sigma, full_draw(draw, completion)), draw & 1))
    return samples, undecided


def combined_size() -> int:
    return 10 * BATCH + 32 * SLOTS


def half_words(data: bytes) -> list[int]:
    """The lower halves of the words, then the upper ones."""
    pairs = words(data, 4)
    return [pair & 0xFFFF for pair in pairs] + [pair >> 16 for pair in pairs]


def half_word_offset(position: int) -> int:
    """Where the half word of this position is."""
    word, upper = position % (BATCH // 2), position // (BATCH // 2)
    return 4 * word + 2 * upper


def acceptance(sigma: float, x: int, filling: int) -> tuple[int, Fraction]:
    """y = k x + u and the probability with which it is accepted."""
    k = stretch(sigma)
    u = filling * k >> 16
    y = k * x + u
    variance = Fraction(sigma) ** 2
    return y, exp_minus(Fraction(y * y - (k * x) ** 2) / (2 * variance))


def in_band(number: int, probability: Fraction) -> bool:
    """Whether the number is so close to the probability that the library looks at more bits."""
    distance = number - (probability * 2**32)
    # The quick probability is less than 5.4 too small or 11.6 too large, and a number is decided from a distance of 12 on.
    if Fraction(-14, 10) < distance < Fraction(66, 10):
        return True
    if distance < Fraction(-174, 10) or distance >= Fraction(236, 10):
        return False
    raise Ambiguous


def combined(sigma: float, data: bytes) -> tuple[list[int], list[int]]:
    """The accepted proposals of a batch and the positions of the undecided ones."""
    draws, fillings = words(data[: 4 * BATCH], 4), half_words(data[4 * BATCH : 6 * BATCH])
    numbers, completions = words(data[6 * BATCH : 10 * BATCH], 4), words(data[10 * BATCH :], 16)
    samples, undecided = [], []
    for position, (draw, filling, number) in enumerate(zip(draws, fillings, numbers, strict=True)):
        head = is_head(sigma, draw)
        slot = 2 * len(undecided)
        x = look_up(sigma, full_draw(draw, completions[slot] if head else 0))
        y, probability = acceptance(sigma, x, filling)
        accepted = number < probability * 2**32
        if head or in_band(number, probability):
            undecided.append(position)
            accepted = (number << (NUMBER_BITS - 32) | completions[slot + 1] >> 33) < probability * 2**NUMBER_BITS
        if accepted and not (y == 0 and draw & 1):
            samples.append(signed(y, draw & 1))
    return samples, undecided


def samples(sigma: float, count: int, stream: Callable[[int, int], bytes]) -> list[int]:
    """The first samples of a key, whose stream is given as a function of offset and length."""
    found: list[int] = []
    size, make = (direct_size(), direct) if stretch(sigma) == 1 else (combined_size(), combined)
    batch = 0
    while len(found) < count:
        found += make(sigma, stream(batch * size, size))[0]
        batch += 1
    return found[:count]


class Tape:
    """Uniform integers from bytes."""

    def __init__(self, stream: Callable[[int, int], bytes]) -> None:
        self.stream = stream
        self.used = 0

    def below(self, bound: int) -> int:
        bits = (bound - 1).bit_length()
        if bits == 0:
            return 0
        width = 8 if bits <= 64 else 16
        while True:
            number = int.from_bytes(self.stream(self.used, width), "little") % (1 << bits)
            self.used += width
            if number < bound:
                return number

    def coin(self) -> bool:
        return self.below(2) == 1

    def bernoulli(self, numerator: int, denominator: int) -> bool:
        return self.below(denominator) < numerator


def bernoulli_exp(tape: Tape, numerator: int, denominator: int) -> bool:
    """True with probability exp(-numerator / denominator): algorithm 1 of Canonne, Kamath and Steinke."""
    while numerator > denominator:
        if not bernoulli_exp(tape, 1, 1):
            return False
        numerator -= denominator
    tries = 1
    while tape.bernoulli(numerator, denominator * tries):
        tries += 1
    return tries % 2 == 1


def geometric(tape: Tape, numerator: int, denominator: int) -> int:
    while True:
        u = tape.below(numerator)
        if bernoulli_exp(tape, u, numerator):
            break
    v = 0
    while bernoulli_exp(tape, 1, 1):
        v += 1
    return (u + numerator * v) // denominator


def discrete_laplace(tape: Tape, numerator: int, denominator: int) -> int:
    """Algorithm 2."""
    while True:
        magnitude = geometric(tape, numerator, denominator)
        negative = tape.coin()
        if magnitude or not negative:
            return signed(magnitude, int(negative))


def discrete_gaussian(tape: Tape, numerator: int, denominator: int) -> int:
    """Algorithm 3 with sigma^2 = numerator / denominator."""
    scale = isqrt(numerator // denominator) + 1
    variance = Fraction(numerator, denominator)
    while True:
        y = discrete_laplace(tape, scale, 1)
        exponent = (abs(y) - variance / scale) ** 2 / (2 * variance)
        # The tape sees the fraction as the library writes it, which is not in lowest terms.
        divisor = 2 * numerator * denominator * scale * scale
        if bernoulli_exp(tape, int(exponent * divisor), divisor):
            return y


def poisson(tape: Tape, numerator: int, denominator: int) -> int:
    parts = -(-2 * numerator // denominator)
    return sum(_small_poisson(tape, 2 * numerator, denominator * parts) for _ in range(parts))


def _small_poisson(tape: Tape, numerator: int, denominator: int) -> int:
    while True:
        count, kept = 0, True
        while kept and tape.coin():
            count += 1
            kept = tape.bernoulli(numerator, denominator * count)
        if kept:
            return count


def skellam(tape: Tape, numerator: int, denominator: int) -> int:
    return poisson(tape, numerator, 2 * denominator) - poisson(tape, numerator, 2 * denominator)
