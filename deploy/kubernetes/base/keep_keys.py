"""Keep the first keys as the Secret polylect-keys, where there is none yet. The Job first-keys runs it.

All of it is one Secret and one request, so that it is there as a whole or not at all. A Secret that is there
already stays as it is: the server refuses to create it a second time, and nothing else is asked of it.

usage: keep_keys.py FOLDER      FOLDER: keys.json, first-key and prometheus-key, as first_keys.sh makes them
"""

import argparse
import base64
import http.client
import json
import os
import secrets
import ssl
import sys
from pathlib import Path
from urllib.parse import urlsplit

NAME = "polylect-keys"
ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")
MADE = ("keys.json", "first-key", "prometheus-key")
CREATED, CONFLICT = 201, 409
_WHERE = """\
There were no keys: the Secret {name} is made. The first key, for polylect/*, is its first-key:
  kubectl -n {namespace} get secret {name} -o jsonpath='{{.data.first-key}}' | base64 -d
Keep it elsewhere, then take it out:
  kubectl -n {namespace} patch secret {name} --type=json -p '[{{"op": "remove", "path": "/data/first-key"}}]'
Prometheus' key, for /metrics alone, is its prometheus-key.
"""


def read_secret(folder: Path) -> dict[str, object]:
    """The Secret: what the folder holds, and passwords of our own for Redis and vLLM.

    Raises:
        OSError: a file is missing or cannot be read.
    """
    password = secrets.token_urlsafe(32)
    values = {name: (folder / name).read_text("utf-8").strip() for name in MADE}
    values["redis-password"] = password
    values["redis-url"] = f"redis://:{password}@polylect-redis:6379/0"
    values["vllm-api-key"] = secrets.token_urlsafe(32)
    data = {name: base64.b64encode(value.encode()).decode() for name, value in values.items()}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": NAME}, "type": "Opaque", "data": data}


def create(api: str, account: Path, namespace: str, secret: dict[str, object]) -> int:
    """Ask the server to create it, as the service account of this folder; the status of its answer.

    Raises:
        OSError: the account cannot be read, or the server cannot be reached within ten seconds.
    """
    token = (account / "token").read_text("utf-8").strip()
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    connection = _connection(api, account)
    try:
        path = f"/api/v1/namespaces/{namespace}/secrets"
        connection.request("POST", path, json.dumps(secret), headers)
        return connection.getresponse().status
    finally:
        connection.close()


def _connection(api: str, account: Path) -> http.client.HTTPConnection:
    url = urlsplit(api)
    if url.scheme == "http":
        return http.client.HTTPConnection(url.hostname or "", url.port, timeout=10)
    trusted = ssl.create_default_context(cafile=str(account / "ca.crt"))
    return http.client.HTTPSConnection(url.hostname or "", url.port, timeout=10, context=trusted)


def _server() -> str:
    host, port = os.environ["KUBERNETES_SERVICE_HOST"], os.environ["KUBERNETES_SERVICE_PORT"]
    return f"https://[{host}]:{port}" if ":" in host else f"https://{host}:{port}"


def main() -> None:
    """Create the Secret and say where what lies; end with an error where it could not be told."""
    parser = argparse.ArgumentParser(description="Keep the first keys as a Secret, where there is none yet.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--api", help="the API server; default: the cluster's own")
    parser.add_argument("--account", type=Path, default=ACCOUNT, help="token, namespace and ca.crt")
    options = parser.parse_args()
    namespace = (options.account / "namespace").read_text("utf-8").strip()
    status = create(options.api or _server(), options.account, namespace, read_secret(options.folder))
    if status == CONFLICT:
        sys.stdout.write(f"The Secret {NAME} is there already and stays as it is.\n")
    elif status == CREATED:
        sys.stdout.write(_WHERE.format(name=NAME, namespace=namespace))
    else:
        sys.exit(f"The API server refused to create the Secret {NAME}: status {status}.")


if __name__ == "__main__":
    main()
