"""Holds a bill of materials against CycloneDX's own schema, with CycloneDX's own library."""

import json
import sys

from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

with open(sys.argv[1], encoding="utf-8") as file:
    text = file.read()
version = SchemaVersion.from_version(json.loads(text)["specVersion"])
faults = list(JsonStrictValidator(version).validate_str(text, all_errors=True) or [])
for fault in faults:
    print(str(fault)[:500])
sys.exit(1 if faults else 0)
