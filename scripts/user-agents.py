#!/usr/bin/env python3
"""Takes over the expressions of uap-core: `user-agents.py PATH`, the path of a clone of github.com/ua-parser/uap-core.

The parsers of devices are left out: their names of models are not shown, and they would take most of the memory.
Needs PyYAML. Run the tests afterwards: tests/user_agents says what must still be read right.
"""
import json
import pathlib
import subprocess
import sys

import yaml

clone = pathlib.Path(sys.argv[1])
commit = subprocess.check_output(["git", "-C", clone, "rev-parse", "HEAD"], text=True).strip()
regexes = yaml.safe_load(subprocess.check_output(["git", "-C", clone, "show", "HEAD:regexes.yaml"], text=True))


def listed(kind):
    parsers = ({name: str(value) for name, value in parser.items()} for parser in regexes[kind])
    return ",\n".join(json.dumps(parser, ensure_ascii=False) for parser in parsers)


print(
    f"""{{
"source": "https://github.com/ua-parser/uap-core/blob/{commit}/regexes.yaml",
"license": "Apache-2.0, see uap-core.LICENSE",
"changes": "Converted to JSON, without the parsers of devices",
"user_agent_parsers": [
{listed("user_agent_parsers")}
],
"os_parsers": [
{listed("os_parsers")}
],
"device_parsers": []
}}"""
)
