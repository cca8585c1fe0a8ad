#!/usr/bin/env python3
"""JSON files against a JSON Schema (2020-12): json_schema.py FILE.schema.json DATA...

As many keywords as our schemas need; any other is an error, and so is a key that stands twice."""
import json
import re
import sys

TYPES = {
    'object': lambda v: type(v) is dict,
    'array': lambda v: type(v) is list,
    'string': lambda v: type(v) is str,
    'integer': lambda v: type(v) is int,
    'boolean': lambda v: type(v) is bool,
    'null': lambda v: v is None,
}
NOTES = {'$schema', '$id', '$defs', 'title', 'description'}
SIMPLE = {
    'const': lambda v, x: v == x and type(v) is type(x),
    'enum': lambda v, x: v in x,
    'type': lambda v, x: any(TYPES[t](v) for t in (x if type(x) is list else [x])),
    'minLength': lambda v, x: len(v) >= x,
    'maxLength': lambda v, x: len(v) <= x,
    'pattern': lambda v, x: re.search(x.replace('$', r'\Z'), v) is not None,
    'minimum': lambda v, x: v >= x,
    'maximum': lambda v, x: v <= x,
    'minItems': lambda v, x: len(v) >= x,
    'maxItems': lambda v, x: len(v) <= x,
    'minProperties': lambda v, x: len(v) >= x,
    'maxProperties': lambda v, x: len(v) <= x,
    'required': lambda v, x: set(x) <= set(v),
    'dependentRequired': lambda v, x: all(set(x[k]) <= set(v) for k in x.keys() & v.keys()),
}
FOR = {
    'string': {'minLength', 'maxLength', 'pattern'},
    'integer': {'minimum', 'maximum'},
    'array': {'minItems', 'maxItems', 'items'},
    'object': {'minProperties', 'maxProperties', 'required', 'dependentRequired', 'properties',
               'additionalProperties'},
}


def concerns(keyword, value):
    """A keyword for another type says nothing."""
    return all(TYPES[kind](value) for kind, words in FOR.items() if keyword in words)


def faults(root, schema, value, where):
    if schema is True:
        return
    if schema is False:
        yield f'{where}: must not be there'
        return
    for keyword, x in schema.items():
        if keyword in NOTES or not concerns(keyword, value):
            continue
        if keyword in SIMPLE:
            if not SIMPLE[keyword](value, x):
                yield f'{where}: {json.dumps(value)[:60]}: {keyword} {json.dumps(x)}'
        else:
            yield from below(root, schema, keyword, value, where)


def below(root, schema, keyword, value, where):
    x = schema[keyword]
    if keyword == '$ref':
        target = root
        for name in x.removeprefix('#/').split('/'):
            target = target[name]
        yield from faults(root, target, value, where)
    elif keyword == 'items':
        for i, v in enumerate(value):
            yield from faults(root, x, v, f'{where}/{i}')
    elif keyword == 'anyOf':
        why = [list(faults(root, choice, value, where)) for choice in x]
        if all(why):
            yield f'{where}: none of: ' + ' or '.join(w[0] for w in why)
    elif keyword == 'properties':
        for k in x.keys() & value.keys():
            yield from faults(root, x[k], value[k], f'{where}/{k}')
    elif keyword == 'additionalProperties':
        for k in value.keys() - schema.get('properties', {}).keys():
            yield from faults(root, x, value[k], f'{where}/{k}')
    else:
        raise SyntaxError('unknown keyword ' + keyword)


def once(pairs):
    if len({k for k, _ in pairs}) < len(pairs):
        raise ValueError('a key stands twice')
    return dict(pairs)


def load(path):
    with open(path, encoding='utf-8') as f:
        return json.load(f, object_pairs_hook=once)


def main(path, *files):
    schema, bad = load(path), False
    for name in files:
        try:
            found = list(faults(schema, schema, load(name), ''))
        except ValueError as e:
            found = [f': {e}']
        for why in found:
            print(name + why)
        bad = bad or found != []
    return bad


sys.exit(main(*sys.argv[1:]))
