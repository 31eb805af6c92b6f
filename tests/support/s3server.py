"""An S3 server for tests that checks every signature: moto's, in a thread, with a user of its IAM."""

from __future__ import annotations

import asyncio
import json
import urllib.request
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import boto3
from moto import settings
from moto.moto_server.threaded_moto_server import ThreadedMotoServer

BUCKET = "tapes"
_ALL = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}


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


@asynccontextmanager
async def s3_server() -> AsyncIterator[S3Server]:
    """Yield a running server with an empty bucket. There can be one of it in a process: moto's state is global."""
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    await asyncio.to_thread(server.start)
    port = server.get_host_and_port()[1]
    try:
        yield await asyncio.to_thread(_prepared, port)
    finally:
        settings.INITIAL_NO_AUTH_ACTION_COUNT = float("inf")
        await asyncio.to_thread(server.stop)


def _prepared(port: int) -> S3Server:
    address = f"http://127.0.0.1:{port}"
    urllib.request.urlopen(urllib.request.Request(f"{address}/moto-api/reset", method="POST")).close()
    first = {"aws_access_key_id": "x", "aws_secret_access_key": "x", "region_name": "us-east-1"}
    iam = boto3.client("iam", endpoint_url=address, **first)
    iam.create_user(UserName="roomtape")
    iam.put_user_policy(UserName="roomtape", PolicyName="all", PolicyDocument=json.dumps(_ALL))
    key = iam.create_access_key(UserName="roomtape")["AccessKey"]
    boto3.client("s3", endpoint_url=address, **first).create_bucket(Bucket=BUCKET)
    settings.INITIAL_NO_AUTH_ACTION_COUNT = 0
    pair = {"aws_access_key_id": key["AccessKeyId"], "aws_secret_access_key": key["SecretAccessKey"]}
    client = boto3.client("s3", endpoint_url=address, region_name="us-east-1", **pair)
    return S3Server(port, key["AccessKeyId"], key["SecretAccessKey"], client)
