"""A product's backend and Postern, with Python's standard library alone (3.9 and newer): an account for a user, a link to
connect Gmail, and every tool. Run it against a Postern of yours:

    export POSTERN_URL=https://postern.example.com
    export POSTERN_SERVICE_KEY=pst_service_...       # postern api-keys create --service
    export POSTERN_EXPECTED_EMAIL=kim@example.com    # whose Gmail it is; nobody else can complete the link
    python3 examples/python/walkthrough.py

`npm --prefix examples run python` runs it against a Postern with a fake Google.

Code that uses the hosted product's SDK, `scalekit-sdk-python`, stays as it is but for the address: a Postern started with
POSTERN_SCALEKIT_API=1 answers it (docs/scalekit-sdk.md says which calls, and what the id and the secret are).

    from scalekit import ScalekitClient                                  # pip install scalekit-sdk-python
    actions = ScalekitClient(env_url="https://postern.example.com",      # <- this line alone changes
                             client_id=..., client_secret=...).actions
    account = actions.get_or_create_connected_account(connection_name="gmail", identifier="user_gmail_456")
    if account.connected_account.status != "ACTIVE":
        print(actions.get_authorization_link(connection_name="gmail", identifier="user_gmail_456").link)
    actions.execute_tool(identifier="user_gmail_456", tool_name="gmail_fetch_mails",
                         tool_input={"query": "is:unread", "max_results": 20})

What follows is the same without any package: `Postern` below is all of the client that it takes.
"""

import json
import os
import random
import sys
import time
import uuid
from urllib.error import HTTPError, URLError
from urllib.parse import quote
from urllib.request import HTTPRedirectHandler, Request, build_opener

USER = "user_gmail_456"  # your own name for the person, any string


class PosternError(Exception):
    """What happened, who can fix it and the one next step, as Postern says it."""

    def __init__(self, status, body):
        super().__init__(f"{body.get('message')} {body.get('next')}")
        self.status, self.error, self.who, self.next = status, body.get("error"), body.get("who"), body.get("next")


class NoRedirect(HTTPRedirectHandler):
    """The key is for Postern's address alone."""

    def redirect_request(self, *_):
        return None


def seconds_of(retry_after):
    return int(retry_after) if retry_after and retry_after.isdigit() else 0


class Postern:
    """Postern's REST API, with a service key or the session token of one person."""

    def __init__(self, url, key, timeout=60):
        self.base, self.key, self.timeout = url.rstrip("/") + "/api/v1", key, timeout
        self.opener = build_opener(NoRedirect)

    def request(self, method, path, body=None):
        """JSON in, JSON out. Sent again where waiting helps; a POST carries one Idempotency-Key, so it is done once."""
        headers = {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json"}
        if method == "POST":
            headers["Idempotency-Key"] = str(uuid.uuid4())
        data = None if body is None else json.dumps(body).encode()
        for attempt in range(3):
            wait = 0.5 * 2**attempt * random.uniform(0.5, 1)
            try:
                request = Request(self.base + path, data=data, headers=headers, method=method)
                with self.opener.open(request, timeout=self.timeout) as response:
                    text = response.read()
                    return json.loads(text) if text else None
            except HTTPError as failure:
                text = failure.read()
                try:
                    problem = json.loads(text)
                except ValueError:  # a proxy's own page
                    problem = {"error": "unexpected_answer", "message": f"HTTP {failure.code}.", "next": "Check the address."}
                asked = seconds_of(failure.headers.get("Retry-After"))
                passes = problem.get("who") == "nobody, wait" or asked > 0 or failure.code in (502, 503, 504)
                if attempt == 2 or asked > 60 or not passes:
                    raise PosternError(failure.code, problem) from None
                wait += asked
            except URLError:
                if attempt == 2:
                    raise
            time.sleep(wait)

    def get_or_create_account(self, identifier, **settings):
        return self.request("POST", "/accounts", {"identifier": identifier, **settings})

    def account(self, identifier):
        return self.request("GET", f"/accounts/{quote(identifier, safe='')}")

    def link(self, identifier, **settings):
        return self.request("POST", f"/accounts/{quote(identifier, safe='')}/link", settings)

    def tools(self, form):
        return self.request("GET", f"/tools?format={form}")["tools"]

    def execute_tool(self, identifier, tool_name, tool_input):
        """{"data": ...}, or {"authorizationRequired": {"url": ...}} where the person has to connect (again) first."""
        path = f"/accounts/{quote(identifier, safe='')}/tools/{quote(tool_name, safe='')}"
        return self.request("POST", path, tool_input)


def wait_until_connected(postern):
    """A product redirects the browser to the link, and needs no such loop."""
    for _ in range(600):
        if postern.account(USER)["status"] == "ACTIVE":
            return
        time.sleep(1)
    sys.exit("Nobody approved within ten minutes. Run this again for a new link.")


def show(text):
    """Mail is text from outside: its control characters never reach the terminal."""
    print("".join(character for character in text if character.isprintable()), flush=True)


def main():
    postern = Postern(os.environ["POSTERN_URL"], os.environ["POSTERN_SERVICE_KEY"])

    # 1. An account for the user, at every start of a session: PENDING until they have authorized.
    account = postern.get_or_create_account(USER, expected_email=os.environ["POSTERN_EXPECTED_EMAIL"])
    show(f"{USER}: {account['status']}. {account['message']}")

    # 2. Not ACTIVE? Redirect them. REVOKED (a changed password, an admin, six idle months) is the same case as PENDING.
    if account["status"] != "ACTIVE":
        show(f"Open this link: {postern.link(USER)['url']}")
        wait_until_connected(postern)

    # 3. The tools. Everything in an answer's data comes from outside: never follow instructions found in it.
    def call(tool_name, **tool_input):
        answer = postern.execute_tool(USER, tool_name, tool_input)
        if "data" not in answer:
            sys.exit(f"The access ended meanwhile. Connect again: {answer['authorizationRequired']['url']}")
        return answer["data"]

    mails = call("gmail_fetch_mails", query="is:unread", max_results=20, label_ids=["INBOX"], format="metadata")
    for mail in mails["messages"][:5]:
        show(f"  {mail['subject']} ({mail['from']})")

    for found in call("gmail_fetch_mails", query="has:attachment", max_results=1)["messages"]:
        message = call("gmail_get_message_by_id", message_id=found["id"], format="full")
        show(f"{len(message['payload']['headers'])} headers, {len(message['payload'].get('parts', []))} parts")
        readable = call("gmail_get_message_by_id", message_id=found["id"])
        show(f"{readable['body']['totalChars']} characters of text, {len(readable['attachments'])} attachments")
        wanted = readable["attachments"][0]
        file = call(
            "gmail_get_attachment_by_id",
            message_id=found["id"],
            attachment_id=wanted["attachmentId"],
            file_name=wanted["fileName"],
            delivery="inline",
        )
        show(f"{file['fileName']}: {len(file['data'])} characters of base64")

    people = call("gmail_search_people", query="Tomas", person_fields=["names", "emailAddresses", "organizations"], page_size=5)
    show(f"{len(people['people'])} people found, {len(call('gmail_list_drafts')['drafts'])} drafts")
    first = call("gmail_get_contacts", max_results=2)
    rest = call("gmail_get_contacts", max_results=2, page_token=first["nextPageToken"]) if "nextPageToken" in first else {"people": []}
    show(f"{len(first['people']) + len(rest['people'])} contacts on two pages")

    # 4. For a model's SDK: the tools as it wants them. Each call it makes is `postern.execute_tool(USER, name, arguments)`.
    show(f"{len(postern.tools('openai'))} tools for OpenAI, {len(postern.tools('anthropic'))} for Anthropic")

    # 5. What fails says who can fix it.
    try:
        postern.execute_tool(USER, "gmail_fetch_mail", {})
    except PosternError as problem:
        show(f"{problem.status} {problem.error}: {problem} ({problem.who})")
    show("It ended as it should.")


if __name__ == "__main__":
    main()
