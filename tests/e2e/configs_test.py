"""The lab's configuration files are what the schemas allow, so that a renamed key is found without a lab."""

import json
import pathlib
import sys
import unittest

import jsonschema

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "lab"))

import configs  # noqa: E402
import firewall_box  # noqa: E402
import yaml  # noqa: E402


class Configs(unittest.TestCase):
    def check(self, schema, document):
        rules = json.loads((ROOT / "schema" / schema).read_text(encoding="utf-8"))
        found = [e.message for e in jsonschema.Draft202012Validator(rules).iter_errors(document)]
        self.assertEqual(found, [])

    def test_processes(self):
        for make in (configs.controller, configs.collector, configs.gateway, firewall_box.gateway):
            self.check("config.schema.json", make("/run"))
        self.check("config.schema.json", firewall_box.controller("/run", firewall_box.POLICY))

    def test_policy(self):
        self.check("policy.schema.json", configs.policy())
        self.check("policy.schema.json", yaml.safe_load(pathlib.Path(firewall_box.POLICY).read_text(encoding="utf-8")))


if __name__ == "__main__":
    unittest.main()
