from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
from backup_auditor.aws import clients
from backup_auditor.compose import world
from backup_auditor.errors import SecretError
from backup_auditor.references import resolver
from moto.server import ThreadedMotoServer


@pytest.fixture(scope="module")
def aws() -> Iterator[str]:
    """Serve Secrets Manager and SSM with a few values."""
    server = ThreadedMotoServer(port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    url = f"http://{host}:{port}"
    session = boto3.Session("testing", "testing", region_name="eu-west-1")
    secrets = session.client("secretsmanager", endpoint_url=url)
    secrets.create_secret(Name="keys", SecretString='{"url": "https://x", "n": 5}')
    secrets.create_secret(Name="plain", SecretString="not json")
    parameters = session.client("ssm", endpoint_url=url)
    parameters.put_parameter(Name="/a/b", Value="v", Type="SecureString")
    yield url
    secrets.close()
    parameters.close()
    server.stop()


@pytest.fixture
def environ(aws: str, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Point boto3 at moto."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", aws)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    return {"AWS_REGION": "eu-west-1", "NAME": "from the environment"}


def test_each_scheme_finds_its_secret(environ: dict[str, str], tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text("from a file\n")
    client = clients(environ)
    resolve = resolver(environ, client)
    found = {
        "env:NAME": "from the environment",
        f"file:{file}": "from a file",
        "ssm:/a/b": "v",
        "secretsmanager:keys#url": "https://x",
        "secretsmanager:plain": "not json",
        "http://127.0.0.1:1/x": "http://127.0.0.1:1/x",
    }
    assert {name: resolve(name).reveal() for name in found} == found
    client("ssm").close()
    client("secretsmanager").close()


@pytest.mark.parametrize(
    ("reference", "sentence"),
    [
        ("env:NONE", "env:NONE is not set or empty"),
        ("file:/nowhere", r"file:/nowhere cannot be read \(FileNotFoundError\)"),
        ("ssm:/none", r"ssm:/none cannot be read \(ParameterNotFound\)"),
        ("secretsmanager:none", r"cannot be read \(ResourceNotFoundException\)"),
        ("secretsmanager:plain#key", "the secret is not JSON"),
        ("secretsmanager:keys#n", "no text under 'n'"),
        ("https://hooks.example.com/T0PSECRET", "is not given as env:"),
    ],
)
def test_what_cannot_be_resolved_names_the_reference_alone(
    reference: str, sentence: str, environ: dict[str, str]
) -> None:
    client = clients(environ)
    with pytest.raises(SecretError, match=sentence) as caught:
        resolver(environ, client)(reference)
    assert "T0PSECRET" not in str(caught.value)
    client("ssm").close()
    client("secretsmanager").close()


def test_a_secret_is_fetched_once() -> None:
    values = {"A": "first"}
    resolve = resolver(values, lambda _: None)
    assert resolve("env:A").reveal() == "first"
    values["A"] = "second"
    assert resolve("env:A").reveal() == "first"


def test_the_real_world_resolves_from_its_environment() -> None:
    assert world({"A": "x"}).resolve("env:A").reveal() == "x"
