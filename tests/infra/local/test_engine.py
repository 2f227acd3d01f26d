"""The embedded engine, with real processes and real kills."""

import http.client
import json
import select
import signal
import socket
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import botocore.session
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from infra.local import engine as module
from infra.local.engine import ROOT, Engine, EngineError
from tests.timeouts import LIMIT, PAUSE, eventually

SESSION = botocore.session.get_session()


def client(engine: Engine, service: str) -> Any:
    return SESSION.create_client(
        service,
        endpoint_url=engine.endpoint_url,
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )


def create_table(engine: Engine) -> Any:
    dynamodb = client(engine, "dynamodb")
    dynamodb.create_table(
        TableName="shops",
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
    )
    return dynamodb


def stored_ids_of(engine: Engine) -> set[str]:
    pages = client(engine, "dynamodb").get_paginator("scan").paginate(TableName="shops")
    return {item["id"]["S"] for page in pages for item in page["Items"]}


@pytest.fixture(scope="module")
def shared_engine() -> Iterator[Engine]:
    with Engine.start() as engine:
        yield engine


def test_the_engine_stops_with_its_context() -> None:
    with Engine.start() as engine:
        assert client(engine, "dynamodb").list_tables()["TableNames"] == []
    assert engine.process.returncode == 0
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", engine.port))
    engine.stop()


@pytest.mark.skipif(not Path("/proc/net/tcp").exists(), reason="reads Linux's table of sockets")
def test_the_engine_listens_on_loopback_only(shared_engine: Engine) -> None:
    listening = f"{shared_engine.port:04X}"
    families = [path for path in (Path("/proc/net/tcp"), Path("/proc/net/tcp6")) if path.exists()]
    rows = [line.split() for path in families for line in path.read_text().splitlines()]
    addresses = [row[1] for row in rows if row[1].endswith(f":{listening}") and row[3] == "0A"]
    assert addresses == [f"0100007F:{listening}"]


@pytest.mark.parametrize("how", ["stop", "kill"])
def test_state_survives(tmp_path: Path, how: str) -> None:
    with Engine.start(tmp_path) as engine:
        create_table(engine).put_item(TableName="shops", Item={"id": {"S": "one"}})
        sqs, s3 = client(engine, "sqs"), client(engine, "s3")
        queue = sqs.create_queue(QueueName="studio-generate_preview")["QueueUrl"]
        sqs.send_message(QueueUrl=queue, MessageBody="work")
        s3.create_bucket(Bucket="media")
        s3.put_object(Bucket="media", Key="uploads/a.jpg", Body=b"picture", ContentType="image/jpeg")
        key = client(engine, "kms").create_key()["KeyMetadata"]["KeyId"]
        secret = client(engine, "kms").encrypt(KeyId=key, Plaintext=b"token")["CiphertextBlob"]
        if how == "kill":
            engine.checkpoint()
            engine.kill()

    with Engine.start(tmp_path) as engine:
        assert stored_ids_of(engine) == {"one"}
        sqs = client(engine, "sqs")
        queue = sqs.get_queue_url(QueueName="studio-generate_preview")["QueueUrl"]
        assert queue.startswith(engine.endpoint_url)
        assert [message["Body"] for message in sqs.receive_message(QueueUrl=queue)["Messages"]] == ["work"]
        picture = client(engine, "s3").get_object(Bucket="media", Key="uploads/a.jpg")
        assert (picture["Body"].read(), picture["ContentType"]) == (b"picture", "image/jpeg")
        assert client(engine, "kms").decrypt(CiphertextBlob=secret)["Plaintext"] == b"token"


def test_a_kill_during_a_checkpoint_keeps_the_previous_state(tmp_path: Path) -> None:
    known_ids: set[str] = set()
    for round_number in range(4):
        with Engine.start(tmp_path) as engine:
            dynamodb = client(engine, "dynamodb") if round_number else create_table(engine)
            engine.checkpoint()
            saving = threading.Barrier(2)

            def save_repeatedly(engine: Engine = engine, saving: threading.Barrier = saving) -> None:
                saving.wait()
                with suppress(EngineError):
                    while True:
                        engine.checkpoint()

            saver = threading.Thread(target=save_repeatedly)
            saver.start()
            saving.wait()
            for number in range(20):
                dynamodb.put_item(
                    TableName="shops", Item={"id": {"S": f"{round_number}-{number}"}, "x": {"S": "x" * 9000}}
                )
            engine.kill()
            saver.join()
        with Engine.start(tmp_path) as engine:
            stored_ids = stored_ids_of(engine)
            assert known_ids <= stored_ids
            expected_ids = {f"{round_number}-{number}" for number in range(len(stored_ids - known_ids))}
            assert stored_ids - known_ids == expected_ids
            known_ids = stored_ids


def test_the_engine_saves_checkpoints(tmp_path: Path) -> None:
    with Engine.start(tmp_path) as engine:
        create_table(engine)
        state = tmp_path / "engine.pickle"
        eventually(lambda: state.exists() and b"shops" in state.read_bytes(), "the table is saved")
        engine.kill()
    with Engine.start(tmp_path) as engine:
        assert stored_ids_of(engine) == set()


def test_a_reset_deletes_the_stored_state(tmp_path: Path) -> None:
    with Engine.start(tmp_path) as engine:
        create_table(engine)
        client(engine, "s3").create_bucket(Bucket="media")
        client(engine, "s3").put_object(Bucket="media", Key="a", Body=b"1")
        engine.checkpoint()
        engine.reset()
        engine.kill()
    with Engine.start(tmp_path) as engine:
        assert client(engine, "dynamodb").list_tables()["TableNames"] == []
        assert client(engine, "s3").list_buckets()["Buckets"] == []


def test_a_state_folder_is_locked_by_one_engine(tmp_path: Path) -> None:
    with Engine.start(tmp_path), pytest.raises(EngineError, match="in use by another engine"):
        Engine.start(tmp_path)


def test_a_restore_returns_to_the_snapshot(shared_engine: Engine) -> None:
    shared_engine.reset()
    dynamodb, sqs, s3 = create_table(shared_engine), client(shared_engine, "sqs"), client(shared_engine, "s3")
    queue = sqs.create_queue(QueueName="studio-on_upload")["QueueUrl"]
    s3.create_bucket(Bucket="media")
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    storage = {
        "Effect": "Allow",
        "Principal": {"Service": "s3.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": arn,
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [storage]})
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"Policy": policy})
    notification = {"QueueConfigurations": [{"QueueArn": arn, "Events": ["s3:ObjectCreated:*"]}]}
    s3.put_bucket_notification_configuration(Bucket="media", NotificationConfiguration=notification)
    shared_engine.snapshot()  # holds the s3:TestEvent that the notification sent

    sns = client(shared_engine, "sns")
    for _ in range(20):
        dynamodb.put_item(TableName="shops", Item={"id": {"S": "one"}})
        sns.create_topic(Name="late")
        sqs.receive_message(QueueUrl=queue)  # in flight during the restore
        s3.put_object(Bucket="media", Key="uploads/a.jpg", Body=b"picture")  # its notification is in progress
        shared_engine.restore()

        assert stored_ids_of(shared_engine) == set()
        assert s3.list_objects_v2(Bucket="media")["KeyCount"] == 0
        assert sns.list_topics()["Topics"] == []
        messages = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10)["Messages"]
        assert ["s3:TestEvent" in message["Body"] for message in messages] == [True]
        s3.put_object(Bucket="media", Key="uploads/b.jpg", Body=b"picture")
        assert "uploads/b.jpg" in sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=20)["Messages"][0]["Body"]


def poll(engine: Engine, queue: str) -> http.client.HTTPConnection:
    """Send a long poll without waiting for its response."""
    body = json.dumps({"QueueUrl": queue, "WaitTimeSeconds": 20})
    headers = {"X-Amz-Target": "AmazonSQS.ReceiveMessage", "Content-Type": "application/x-amz-json-1.0"}
    request = AWSRequest("POST", engine.endpoint_url, headers, body)
    SigV4Auth(Credentials("test", "test"), "sqs", "us-east-1").add_auth(request)
    connection = http.client.HTTPConnection("127.0.0.1", engine.port, timeout=LIMIT)
    connection.request("POST", "/", body, dict(request.headers))
    return connection


def test_a_disconnected_client_receives_no_message(shared_engine: Engine) -> None:
    shared_engine.reset()
    sqs = client(shared_engine, "sqs")
    queue = sqs.create_queue(QueueName="studio-generate_preview")["QueueUrl"]
    dead_client = poll(shared_engine, queue)
    dead_client.sock.shutdown(socket.SHUT_WR)
    assert dead_client.sock.recv(1) == b""  # the engine has read the request and closed the connection
    dead_client.close()
    sqs.send_message(QueueUrl=queue, MessageBody="work")

    def is_port_free() -> bool:
        counts = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["ApproximateNumberOfMessagesNotVisible"])
        return bool(counts["Attributes"]["ApproximateNumberOfMessagesNotVisible"] != "0")

    for _ in range(10):  # the engine polls every tenth of a second
        assert not is_port_free()
        time.sleep(PAUSE)
    assert [message["Body"] for message in sqs.receive_message(QueueUrl=queue)["Messages"]] == ["work"]


def test_a_restore_ends_long_polls(shared_engine: Engine) -> None:
    shared_engine.reset()
    queue = client(shared_engine, "sqs").create_queue(QueueName="studio-generate_preview")["QueueUrl"]
    shared_engine.snapshot()
    waiting = poll(shared_engine, queue)

    def has_response() -> bool:
        shared_engine.restore()  # a second message, if the poll started after the first
        return bool(select.select([waiting.sock], [], [], 0.1)[0])

    eventually(has_response, "the poll is answered")
    response = waiting.getresponse()
    assert (response.status, response.read()) == (200, b"{}")
    waiting.close()


def test_queue_policies_and_signatures_are_enforced(shared_engine: Engine) -> None:
    shared_engine.reset()
    sns, sqs, s3 = client(shared_engine, "sns"), client(shared_engine, "sqs"), client(shared_engine, "s3")
    queue = sqs.create_queue(QueueName="closed")["QueueUrl"]
    topic = sns.create_topic(Name="shops-order_paid")["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint="arn:aws:sqs:us-east-1:000000000000:closed")
    sns.publish(TopicArn=topic, Message="refused")
    s3.create_bucket(Bucket="media")
    s3.put_object(Bucket="media", Key="final.jpg", Body=b"paid for")
    connection = http.client.HTTPConnection("127.0.0.1", shared_engine.port, timeout=LIMIT)
    connection.request("GET", "/media/final.jpg")
    assert connection.getresponse().status == 403
    connection.close()
    assert "Messages" not in sqs.receive_message(QueueUrl=queue)


def test_restore_without_a_snapshot_is_an_error() -> None:
    with Engine.start() as engine, pytest.raises(EngineError, match="409"):
        engine.restore()


def test_a_port_in_use_explains_the_remedy() -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as other,
        pytest.raises(EngineError, match="is in use: stop the process"),
    ):
        Engine.start(port=other.getsockname()[1])


def test_a_missing_environment_explains_the_remedy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PYTHON", tmp_path / "bin" / "python")
    with pytest.raises(EngineError, match="make install"):
        Engine.start()


def test_the_engine_stops_with_its_parent_process(tmp_path: Path) -> None:
    script = textwrap.dedent("""
        import sys, pathlib, signal
        from infra.local.engine import Engine
        engine = Engine.start(pathlib.Path(sys.argv[1]))
        print(engine.port, flush=True)
        signal.pause()
    """)
    parent = subprocess.Popen(
        [sys.executable, "-c", script, str(tmp_path)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert parent.stdout is not None
    port = int(parent.stdout.readline())
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    parent.stdout.close()

    def is_stopped() -> bool:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except OSError:
            return True
        return False

    eventually(is_stopped, "the port is closed")
    with Engine.start(tmp_path):
        pass


def test_the_engine_lists_queues_with_visible_messages(shared_engine: Engine) -> None:
    sqs = client(shared_engine, "sqs")
    urls = {name: sqs.create_queue(QueueName=name)["QueueUrl"] for name in ("busy", "idle", "later")}
    sqs.send_message(QueueUrl=urls["busy"], MessageBody="now")
    sqs.send_message(QueueUrl=urls["later"], MessageBody="not yet", DelaySeconds=900)
    assert shared_engine.waiting() & set(urls) == {"busy"}
    sqs.receive_message(QueueUrl=urls["busy"])
    assert not shared_engine.waiting() & set(urls), "the message is in flight"
