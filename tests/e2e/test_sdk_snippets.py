"""README's programs, unchanged, talk on a token that `make run` vended, over TLS."""

from __future__ import annotations

import json
import re
import ssl
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from support.sdks.snippets import SAID, in_node, in_python, said, snippet
from support.servers.fleet import ROOT
from support.servers.local_run import LocalRun, local_run

NODE = ROOT / "tests"  # where @google/genai and ws are installed


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalRun]:
    folder = tmp_path_factory.mktemp("run")
    with local_run(folder, LIVE_API_COOLDOWN_PERIOD_MINUTES="0", LIVE_API_MAX_SESSIONS="0") as run:
        yield run


def authority(run: LocalRun) -> str:
    found = re.search(r"export SSL_CERT_FILE=(\S+)", run.printed.read_text())
    assert found is not None
    return found[1]


def minted(run: LocalRun, **wish: object) -> dict[str, Any]:
    """Mint over TLS, as a program does that speaks nothing else."""
    found = re.search(r"https://127\.0\.0\.1:\d+", run.printed.read_text())
    assert found is not None
    trusting = ssl.create_default_context(cafile=authority(run))
    with httpx2.Client(base_url=found[0], verify=trusting) as http:
        token = http.post("/local/identity/token", json={"user": "alice"}).json()["idToken"]
        bearer = {"Authorization": f"Bearer {token}"}
        answer = http.post("/api/v1/live-token", headers=bearer, json=wish)
    assert answer.status_code == 201
    assert answer.json()["connect"]["baseUrl"] == f"{found[0]}/local/gemini"
    body: dict[str, Any] = answer.json()
    return body


def needs_node() -> None:
    if not (NODE / "node_modules" / "@google" / "genai").exists():
        pytest.skip("tests/node_modules is missing (make test installs it)")


def test_sdk_for_python_talks(run: LocalRun) -> None:
    source = in_python(snippet("python", "genai.Client("))
    environ = {"MINTED": json.dumps(minted(run)), "SSL_CERT_FILE": authority(run)}

    assert SAID in said([sys.executable, "-u"], source, environ)


def test_program_for_python_is_told_by_the_environment_alone(run: LocalRun) -> None:
    exported = snippet("sh", "GOOGLE_GENAI_API_VERSION")
    source = """
    from google import genai
    async with genai.Client().aio.live.connect(model="gemini-3.8-live", config={}) as session:
        await session.send_client_content(turns={"role": "user", "parts": [{"text": "hello"}]})
        async for message in session.receive():
            print(message.model_dump_json(exclude_none=True))
    """
    script = f"set -e\nMINTED=$(cat minted.json)\n{exported}\nexec {sys.executable} -u -"
    folder = run.printed.parent
    (folder / "minted.json").write_text(json.dumps(minted(run), separators=(",", ":")))
    (folder / ".local" / "tls").mkdir(parents=True, exist_ok=True)
    (folder / ".local" / "tls" / "ca.pem").write_bytes(Path(authority(run)).read_bytes())

    program = in_python(textwrap.dedent(source))
    printed = said(["bash", "-c", script], program, {"MINTED": "{}"}, folder)

    assert SAID in printed


@pytest.mark.parametrize("needle", ["@google/genai", "new WebSocket(`${connect.url}"])
def test_program_for_node_talks(needle: str, run: LocalRun) -> None:
    needs_node()
    body = snippet("js", needle)
    environ = {"MINTED": json.dumps(minted(run)), "NODE_EXTRA_CA_CERTS": authority(run)}

    printed = said(["node", "--input-type=module"], in_node(body), environ, NODE)

    assert SAID in printed


def test_authority_is_kept_for_the_next_run(run: LocalRun) -> None:
    folder = Path(authority(run)).parent

    assert folder == ROOT / ".local" / "tls"
    assert oct(folder.stat().st_mode)[-3:] == "700"
    assert oct((folder / "server.key").stat().st_mode)[-3:] == "600"


# --- an app with two functions of its own ---------------------------------------------------------

FUNCTIONS = json.dumps(
    [
        {"name": "slow_report", "behavior": "NON_BLOCKING"},
        {"name": "long_search", "behavior": "BLOCKING"},
        {"name": "late_answer", "behavior": "NON_BLOCKING"},
        {"name": "open_door", "behavior": "NON_BLOCKING"},
    ]
)
NAMES = [each["name"] for each in json.loads(FUNCTIONS)]
LAST = "took too long"
PYTHON_APP = """
from google import genai
from google.genai import types

async def slow_report():
    await asyncio.sleep(0.5)
    return "written"

async def work_for_an_hour():
    await asyncio.sleep(3600)

handlers = {"slow_report": slow_report, "long_search": work_for_an_hour}
handlers["late_answer"] = lambda: asyncio.wait_for(work_for_an_hour(), 0.5)
running, asks = {}, ["slow report please", "open door please", "late answer please"]

async def answer(session, call):
    try:
        response = {"output": await handlers[call.name]()}
    except KeyError:
        response = {"error": f"there is no {call.name}"}
    except TimeoutError:
        response = {"error": f"{call.name} took too long"}
    told = types.FunctionResponse(id=call.id, name=call.name, response=response)
    print("answered", json.dumps(response))
    await session.send_tool_response(function_responses=[told])
    await asyncio.sleep(2)
    if asks:
        await session.send_realtime_input(text=asks.pop(0))

connect = minted["connect"]
http_options = {"base_url": connect["baseUrl"], "api_version": connect["apiVersion"]}
client = genai.Client(api_key=minted["token"], http_options=http_options)
async with client.aio.live.connect(model=connect["model"], config={}) as session:
    await session.send_realtime_input(text="long search please")
    while True:
        async for message in session.receive():
            for call in message.tool_call.function_calls if message.tool_call else ():
                print("called", call.name)
                running[call.id] = asyncio.create_task(answer(session, call))
                if call.name == "long_search":
                    await session.send_realtime_input(text=asks.pop(0))
            if message.tool_call_cancellation:
                for id in message.tool_call_cancellation.ids:
                    print("cancelled", running.pop(id).cancel())
"""
NODE_APP = """
import { GoogleGenAI } from "@google/genai";

const until = (signal) =>
  new Promise((_, stop) => signal.addEventListener("abort", () => stop(signal.reason)));
const handlers = {
  slow_report: () => new Promise((done) => setTimeout(done, 500, "written")),
  long_search: (signal) => until(signal),
  late_answer: () => until(AbortSignal.timeout(500)),
};
const running = new Map();
const asks = ["slow report please", "open door please", "late answer please"];
const askNext = () => asks.length && session.sendRealtimeInput({ text: asks.shift() });
async function outcome({ id, name }) {
  if (!Object.hasOwn(handlers, name)) return { error: `there is no ${name}` };
  try {
    return { output: await handlers[name](running.get(id).signal) };
  } catch (error) {
    return error?.name === "TimeoutError" ? { error: `${name} took too long` } : null;
  }
}
async function answer(call) {
  const { id, name } = call;
  running.set(id, new AbortController());
  const response = await outcome(call);
  console.log(response ? `answered ${JSON.stringify(response)}` : "cancelled True");
  if (!response) return;
  session.sendToolResponse({ functionResponses: [{ id, name, response }] });
  setTimeout(askNext, 2000);
}
function onmessage({ toolCall, toolCallCancellation }) {
  for (const call of toolCall?.functionCalls ?? []) {
    console.log("called", call.name);
    answer(call);
    if (call.name === "long_search") askNext();
  }
  for (const id of toolCallCancellation?.ids ?? []) running.get(id).abort();
}
const { token, connect } = minted;
const httpOptions = { baseUrl: connect.baseUrl, apiVersion: connect.apiVersion };
const ai = new GoogleGenAI({ apiKey: token, httpOptions });
const callbacks = { onmessage };
const session = await ai.live.connect({ model: connect.model, config: {}, callbacks });
session.sendRealtimeInput({ text: "long search please" });
"""


@pytest.mark.parametrize("language", ["python", "node"])
def test_app_tells_what_is_slow_cancelled_late_and_unknown(language: str, tmp_path: Path) -> None:
    with local_run(tmp_path, LIVE_API_TOOLS=FUNCTIONS) as run:
        answer = minted(run, tools=NAMES)
        environ = {"MINTED": json.dumps(answer), "SSL_CERT_FILE": authority(run)}
        environ["NODE_EXTRA_CA_CERTS"] = authority(run)
        assert answer["connect"]["locked"]["tools"] == NAMES
        if language == "python":
            printed = said([sys.executable, "-u"], in_python(PYTHON_APP), environ, until=LAST)
        else:
            needs_node()
            command = ["node", "--input-type=module"]
            printed = said(command, in_node(NODE_APP), environ, NODE, until=LAST)

    printed = printed.replace('":"', '": "')  # as Python writes JSON
    told = [
        line for line in printed.splitlines() if line.startswith(("called", "cancel", "answer"))
    ]
    assert told[0] == "called long_search"
    assert sorted(told) == sorted(
        [
            *(f"called {name}" for name in NAMES),
            "cancelled True",
            'answered {"output": "written"}',
            'answered {"error": "there is no open_door"}',
            'answered {"error": "late_answer took too long"}',
        ]
    )
