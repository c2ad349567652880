"""The group ristretto255 (RFC 9496), in plain integers."""

from dataclasses import dataclass

P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
SQRT_M1 = pow(2, (P - 1) // 4, P)
# Section 4.1: of these two roots the one of the RFC; tests hold them to their squares and to its test vectors.
SQRT_AD_MINUS_ONE = 25063068953384623474111414158702152701244531502492656460079210482610430750235
INVSQRT_A_MINUS_D = 54469307008909316920995813868745141605393597292927456921205312896311721017578


def _is_negative(value: int) -> bool:
    return value % P % 2 == 1


def _absolute(value: int) -> int:
    return (-value if _is_negative(value) else value) % P


def _square_root_of_ratio(u: int, v: int) -> tuple[bool, int]:
    """SQRT_RATIO_M1 of section 3.1.3."""
    root = u * pow(v, 3, P) * pow(u * pow(v, 7, P), (P - 5) // 8, P) % P
    check = v * root * root % P
    correct, flipped, flipped_by_i = check == u % P, check == -u % P, check == -u * SQRT_M1 % P
    if flipped or flipped_by_i:
        root = root * SQRT_M1 % P
    return correct or flipped, _absolute(root)


@dataclass(frozen=True)
class Element:
    """In extended coordinates."""

    x: int
    y: int
    z: int
    t: int

    def __add__(self, other: "Element") -> "Element":
        a = (self.y - self.x) * (other.y - other.x) % P
        b = (self.y + self.x) * (other.y + other.x) % P
        c = 2 * D * self.t * other.t % P
        d = 2 * self.z * other.z % P
        e, f, g, h = b - a, d - c, d + c, b + a
        return Element(e * f % P, g * h % P, f * g % P, e * h % P)

    def __rmul__(self, scalar: int) -> "Element":
        product, power = ZERO, self
        while scalar:
            if scalar & 1:
                product = product + power
            power, scalar = power + power, scalar >> 1
        return product

    def encode(self) -> bytes:
        """Section 4.3.2."""
        u1, u2 = (self.z + self.y) * (self.z - self.y), self.x * self.y
        _, inverse = _square_root_of_ratio(1, u1 * u2 * u2 % P)
        den1, den2 = inverse * u1, inverse * u2
        z_inverse = den1 * den2 * self.t
        rotate = _is_negative(self.t * z_inverse)
        x, y, den = (self.y * SQRT_M1, self.x * SQRT_M1, den1 * INVSQRT_A_MINUS_D) if rotate else (self.x, self.y, den2)
        if _is_negative(x * z_inverse):
            y = -y
        return _absolute(den * (self.z - y)).to_bytes(32, "little")


ZERO = Element(0, 1, 1, 0)


def decode(data: bytes) -> Element:
    """Section 4.3.1; ValueError for what encodes no element."""
    s = int.from_bytes(data, "little")
    if len(data) != 32 or s >= P or _is_negative(s):
        raise ValueError("not canonical")
    u1, u2 = 1 - s * s, 1 + s * s
    v = -D * u1 * u1 - u2 * u2
    square, inverse = _square_root_of_ratio(1, v * u2 * u2 % P)
    x = _absolute(2 * s * inverse * u2)
    y = u1 * inverse * inverse * u2 * v % P
    if not square or _is_negative(x * y) or y == 0:
        raise ValueError("no element")
    return Element(x, y, 1, x * y % P)


def _map(data: bytes) -> Element:
    """MAP of section 4.3.4."""
    t = int.from_bytes(data, "little") % 2**255 % P
    r = SQRT_M1 * t * t
    u, v = (r + 1) * (1 - D * D), (-1 - r * D) * (r + D)
    square, s = _square_root_of_ratio(u % P, v % P)
    c = -1
    if not square:
        s, c = -_absolute(s * t), r
    n = c * (r - 1) * (D - 1) ** 2 - v
    w0, w1, w2, w3 = 2 * s * v, n * SQRT_AD_MINUS_ONE, 1 - s * s, 1 + s * s
    return Element(w0 * w3 % P, w2 * w1 % P, w1 * w3 % P, w0 * w2 % P)


def from_uniform(data: bytes) -> Element:
    """Section 4.3.4, for 64 bytes."""
    return _map(data[:32]) + _map(data[32:])


GENERATOR = decode(bytes.fromhex("e2f2ae0a6abc4e71a884a961c500515f58e30b6aa582dd8db6a65945e08d2d76"))
