"""The API of the program over HTTP, as a test suite uses it: every answer is held to the description
that the program itself serves."""

import base64
import http.client
import json
import re
import smtplib
import socket
import threading
import time
import unittest
import urllib.parse

from jsonschema import Draft202012Validator

import rig

MAIL = "Subject: Hello =?utf-8?B?w6Q=?=\r\nX-Id: 42\r\n\r\nThe code is 1234.\r\n"


class Api:
    """A client of the API that holds each answer to the description."""

    def __init__(self, place):
        self.place = place
        self.used = set()
        self.document = None
        self.document = self.json("GET", "/rig/v1/openapi.json")

    def connect(self):
        return http.client.HTTPConnection(self.place["host"], self.place["port"],
                                          timeout=rig.PATIENCE)

    def ask(self, method, target, body=None, headers=None):
        connection = self.connect()
        try:
            data = json.dumps(body) if isinstance(body, dict) else body
            connection.request(method, target, data, headers or {})
            answer = connection.getresponse()
            content = answer.read()
        finally:
            connection.close()
        if self.document and method != "HEAD":
            self.hold_to_description(method, target, answer, content)
        return answer, content

    def json(self, method, target, body=None, status=200):
        answer, content = self.ask(method, target, body)
        assert answer.status == status, (answer.status, content)
        return json.loads(content)

    def operation(self, method, target):
        path = target.partition("?")[0]
        # A path without parameters is meant before one with.
        for template in sorted(self.document["paths"], key=lambda name: name.count("{")):
            pattern = re.sub(r"\\{[a-z]+\\}", "[^/]+", re.escape(template))
            methods = self.document["paths"][template]
            if re.fullmatch(pattern, path) and method.lower() in methods:
                return template, methods[method.lower()]
        return None, None

    def hold_to_description(self, method, target, answer, content):
        template, operation = self.operation(method, target)
        if operation is None:
            return
        response = operation["responses"].get(str(answer.status))
        assert response, f"{method} {template} does not tell of {answer.status}: {content}"
        if "$ref" in response:
            response = self.document["components"]["responses"][
                response["$ref"].rpartition("/")[2]]
        kind = answer.getheader("Content-Type").partition(";")[0]
        assert kind in response["content"], f"{method} {template} does not tell of {kind}"
        if kind.endswith("json"):
            schema = {**response["content"][kind]["schema"],
                      "components": self.document["components"]}
            errors = list(Draft202012Validator(schema).iter_errors(json.loads(content)))
            assert not errors, f"{method} {template}: {errors[0].json_path} {errors[0].message}"
        if answer.status < 300:
            self.used.add((method.lower(), template))


class ApiTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.rig = rig.Rig()
        cls.rig.__enter__()
        cls.addClassCleanup(cls.rig.__exit__, None, None, None)
        cls.api = Api(cls.rig.ready["http"])

    def setUp(self):
        self.lane = self.api.json("POST", "/rig/v1/lanes", {"name": f"t{time.monotonic_ns()}"}, 201)
        self.addCleanup(self.api.ask, "DELETE", f"/rig/v1/lanes/{self.lane['name']}")

    def send(self, to="b@server.example", text=MAIL, lane=None):
        listener = (lane or self.lane)["listeners"][0]
        with smtplib.SMTP(listener["host"], listener["port"], timeout=rig.PATIENCE) as client:
            client.sendmail("a@client.example", [to], text)

    def wait(self, **condition):
        return self.api.json("POST", "/rig/v1/wait", {"lane": self.lane["name"], **condition})

    def messages(self):
        return self.api.json("GET", f"/rig/v1/messages?lane={self.lane['name']}")["messages"]

    def test_every_route_answers_as_it_is_described(self):
        api, lane = self.api, self.lane["name"]
        self.send()
        kept = self.wait()["messages"][0]
        one, session = f"/rig/v1/messages/{kept['id']}", f"/rig/v1/sessions/{kept['session']}"
        self.wait(quiet_for="1ms")
        for target in ("/livez", "/readyz", "/metrics", "/rig/v1/openapi.json", "/rig/v1/stats",
                       f"/rig/v1/stats?lane={lane}", "/rig/v1/sessions", session,
                       f"{session}/transcript", f"{session}/transcript?format=jsonl",
                       "/rig/v1/messages", one, f"{one}/raw", f"{one}/headers", f"{one}/envelope",
                       "/rig/v1/lanes", f"/rig/v1/lanes/{lane}", "/rig/v1/scenarios"):
            with self.subTest(target):
                answer, content = api.ask("GET", target)
                self.assertEqual(answer.status, 200, content)
                head, nothing = api.ask("HEAD", target)
                self.assertEqual((head.status, nothing), (200, b""))
        with self.subTest("events"):
            stream = self.events("?after=0")
            self.addCleanup(stream.close)
            self.assertEqual(stream.status, 200)
            self.api.used.add(("get", "/rig/v1/events"))
        api.json("POST", "/rig/v1/scenarios/validate", {"xml": "<scenario/>"})
        self.assertEqual(api.json("DELETE", one), {"deleted": 1})
        self.send()
        self.assertEqual(len(api.json("POST", "/rig/v1/messages/take", {"lane": lane})["messages"]), 1)
        api.json("POST", "/rig/v1/messages/delete", {"ids": [kept["id"]]})
        api.json("DELETE", f"/rig/v1/messages?lane={lane}")
        api.json("DELETE", f"/rig/v1/sessions?lane={lane}")
        api.json("DELETE", f"/rig/v1/lanes/{lane}")
        described = {(method, template) for template, methods in api.document["paths"].items()
                     for method in methods}
        self.assertEqual(described - api.used, set())
        for target in (one, f"{one}/raw", f"{one}/headers", f"{one}/envelope", session,
                       f"{session}/transcript", f"/rig/v1/lanes/{lane}"):
            self.assertEqual(api.ask("GET", target)[0].status, 404, target)

    def test_a_message_is_there_when_the_client_has_its_250(self):
        listener = self.lane["listeners"][0]
        with smtplib.SMTP(listener["host"], listener["port"], timeout=rig.PATIENCE) as client:
            client.helo("client.example")
            for count in range(1, 51):
                client.mail("a@client.example")
                client.rcpt("b@server.example")
                self.assertEqual(client.data(MAIL)[0], 250)
                self.assertEqual(len(self.messages()), count)

    def test_raw_is_what_was_sent(self):
        text = "Subject: x\r\nX: \xff\r\n\r\n..\r\n.dot\r\n"
        listener = self.lane["listeners"][0]
        with smtplib.SMTP(listener["host"], listener["port"], timeout=rig.PATIENCE) as client:
            client.ehlo()
            client.sendmail("a@client.example", ["b@server.example"], text.encode("latin-1"))
        raw = self.api.ask("GET", f"/rig/v1/messages/{self.messages()[0]['id']}/raw")[1]
        self.assertEqual(raw, text.encode("latin-1"))

    def test_a_wait_ends_with_the_message_and_not_before(self):
        answers = []
        thread = threading.Thread(target=lambda: answers.append(
            self.wait(forward_path="b@*", subject="hello ä", headers={"x-id": "42"},
                      body_text="1234", within="60s")))
        thread.start()
        self.send(to="other@server.example")
        self.send()
        thread.join()
        self.assertTrue(answers[0]["satisfied"])
        self.assertEqual(answers[0]["count"], 1)

    def test_nothing_was_sent_is_a_fact(self):
        answer = self.wait(quiet_for="100ms", at_most=0)
        self.assertTrue(answer["satisfied"])
        self.assertGreaterEqual(answer["waited_ms"], 100)
        self.send()
        answer = self.wait(quiet_for="100ms", at_most=0)
        self.assertFalse(answer["satisfied"])
        self.assertTrue(self.wait(quiet_for="100ms", at_most=0, after=answer["cursor"])["satisfied"])

    def test_the_nearest_misses_are_told_at_the_deadline(self):
        self.send()
        answer = self.wait(subject="other", within="1ms")
        self.assertFalse(answer["satisfied"])
        self.assertEqual(answer["nearest"][0]["misses"], ["subject"])

    def test_two_takers_never_get_the_same_message(self):
        for number in range(20):
            self.send(text=f"Subject: {number}\r\n\r\n")
        taken = []

        def take():
            while found := self.api.json("POST", "/rig/v1/messages/take",
                                         {"lane": self.lane["name"]})["messages"]:
                taken.append(found[0]["message"]["subject"])
        threads = [threading.Thread(target=take) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(sorted(taken, key=int), [str(number) for number in range(20)])

    def test_lanes_are_apart(self):
        slow = self.api.json("POST", "/rig/v1/lanes", {"scenario": "greylisting", "seed": 7}, 201)
        self.assertEqual(slow["seed"], 7)
        self.send()
        with self.assertRaises(smtplib.SMTPRecipientsRefused):
            self.send(lane=slow)
        port = slow["listeners"][0]["port"]
        left = socket.create_connection(("127.0.0.1", port), rig.PATIENCE)
        self.addCleanup(left.close)
        self.assertEqual(left.recv(3), b"220")
        captured = self.api.json("DELETE", f"/rig/v1/lanes/{slow['name']}")
        self.assertEqual(len(captured["sessions"]), 2)
        self.assertEqual(captured["messages"], [])
        while left.recv(4096):
            pass
        with self.assertRaises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", port), rig.PATIENCE)
        self.assertEqual(len(self.messages()), 1)

    def test_a_lane_may_have_a_scenario_of_its_own(self):
        xml = ('<scenario name="own" xmlns="urn:smtp-scenario:1">'
               '<let name="who" value="x"/><on event="rcpt" to="${who}@*">'
               '<reply>550 5.1.1 nobody here</reply></on></scenario>')
        validate = "/rig/v1/scenarios/validate"
        self.assertEqual(self.api.json("POST", validate, {"xml": xml}),
                         {"valid": True, "diagnostics": []})
        lane = self.api.json("POST", "/rig/v1/lanes", {"xml": xml, "set": {"who": "z"}}, 201)
        self.addCleanup(self.api.ask, "DELETE", f"/rig/v1/lanes/{lane['name']}")
        self.send(to="x@server.example", lane=lane)
        with self.assertRaises(smtplib.SMTPRecipientsRefused):
            self.send(to="z@server.example", lane=lane)
        broken = xml.replace("550 5.1.1", "999")
        told = self.api.json("POST", validate, {"xml": broken})
        self.assertEqual((told["valid"], told["diagnostics"][0]["line"]), (False, 1))
        answer, content = self.api.ask("POST", "/rig/v1/lanes", {"xml": broken})
        self.assertEqual(answer.status, 422)
        self.assertEqual(json.loads(content)["diagnostics"], told["diagnostics"])
        for body in ({"scenario": "/etc/passwd"}, {"scenario": "../../etc/passwd"},
                     {"scenario": "no-such"}, {"scenario": "README.md"}):
            answer, content = self.api.ask("POST", "/rig/v1/lanes", body)
            self.assertEqual(answer.status, 422, content)
            self.assertEqual(json.loads(content)["field"], "scenario")
            self.assertNotIn(b"root:", content)

    def test_pages_of_other_sites_get_nothing(self):
        self.send()
        for headers in ({"Origin": "http://evil.example"}, {"Origin": "null"},
                        {"Sec-Fetch-Site": "cross-site"}, {"Host": "evil.example"}):
            answer, _ = self.api.ask("DELETE", f"/rig/v1/messages?lane={self.lane['name']}",
                                     headers=headers)
            self.assertEqual(answer.status, 403, headers)
        answer, _ = self.api.ask("GET", "/rig/v1/messages", headers={"Host": "evil.example"})
        self.assertEqual(answer.status, 403)
        answer, _ = self.api.ask("GET", "/rig/v1/messages", headers={"Origin": "http://e.example"})
        self.assertIsNone(answer.getheader("Access-Control-Allow-Origin"))
        answer, _ = self.api.ask("OPTIONS", "/rig/v1/messages",
                                 headers={"Origin": "http://e.example",
                                          "Access-Control-Request-Method": "DELETE"})
        self.assertIsNone(answer.getheader("Access-Control-Allow-Methods"))
        self.assertEqual(len(self.messages()), 1)

    def events(self, query="", headers=None):
        connection = self.api.connect()
        self.addCleanup(connection.close)
        connection.request("GET", "/rig/v1/events" + query, headers=headers or {})
        return connection.getresponse()

    def read(self, stream, count):
        found = []
        event = {}
        while len(found) < count:
            line = stream.readline().decode().rstrip("\n")
            if line.startswith(":") or line.startswith("retry"):
                continue
            if line:
                name, _, value = line.partition(": ")
                event[name] = value
            elif event:
                found.append(event)
                event = {}
        return found

    def test_no_event_is_lost_over_a_reconnect(self):
        query = f"?lane={self.lane['name']}"
        stream = self.events(query)
        self.send()
        first = self.read(stream, 2)
        stream.close()
        self.send()
        again = self.read(self.events(query, {"Last-Event-ID": first[-1]["id"]}), 4)
        self.assertEqual([event["event"] for event in first + again],
                         ["session_opened", "message", "session_closed"] * 2)
        ids = [int(event["id"]) for event in first + again]
        self.assertEqual(ids, sorted(set(ids)))

    def test_a_reader_that_takes_nothing_does_not_slow_mail(self):
        stuck = self.api.connect()
        self.addCleanup(stuck.close)
        stuck.connect()
        stuck.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        stuck.request("GET", "/rig/v1/events")
        for _ in range(100):
            self.send(text="Subject: x\r\n\r\n")
        stats = self.api.json("GET", f"/rig/v1/stats?lane={self.lane['name']}")
        self.assertEqual(stats["messages"], 100)


class StartTest(unittest.TestCase):
    def test_credentials_are_asked_for(self):
        with rig.Rig("--http-auth", "me:secret", "--http-token", "token") as one:
            api = http.client.HTTPConnection("127.0.0.1", one.ready["http"]["port"],
                                             timeout=rig.PATIENCE)
            basic = base64.b64encode(b"me:secret").decode()
            for headers, status in (({}, 401), ({"Authorization": f"Basic {basic}"}, 200),
                                    ({"Authorization": "Bearer token"}, 200),
                                    ({"Authorization": "Bearer other"}, 401)):
                api.request("GET", "/rig/v1/stats", headers=headers)
                answer = api.getresponse()
                answer.read()
                self.assertEqual(answer.status, status)
            api.close()

    def test_there_is_no_api_where_none_is_wanted(self):
        with rig.Rig("--no-http") as one:
            self.assertIsNone(one.ready["http"])

    def test_the_url_is_the_place(self):
        with rig.Rig() as one:
            place = one.ready["http"]
            self.assertEqual(urllib.parse.urlsplit(place["url"]).port, place["port"])


if __name__ == "__main__":
    unittest.main()
