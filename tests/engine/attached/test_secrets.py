"""What looks like a secret is said, and what only looks a little like one is not."""

from __future__ import annotations

import time

import pytest

from jupyter_chat.engine.attached.secrets import warnings
from jupyter_chat.protocol import AttachmentKind, AttachmentPart, ImagePart, TextPart

RANDOM = "q8Zr2LmVt6Xw0PbN4cHs9JdKf3GyUa7E" * 3
"""Put together here, so that nobody's scanner takes this file for what it tests."""

SECRETS = {
    "-----BEGIN " + "RSA PRIVATE KEY-----\nMIIE": "a private key (line 1)",
    "-----BEGIN " + "OPENSSH PRIVATE KEY-----": "a private key (line 1)",
    "-----BEGIN " + "PGP PRIVATE KEY BLOCK-----": "a private key (line 1)",
    "aws_access_key_id = AKIA" + "QWERTYUIOP23ASDF": "an AWS access key (line 1)",
    "key: sk-proj-" + RANDOM[:60]: "an OpenAI key (line 1)",
    "key: sk-" + RANDOM[:48]: "an OpenAI key (line 1)",
    "sk-ant-api03-" + RANDOM[:90]: "an Anthropic key (line 1)",
    "# one\n# two\nghp_" + RANDOM[:36]: "a GitHub token (line 3)",
    "github_pat_" + RANDOM[:82]: "a GitHub token (line 1)",
    "glpat-" + RANDOM[:20]: "a GitLab token (line 1)",
    "xoxb-" + "2468013579-" + RANDOM[:24]: "a Slack token (line 1)",
    "https://hooks.slack.com/" + "services/T02468ACE/B13579BDF/" + RANDOM[:24]: "a Slack webhook",
    "AIza" + RANDOM[:35]: "a Google API key (line 1)",
    "sk_live_" + RANDOM[:24]: "a Stripe key (line 1)",
    "postgresql://me:" + "hun7er-two@db.internal/x": "an address with a password (line 1)",
    "DB_PASSWORD=" + RANDOM[:12]: "a password or key that is set by its name (line 1)",
    "export GITHUB_TOKEN=" + RANDOM[:20]: "a password or key that is set by its name (line 1)",
    'api_key = "' + RANDOM[:16] + '"': "a password or key that is set by its name (line 1)",
    '{"client_secret": "' + RANDOM[:24] + '"}': "a password or key that is set by its name",
    "client = Client(token='" + RANDOM[:20] + "')": "a password or key that is set by its name",
}

LOOK_ALIKES = [
    "The password is asked for at the start; the token comes by mail.",
    'api_key = os.environ["OPENAI_API_KEY"]',
    "API_KEY=$OPENAI_API_KEY",
    "API_KEY=${{ secrets.OPENAI_API_KEY_2 }}",
    "OPENAI_API_KEY=your-key-goes-here-1",
    "OPENAI_API_KEY=sk-...",
    "OPENAI_API_KEY=<your key 12345>",
    'token = "xxxxxxxxxxxxxxxxxxxx1"',
    "MAX_TOKENS=128000",
    "TOKENIZER_PATH=/models/llama3/tokenizer.json",
    'tokens = "1024k-context"',
    'tokenizer = "bert-base-uncased-2018"',
    "password = getpass('Password: ')",
    'PASSWORD = settings.password1_of("db2")',
    "API_TOKEN=settings.token2",
    'password="correct horse"',
    "def login(user: str, password: str, token: str = 'bearer1') -> None:",
    "https://example.com:8888/lab/tree/data.csv",
    "postgresql://user:password@localhost/db",
    "mongodb://<user>:<password1>@host",
    "git@github.com:jupyterlab/jupyterlab.git",
    "-----BEGIN CERTIFICATE-----\nMIIC",
    "-----BEGIN PUBLIC KEY-----",
    "AKIAIOSFODNN7EXAMPLE",  # as in Amazon's documentation
    "sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=",
    "d41d8cd98f00b204e9800998ecf8427e",
    "019a0000-0000-7000-8000-000000000000",
    "sk-learn and scikit-learn are the same; sk-2 is not",
    "task-" + "abcdefghij" * 6,
    'secret_name = "projects/42/secrets/db"',
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
]


@pytest.mark.parametrize("text", SECRETS)
def test_a_secret_is_said_with_its_line(text):
    (warning,) = warnings(TextPart(text))
    assert SECRETS[text] in warning


@pytest.mark.parametrize("text", LOOK_ALIKES)
def test_what_only_looks_like_one_alarms_nobody(text):
    assert warnings(TextPart(text)) == []


@pytest.mark.parametrize(
    ("name", "alarms"),
    [
        (".env", True),
        ("app/.env.local", True),
        ("prod.env", True),
        (".ssh/id_ed25519", True),
        ("home/.netrc", True),
        ("config\\secrets.yaml", True),
        (".env.example", False),
        (".env.template", False),
        ("id_rsa.pub", False),
        ("environment.yml", False),
        ("secrets.py", False),
        ("venv.md", False),
    ],
)
def test_a_file_is_known_by_its_name(name, alarms):
    part = AttachmentPart(AttachmentKind.FILE, name, "LEVEL=debug")
    assert bool(warnings(part)) is alarms


def test_only_files_have_names_that_say_something():
    assert warnings(AttachmentPart(AttachmentKind.CELL, ".env", "LEVEL=debug")) == []


def test_attachments_of_every_kind_are_looked_through():
    for kind in AttachmentKind:
        assert warnings(AttachmentPart(kind, "x", "token='" + RANDOM[:20] + "'"))
    assert warnings(ImagePart("image/png", "AAAA", ".env")) == []


def test_the_same_is_said_once_with_its_first_lines():
    lines = [f"KEY_{number}_TOKEN=" + RANDOM[number : number + 20] for number in range(9)]
    (warning,) = warnings(TextPart("\n".join(lines)))
    assert warning.endswith("(lines 1, 2, 3 and others).")


def test_a_key_that_is_set_by_its_name_is_said_once():
    line = "GITHUB_TOKEN=ghp_" + RANDOM[:36]
    assert warnings(TextPart(line)) == ["This looks like a GitHub token (line 1)."]


def test_lines_count_through_a_long_text():
    before = "nothing at all\n" * 20_000
    (warning,) = warnings(TextPart(before + "ghp_" + RANDOM[:36]))
    assert "(line 20001)" in warning


@pytest.mark.parametrize("piece", ["a", "a_", "://a", "sk-a", " ", "token=", "-----BEGIN ", "A:b@"])
def test_no_text_takes_long(piece):
    text = piece * (1_000_000 // len(piece))
    began = time.process_time()
    warnings(TextPart(text))
    assert time.process_time() - began < 3
