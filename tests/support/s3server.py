"""An S3 server for tests that checks every signature: moto's, in a thread, with a user of its IAM."""

from __future__ import annotations

import asyncio
import json
import urllib.request
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest import mock
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

import boto3
from botocore.auth import S3SigV4Auth, S3SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from moto import settings
from moto.moto_server.threaded_moto_server import ThreadedMotoServer

BUCKET = "tapes"


def _allowing(action: str) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": action, "Resource": "*"}]}


@dataclass
class S3Server:
    port: int
    access_key: str
    secret: str
    client: Any

    def files(self) -> dict[str, bytes]:
        """Return what lies in the bucket."""
        found = self.client.list_objects_v2(Bucket=BUCKET).get("Contents", [])
        return {
            item["Key"]: self.client.get_object(Bucket=BUCKET, Key=item["Key"])["Body"].read() for item in found
        }  # fmt: skip

    def config(self, **more: Any) -> dict[str, Any]:
        """Return a storage_config that opens it."""
        keys = {"access_key": self.access_key, "secret": self.secret}
        return {"type": "aws", "bucket": BUCKET, "region": "us-east-1", **keys, **more}

    def writer(self) -> dict[str, Any]:
        """Return a storage_config with a key that may write, and nothing else."""
        pair = {"aws_access_key_id": self.access_key, "aws_secret_access_key": self.secret}
        iam = boto3.client("iam", endpoint_url=f"http://127.0.0.1:{self.port}", region_name="us-east-1", **pair)
        iam.create_user(UserName="writer")
        iam.put_user_policy(UserName="writer", PolicyName="write", PolicyDocument=json.dumps(_allowing("s3:PutObject")))
        key = iam.create_access_key(UserName="writer")["AccessKey"]
        return self.config(access_key=key["AccessKeyId"], secret=key["SecretAccessKey"])


class _Links:
    """Checks signed links, which moto does not know once it checks signatures: botocore makes the same one, or not.

    What is right goes on as a request that is signed in its headers.
    """

    def __init__(self, app: Any) -> None:
        self.app = app
        self.credentials: Credentials | None = None

    def __call__(self, environ: dict[str, Any], start: Any) -> Any:
        query = parse_qsl(environ["QUERY_STRING"], keep_blank_values=True)
        said = {name: value for name, value in query if name.startswith("X-Amz-")}
        if "X-Amz-Signature" not in said or self.credentials is None:
            return self.app(environ, start)
        more = urlencode([(name, value) for name, value in query if name not in said], quote_via=quote)
        target = environ["RAW_URI"].partition("?")[0] + (f"?{more}" if more else "")
        place = f"http://{environ['HTTP_HOST']}{target}"
        if self._signature(environ["REQUEST_METHOD"], place, said) != said["X-Amz-Signature"]:
            start("403 Forbidden", [("Content-Type", "application/xml")])
            return [b"<Error><Code>SignatureDoesNotMatch</Code></Error>"]
        request = AWSRequest(environ["REQUEST_METHOD"], place)
        S3SigV4Auth(self.credentials, "s3", "us-east-1").add_auth(request)
        headers = {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in request.headers.items()}
        return self.app({**environ, **headers, "QUERY_STRING": more, "RAW_URI": target, "REQUEST_URI": target}, start)

    def _signature(self, method: str, place: str, said: dict[str, str]) -> str | None:
        """Return what botocore would sign, None for a link that is too old or is for another region."""
        made = datetime.strptime(said["X-Amz-Date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        if datetime.now(UTC) > made + timedelta(seconds=int(said["X-Amz-Expires"])):
            return None
        request = AWSRequest(method, place)
        with mock.patch("botocore.auth.get_current_datetime", return_value=made.replace(tzinfo=None)):
            S3SigV4QueryAuth(self.credentials, "s3", "us-east-1", int(said["X-Amz-Expires"])).add_auth(request)
        return dict(parse_qsl(urlsplit(request.url).query)).get("X-Amz-Signature")


@asynccontextmanager
async def s3_server() -> AsyncIterator[S3Server]:
    """Yield a running server with an empty bucket. There can be one of it in a process: moto's state is global."""
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    await asyncio.to_thread(server.start)
    port = server.get_host_and_port()[1]
    links = _Links(server._server.app)
    server._server.app = links
    try:
        made = await asyncio.to_thread(_prepared, port)
        links.credentials = Credentials(made.access_key, made.secret)
        yield made
    finally:
        settings.INITIAL_NO_AUTH_ACTION_COUNT = float("inf")
        await asyncio.to_thread(server.stop)


def _prepared(port: int) -> S3Server:
    address = f"http://127.0.0.1:{port}"
    urllib.request.urlopen(urllib.request.Request(f"{address}/moto-api/reset", method="POST")).close()
    first = {"aws_access_key_id": "x", "aws_secret_access_key": "x", "region_name": "us-east-1"}
    iam = boto3.client("iam", endpoint_url=address, **first)
    iam.create_user(UserName="roomtape")
    iam.put_user_policy(UserName="roomtape", PolicyName="all", PolicyDocument=json.dumps(_allowing("*")))
    key = iam.create_access_key(UserName="roomtape")["AccessKey"]
    boto3.client("s3", endpoint_url=address, **first).create_bucket(Bucket=BUCKET)
    settings.INITIAL_NO_AUTH_ACTION_COUNT = 0
    pair = {"aws_access_key_id": key["AccessKeyId"], "aws_secret_access_key": key["SecretAccessKey"]}
    client = boto3.client("s3", endpoint_url=address, region_name="us-east-1", **pair)
    return S3Server(port, key["AccessKeyId"], key["SecretAccessKey"], client)
