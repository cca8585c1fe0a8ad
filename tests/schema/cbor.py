"""Deterministic CBOR (RFC 8949, 4.2.1) for tests, independent of the program: what is not in its one
form is refused. Values are int, str, bytes, list, None, bool, Map and Tag."""


class Map(list):
    """Pairs of key and value, in the order of the bytes."""


class Tag:
    def __init__(self, number, value):
        self.number, self.value = number, value


def head(major, n):
    for extra, size in ((24, 1), (25, 2), (26, 4), (27, 8)):
        if n < 24:
            return bytes([major << 5 | n])
        if n < 1 << 8 * size:
            return bytes([major << 5 | extra]) + n.to_bytes(size, 'big')
    raise ValueError('a number over 64 bits')


SIMPLE = {False: b'\xf4', True: b'\xf5', None: b'\xf6'}


def encode(v):
    if v is None or isinstance(v, bool):
        return SIMPLE[v]
    if isinstance(v, int):
        return head(0, v) if v >= 0 else head(1, -1 - v)
    if isinstance(v, bytes):
        return head(2, len(v)) + v
    if isinstance(v, str):
        return head(3, len(v.encode())) + v.encode()
    if isinstance(v, Map):
        pairs = sorted((encode(k), encode(x)) for k, x in v)
        return head(5, len(v)) + b''.join(k + x for k, x in pairs)
    if isinstance(v, list):
        return head(4, len(v)) + b''.join(map(encode, v))
    return head(6, v.number) + encode(v.value)


def need(ok, why):
    if not ok:
        raise ValueError(why)


def item(data, at):
    """The value at an offset, and the offset behind it."""
    need(at < len(data), 'cut short')
    major, n = data[at] >> 5, data[at] & 31
    start, at = at, at + 1
    if major == 7:
        need(20 <= n <= 22, 'neither false nor true nor null')
        return {20: False, 21: True, 22: None}[n], at
    need(n < 28, 'an indefinite or reserved length')
    if n >= 24:
        size = 1 << n - 24
        need(at + size <= len(data), 'cut short')
        n = int.from_bytes(data[at:at + size], 'big')
        at += size
    need(data[start:at] == head(major, n), 'not the shortest form')
    if major < 2:
        return (n if major == 0 else -1 - n), at
    if major < 4:
        need(n <= len(data) - at, 'cut short')
        text = data[at:at + n]
        return (text if major == 2 else text.decode()), at + n
    if major == 6:
        value, at = item(data, at)
        return Tag(n, value), at
    return sequence(data, at, n, major == 5)


def sequence(data, at, n, is_map):
    found, last = (Map() if is_map else []), b''
    for _ in range(n):
        start = at
        value, at = item(data, at)
        if is_map:
            key = data[start:at]
            need(last < key, 'keys out of order or repeated')
            last, key_value = key, value
            value, at = item(data, at)
            value = (key_value, value)
        found.append(value)
    return found, at


def decode(data):
    value, at = item(data, 0)
    need(at == len(data), 'bytes behind the end')
    return value
