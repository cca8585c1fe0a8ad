#!/usr/bin/env python3
"""Files against a schema in CDDL (RFC 8610), whose rules are read and not written down again.

    cddl.py FILE.cddl RULE DATA...           each file is deterministic CBOR that matches the rule
    cddl.py --broken FILE.cddl RULE DATA...  breaks each file at every place in every way, and prints
                                             what the schema still accepts, as it should where it is
                                             free; and rules that no file has used

As much of CDDL as our schemas need: the prelude's types, literals, ranges, choices, arrays, maps,
occurrences, tags, generic rules, .size, .regexp and .cbor. Anything else is an error."""
import re
import sys

from cbor import Map, Tag, decode, encode

TOKEN = re.compile(r'''\s+|;[^\n]*|(?P<text>"(?:[^"\\])*")|(?P<control>\.(?:size|cbor|regexp)\b)
    |(?P<occur>\d*\*\d*|\?|\+)|(?P<number>-?\d+)|(?P<tag>\#6\.\d+)|(?P<id>[a-z_A-Z][\w-]*)
    |(?P<sign>=>|\.\.|[=/{}\[\]()<>,:])''', re.X)
PRELUDE = {
    'uint': lambda v: type(v) is int and v >= 0,
    'int': lambda v: type(v) is int,
    'text': lambda v: type(v) is str,
    'bytes': lambda v: type(v) is bytes,
    'bool': lambda v: type(v) is bool,
    'nil': lambda v: v is None,
}


class Parser:
    def __init__(self, source):
        self.tokens, at = [], 0
        while at < len(source):
            m = TOKEN.match(source, at)
            if not m:
                raise SyntaxError('cannot read: ' + source[at:at + 40])
            if m.lastgroup:
                self.tokens.append((m.lastgroup, m.group()))
            at = m.end()
        self.tokens += [('end', '')] * 2
        self.rules = {}
        while self.tokens[0][0] != 'end':
            self.rule()

    def take(self, *wanted):
        """The next token, if it is wanted: a kind or a sign."""
        kind, text = self.tokens[0]
        if kind in wanted or kind == 'sign' and text in wanted:
            self.tokens.pop(0)
            return text
        return None

    def need(self, *wanted):
        found = self.take(*wanted)
        if found is None:
            raise SyntaxError(f'{" or ".join(wanted)} must stand at {self.tokens[0][1]!r}')
        return found

    def listed(self, one):
        found = [one()]
        while self.take(','):
            found.append(one())
        self.need('>')
        return found

    def rule(self):
        name = self.need('id')
        params = self.listed(lambda: self.need('id')) if self.take('<') else []
        self.need('=')
        if name in self.rules:
            raise SyntaxError('two rules ' + name)
        self.rules[name] = (params, self.type())

    def type(self):
        choices = [self.type1()]
        while self.take('/'):
            choices.append(self.type1())
        return choices[0] if len(choices) == 1 else ('choice', choices)

    def type1(self):
        left = self.type2()
        if self.take('..'):
            return 'range', left, self.type2()
        control = self.take('control')
        return (control, left, self.type2()) if control else left

    def type2(self):
        if text := self.take('text'):
            return 'literal', text[1:-1]
        if number := self.take('number'):
            return 'literal', int(number)
        if tag := self.take('tag'):
            self.need('(')
            inner = self.type()
            self.need(')')
            return 'tag', int(tag[3:]), inner
        if self.take('('):
            inner = self.type()
            self.need(')')
            return inner
        for kind, begin, end in (('map', '{', '}'), ('array', '[', ']')):
            if self.take(begin):
                return kind, self.group(end)
        name = self.need('id')
        return 'name', name, self.listed(self.type1) if self.take('<') else []

    def group(self, end):
        """(least, most, key or None, type) of each entry"""
        entries = []
        while not self.take(end):
            least, most = self.occurrence(self.take('occur'))
            kind = self.type()
            key = None
            if self.take('=>'):
                key, kind = kind, self.type()
            elif self.take(':'):
                kind = self.type()
            if (key is None) == (end == '}'):
                raise SyntaxError('a map needs keys with =>, an array has none')
            entries.append((least, most, key, kind))
            if not self.take(','):
                self.need(end)
                break
        return entries

    @staticmethod
    def occurrence(text):
        if text is None:
            return 1, 1
        if text in '?+':
            return (0, 1) if text == '?' else (1, sys.maxsize)
        least, most = text.split('*')
        return int(least or 0), int(most or sys.maxsize)


class Bad(Exception):
    pass


class Schema:
    def __init__(self, path):
        with open(path, encoding='utf-8') as f:
            self.rules = Parser(f.read()).rules
        self.used = set()

    def check(self, rule, data):
        """Raises Bad with the place and the reason."""
        self.embedded(('name', rule, []), data, {}, '')

    def embedded(self, node, data, scope, where):
        try:
            value = decode(data)
        except ValueError as e:
            raise Bad(f'{where}: no deterministic CBOR: {e}') from None
        self.match(node, value, scope, where)

    def match(self, node, value, scope, where):
        getattr(self, 'match_' + node[0].lstrip('.'))(node, value, scope, where)

    def match_literal(self, node, value, _, where):
        if type(value) is not type(node[1]) or value != node[1]:
            raise Bad(f'{where}: {shown(value)} and must be {node[1]!r}')

    def match_name(self, node, value, scope, where):
        _, name, arguments = node
        if name in scope:
            inner, outer = scope[name]
            self.match(inner, value, outer, where)
        elif name in self.rules:
            params, inner = self.rules[name]
            if len(params) != len(arguments):
                raise SyntaxError(f'{name} takes {len(params)} arguments')
            self.match(inner, value, {p: (a, scope) for p, a in zip(params, arguments)}, where)
            self.used.add(name)
        elif not PRELUDE[name](value):
            raise Bad(f'{where}: {shown(value)} and must be {name}')

    def match_choice(self, node, value, scope, where):
        why = []
        for choice in node[1]:
            try:
                return self.match(choice, value, scope, where)
            except Bad as e:
                why.append(str(e))
        raise Bad(' or '.join(why))

    def match_range(self, node, value, scope, where):
        least, most = (self.number(x, scope) for x in node[1:])
        if type(value) is not int or not least <= value <= most:
            raise Bad(f'{where}: {shown(value)} and must be {least} to {most}')

    def number(self, node, scope):
        while node[0] == 'name':
            node, scope = scope[node[1]]
        return node[1]

    def match_tag(self, node, value, scope, where):
        if not isinstance(value, Tag) or value.number != node[1]:
            raise Bad(f'{where}: {shown(value)} and must have tag {node[1]}')
        self.match(node[2], value.value, scope, f'{where}/tag')

    def match_size(self, node, value, scope, where):
        self.match(node[1], value, scope, where)
        size = len(value.encode() if type(value) is str else value)
        if node[2][0] == 'range':
            self.match(node[2], size, scope, f'{where}: length')
        elif size != self.number(node[2], scope):
            raise Bad(f'{where}: length {size} and must be {self.number(node[2], scope)}')

    def match_regexp(self, node, value, scope, where):
        self.match(node[1], value, scope, where)
        if not re.fullmatch(node[2][1], value):
            raise Bad(f'{where}: {shown(value)} does not match {node[2][1]}')

    def match_cbor(self, node, value, scope, where):
        self.match(node[1], value, scope, where)
        self.embedded(node[2], value, scope, f'{where}/cbor')

    def match_array(self, node, value, scope, where):
        if type(value) is not list:
            raise Bad(f'{where}: {shown(value)} and must be an array')
        at, why = 0, f'{where}: elements too many'
        for least, most, _, kind in node[1]:
            n = 0
            while n < most and at < len(value):
                try:
                    self.match(kind, value[at], scope, f'{where}/{at}')
                except Bad as e:
                    why = str(e)
                    break
                n, at = n + 1, at + 1
            if n < least:
                raise Bad(why if at < len(value) else f'{where}: elements too few')
        if at < len(value):
            raise Bad(why)

    def match_map(self, node, value, scope, where):
        if not isinstance(value, Map):
            raise Bad(f'{where}: {shown(value)} and must be a map')
        left = list(value)
        for least, most, key, kind in node[1]:
            taken = [pair for pair in left if self.is_key(key, pair[0], scope)]
            left = [pair for pair in left if pair not in taken]
            if not least <= len(taken) <= most:
                raise Bad(f'{where}: {len(taken)} times key {key[1]}')
            for k, v in taken:
                self.match(kind, v, scope, f'{where}/{k}')
        if left:
            raise Bad(f'{where}: no key {left[0][0]!r} is known')

    def is_key(self, key, value, scope):
        try:
            self.match(key, value, scope, '')
        except Bad:
            return False
        return True


def shown(value):
    if isinstance(value, (Map, list)):
        return 'a map' if isinstance(value, Map) else 'an array'
    return f'tag {value.number}' if isinstance(value, Tag) else repr(value)[:60]


def broken(v, where=''):
    """(where, how, v with one fault), for each place and each fault that fits it"""
    for how, wrong in (('other type', Map([(0, None)]) if not isinstance(v, Map) else [v]),):
        yield where, how, wrong
    if isinstance(v, bool) or v is None:
        return
    if isinstance(v, int):
        yield where, 'other number', v + 1000
    elif isinstance(v, str):
        yield where, 'other text', v + '/'
        yield where, 'no text', ''
    elif isinstance(v, bytes):
        yield where, 'longer', v + b'\0'
        yield where, 'shorter', v[:-1]
        try:
            inner = decode(v)
        except ValueError:
            return
        for place, how, wrong in broken(inner, f'{where}/cbor'):
            yield place, how, encode(wrong)
    elif isinstance(v, Tag):
        yield where, 'other tag', Tag(v.number + 1, v.value)
        for place, how, wrong in broken(v.value, f'{where}/tag'):
            yield place, how, Tag(v.number, wrong)
    elif isinstance(v, Map):
        yield where, 'another key', Map(v + [(4711, 0)])
        for i, (key, value) in enumerate(v):
            yield f'{where}/{key}', 'missing', Map(v[:i] + v[i + 1:])
            for place, how, wrong in broken(value, f'{where}/{key}'):
                yield place, how, Map(v[:i] + [(key, wrong)] + v[i + 1:])
    else:
        yield where, 'another element', v + [4711]
        for i, value in enumerate(v):
            yield f'{where}/{i}', 'missing', v[:i] + v[i + 1:]
            for place, how, wrong in broken(value, f'{where}/{i}'):
                yield place, how, v[:i] + [wrong] + v[i + 1:]


def main(arguments):
    breaking = arguments[0] == '--broken'
    path, rule, *files = arguments[breaking:]
    schema, bad, tried = Schema(path), 0, 0
    for name in files:
        with open(name, 'rb') as f:
            data = f.read()
        try:
            schema.check(rule, data)
        except Bad as e:
            print(f'{name}{e}')
            bad += 1
            continue
        for where, how, wrong in broken(decode(data)) if breaking else ():
            tried += 1
            try:
                schema.check(rule, encode(wrong))
                print(f'{name}{where}: {how}')
            except Bad:
                pass
    if breaking:
        for name in sorted(schema.rules.keys() - schema.used):
            print(f'no file uses {name}')
        print(f'{tried} faults tried', file=sys.stderr)
    return bad > 0


sys.exit(main(sys.argv[1:]))
