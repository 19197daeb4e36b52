"""schema/openapi.yaml as the tests use it: operations, and validators of what they answer."""

import datetime
import os
import re

import jsonschema
import yaml

from controller_case import SOURCE

METHODS = ("get", "put", "post", "patch", "delete")

checker = jsonschema.FormatChecker(formats=())


@checker.checks("date-time")
def _is_date_time(value):
    if not isinstance(value, str):
        return True
    if not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", value):
        return False
    datetime.datetime.fromisoformat(value.replace("Z", "+00:00"))
    return True


class Operation:
    def __init__(self, path, method, item, shared):
        self.path, self.method, self.id = path, method.upper(), item["operationId"]
        self.roles = item.get("x-sluice-roles", [])
        self.public = item.get("security") == []
        self.parameters = [resolve(p) for p in shared + item.get("parameters", [])]
        self.body = item.get("requestBody")
        self.responses = item["responses"]

    @property
    def query(self):
        return [p["name"] for p in self.parameters if p["in"] == "query"]

    @property
    def statuses(self):
        return sorted(int(s) for s in self.responses if s != "default")

    def __repr__(self):
        return f"{self.method} {self.path}"


with open(os.path.join(SOURCE, "schema", "openapi.yaml")) as _file:
    DOCUMENT = yaml.safe_load(_file)


def resolve(item):
    while "$ref" in item:
        part = DOCUMENT
        for name in item["$ref"].removeprefix("#/").split("/"):
            part = part[name]
        item = part
    return item


def operations():
    return [Operation(path, method, item[method], item.get("parameters", []))
            for path, item in DOCUMENT["paths"].items() for method in METHODS if method in item]


def _localized(part):
    """The same with references into $defs, so that one schema holds all it needs."""
    if isinstance(part, dict):
        return {k: (v.replace("#/components/schemas/", "#/$defs/") if k == "$ref" else _localized(v)) for k, v in part.items()}
    if isinstance(part, list):
        return [_localized(p) for p in part]
    return part


_DEFS = _localized(DOCUMENT["components"]["schemas"])
_validators = {}


def validator(schema):
    key = str(schema)
    if key not in _validators:
        whole = dict(_localized(schema))
        whole["$defs"] = _DEFS
        _validators[key] = jsonschema.Draft202012Validator(whole, format_checker=checker)
    return _validators[key]


def named(name):
    return validator({"$ref": f"#/components/schemas/{name}"})


def breaches(operation, answer):
    """What the answer has that its description has not, or the other way round; empty when it holds."""
    response = operation.responses.get(str(answer.status)) or operation.responses.get("default")
    if str(answer.status) not in operation.responses and answer.status not in (400, 405, 413, 415, 429, 500, 503):
        return [f"status {answer.status} is not described"]
    response = resolve(response)
    found = []
    for name, header in response.get("headers", {}).items():
        if name.lower() not in answer.headers:
            found.append(f"header {name} is missing")
    content = response.get("content")
    if not content:
        return found + ([f"there is a body: {answer.body[:80]}"] if answer.body else [])
    kind = answer.headers.get("content-type", "").split(";")[0]
    if kind not in content:
        return found + [f"content type {kind} is not described, {list(content)} is"]
    if kind.endswith("json"):
        for error in validator(content[kind]["schema"]).iter_errors(answer.json):
            found.append(f"/{'/'.join(map(str, error.path))}: {error.message[:200]}")
    return found
