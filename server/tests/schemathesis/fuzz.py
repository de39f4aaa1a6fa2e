"""`fuzz.py PROGRAM [OPTION...]`: starts the program, sends what its OpenAPI document allows and forbids, and tells what
came back; the options are those of `schemathesis run`.

Fails if schemathesis finds something, and if an operation that can succeed never did: its answers were not looked at.
"""

import signal
import sys
from collections import Counter, defaultdict
from pathlib import Path

import requests
import schemathesis
from actor import Actor
from program import running
from schemathesis.cli import schemathesis as command
from schemathesis.specs.openapi.definitions import OPENAPI_31_VALIDATOR


# schemathesis takes the document from there, and does not ask again.
READ_AT_THE_START = "/api/auth/openapi.json"
# How they succeed is tested with a mail server, server/tests/it/mail.rs, and at the limit of devices,
# server/tests/it/choose_device.rs.
NEED_MORE = ("/api/auth/reset-password", "/api/auth/multi-session/sign-in-instead")
# Stands for the cookies in requests that are signed in.
TO_BE_SIGNED_IN = "to be signed in"


def main(program, *options):
    with running(program) as origin:
        document = f"{origin}{READ_AT_THE_START}"
        described = requests.get(document, timeout=10).json()
        OPENAPI_31_VALIDATOR.validate(described)
        answers = watch(Actor(origin), described["components"]["securitySchemes"]["session"]["name"])
        config = Path(__file__).with_name("schemathesis.toml")
        found = run(["--config-file", str(config), "run", document, "--header", f"Origin: {origin}", *options])
        failed = list(never_succeeded(described, answers))
    tell(answers)
    for operation in failed:
        print(f"{operation} never succeeded: the examples and the actor do not reach it")
    return 1 if found or failed else 0


def watch(actor, active):
    """Signs every request in that is to be, and counts the answers by operation."""
    answers = defaultdict(Counter)

    @schemathesis.auth(refresh_interval=None)
    class SignedIn:
        def get(self, case, context):
            return {active: TO_BE_SIGNED_IN}

        def set(self, case, cookies, context):
            case.cookies = {**(case.cookies or {}), **cookies}

    # Cases are made long before they are sent: only now is it known which sessions are live.
    @schemathesis.hook
    def before_call(context, case, kwargs):
        if (case.cookies or {}).get(active) == TO_BE_SIGNED_IN:
            case.cookies = {**case.cookies, **actor.cookies()}
            if isinstance(case.body, dict):
                if case.operation.path.endswith(("/report", "/recognize")):
                    case.body = actor.with_another_session(case.body)
                if case.operation.path.endswith("/undo-revoke"):
                    case.body = actor.with_revoked_session(case.body)
                case.body = actor.with_live_session(case.body)

    @schemathesis.hook
    def after_call(context, case, response):
        answers[case.operation.label][response.status_code] += 1
        # They replace the password or the cookie: the actor's is not fresh any more.
        replaces = ("/change-password", "/reauthenticate", "/report")
        if case.operation.path.endswith(replaces) and response.status_code == 200:
            actor.forget()

    return answers


def run(arguments):
    try:
        return command.main(arguments, standalone_mode=False)
    except SystemExit as exit:
        return exit.code


def never_succeeded(document, answers):
    """The operations that have a success in the document, but not among their answers."""
    for path, item in document["paths"].items():
        for method, operation in item.items():
            label = f"{method.upper()} {path}"
            if "text/event-stream" in operation["responses"].get("200", {}).get("content", {}):
                continue
            can = any(status.startswith("2") for status in operation["responses"])
            if can and path not in (READ_AT_THE_START, *NEED_MORE) and not any(200 <= status < 300 for status in answers.get(label, ())):
                yield label


def tell(answers):
    for operation, statuses in sorted(answers.items()):
        print(f"{operation:50}", *(f"{status}: {times:<5}" for status, times in sorted(statuses.items())))
    total = Counter()
    for statuses in answers.values():
        total.update(statuses)
    print(f"{total.total()} requests:", *(f"{status}: {times}" for status, times in sorted(total.items())))


if __name__ == "__main__":
    # A caller's time limit must not leave the server behind.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("fuzz.py was stopped: it took too long"))
    sys.exit(main(*sys.argv[1:]))
