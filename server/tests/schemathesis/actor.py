"""Who sends the requests: a browser that is signed in, and signs up anew whenever a request has ended its session."""

from itertools import count

import requests

# The password and the session that the document's examples show.
PASSWORD = "correct horse battery"
SHOWN = {"sessionId": "01a2098d-43c3-76b6-ae3a-e0c25f2b34b2", "sessionToken": "3gympsuydpb41jpqgy61f1zliq564nui"}


class Actor:
    """A browser that holds two accounts."""

    def __init__(self, origin):
        self.origin = origin
        self.people = (f"person{number}" for number in count(1))
        self.browser = requests.Session()
        self.held = {}
        # The one whom the example of a sign-in is about; nobody acts as her.
        self.sign_up("ada")

    def cookies(self):
        """The cookies of two live sessions."""
        if not self.holds_two():
            self.browser = requests.Session()
            self.sign_up(next(self.people))
            session = self.call("GET", "get-session")["session"]
            self.held = {"sessionId": session["id"], "sessionToken": session["token"]}
            self.sign_up(next(self.people))
        return self.browser.cookies.get_dict()

    def forget(self):
        """Lets go of people whose password or cookie was replaced."""
        self.browser = requests.Session()

    def holds_two(self):
        rows = self.call("GET", "multi-session/list-device-sessions")
        held = {row["id"] for row in rows if row["isHeld"]}
        return len(held) == 2 and self.held["sessionId"] in held and any(row["isCurrent"] for row in rows)

    def with_live_session(self, body):
        """The body about a session that there is, for the example and for every second text of chance."""
        return {name: self.held[name] if self.is_replaced(name, value) else value for name, value in body.items()}

    def with_another_session(self, body):
        """The body about another session of whoever acts, in place of the one that the example shows."""
        if body.get("sessionId") != SHOWN["sessionId"]:
            return body
        rows = self.call("GET", "multi-session/list-device-sessions")
        email = next(row["user"]["email"] for row in rows if row["isCurrent"])
        elsewhere = Actor.elsewhere(self.origin)
        elsewhere.call("POST", "sign-in/email", {"email": email, "password": PASSWORD})
        return body | {"sessionId": elsewhere.call("GET", "get-session")["session"]["id"]}

    def with_revoked_session(self, body):
        """The body about a session of whoever acts that was revoked just now, in place of the one that the example shows."""
        other = self.with_another_session(body)
        if other is not body:
            self.call("POST", "multi-session/revoke", {"sessionId": other["sessionId"]})
        return other

    @classmethod
    def elsewhere(cls, origin):
        """A browser that nobody has signed in with yet."""
        actor = cls.__new__(cls)
        actor.origin, actor.browser = origin, requests.Session()
        return actor

    def is_replaced(self, name, value):
        return name in self.held and isinstance(value, str) and (value == SHOWN[name] or len(value) % 2 == 1)

    def sign_up(self, name):
        self.call("POST", "sign-up/email", {"name": name, "email": f"{name}@example.org", "password": PASSWORD})

    def call(self, method, path, body=None):
        answer = self.browser.request(
            method, f"{self.origin}/api/auth/{path}", json=body, headers={"Origin": self.origin}, timeout=10
        )
        answer.raise_for_status()
        return answer.json()
