"""The local stack: embedded AWS, resources, peers, HTTP API and event pump, started in order and stopped in reverse."""

from __future__ import annotations

import json
import os
import socket
import threading
from contextlib import ExitStack
from pathlib import Path

from infra.local.engine import Engine
from infra.local.environment import HOST, Plan
from infra.sandbox.shopify import ShopifySandbox
from infra.sandbox.stripe import StripeSandbox


class PortTaken(RuntimeError):
    """Something else listens where the stack wants to; the message says what to do."""


class Stack(ExitStack):
    """A running stack; leaving the `with` block stops it. One a process: the settings are read once."""

    def __init__(self, plan: Plan) -> None:
        super().__init__()
        self.plan = plan

    def start(self) -> None:
        """Bring everything up. Raises PortTaken, and EngineError where the engine does not come up."""
        plan = self.plan
        for purpose, port in plan.ports().items():
            _demand_free(purpose, port)
        plan.state_dir.mkdir(parents=True, exist_ok=True)
        os.environ.update(plan.environment)
        if plan.embedded_aws:
            self.enter_context(Engine.start(plan.state_dir / "aws", plan.aws_port))
        if plan.sandbox_shopify:
            state = plan.state_dir / "shopify.json"
            self.enter_context(ShopifySandbox(port=plan.shopify_port, app_base_url=plan.api_url, state_file=state))
        if plan.sandbox_stripe:
            state = plan.state_dir / "stripe.json"
            url = f"{plan.api_url}/webhooks/stripe"
            self.enter_context(StripeSandbox(port=plan.stripe_port, webhook_url=url, state_file=state))
        self._serve()

    def _serve(self) -> None:
        """Ours comes last: importing it reads the settings, which must be in place."""
        from chalicelib.kit import secrets
        from infra.deploy import handlers
        from infra.local import renamed_queues, server
        from infra.local.provision import provision
        from infra.local.pump import Pump

        if self.plan.environment.get("KMS_KEY_ID") is None:
            secrets.new_key_file(Path(self.plan.environment["SECRETS_KEY_FILE"]))
        provision()
        renamed_queues.move_messages()
        pump = Pump()
        pump.start()
        self.callback(pump.stop)
        api = server.create(handlers.chalice_app(), HOST, self.plan.port)
        threading.Thread(target=api.server.serve_forever, name="api", daemon=True).start()
        self.callback(api.server.server_close)
        self.callback(api.shutdown)

    def announce(self) -> None:
        """Where the running stack can be found, for `make demo` and `make tick`; gone when it stops."""
        file = running_file(self.plan)
        file.write_text(json.dumps({"pid": os.getpid(), "api_url": self.plan.api_url}))
        self.callback(file.unlink, missing_ok=True)


def running_file(plan: Plan) -> Path:
    """The file that tells of a running stack."""
    return plan.state_dir / "running.json"


def is_running(plan: Plan) -> bool:
    """Whether a stack of this plan runs on this machine."""
    try:
        pid = json.loads(running_file(plan).read_text())["pid"]
        os.kill(pid, 0)
    except (OSError, ValueError, KeyError):
        return False
    return True


def fire(plan: Plan, name: str | None) -> None:
    """Run the schedule called `name` once, in a worker process, against the stack of this plan.

    Raises ValueError, listing the schedules, where there is none of that name; HandlerFailed where it fails.
    """
    os.environ.update(plan.environment)
    from chalicelib.kit import clock
    from infra.deploy import handlers
    from infra.local import schedules
    from infra.local.worker import Worker

    known = {schedule.name: schedule for schedule in handlers.schedules()}
    if name not in known:
        listed = "\n".join(f"  {schedule.name:24} {schedule.expression}" for schedule in known.values())
        raise ValueError(f"name a schedule, as in make tick NAME=retention-start_sweep:\n{listed}")
    worker = Worker(known[name])
    try:
        worker.invoke(schedules.event_of(known[name], clock.now()))
    finally:
        worker.stop()


def _demand_free(purpose: str, port: int) -> None:
    try:
        socket.create_server((HOST, port)).close()
    except OSError as error:
        raise PortTaken(
            f"Port {port}, wanted for {purpose}, is taken. Stop what listens there (`lsof -i :{port}` names it; "
            f"perhaps another `make run`), or choose other ports: make run PORT={port + 1000}"
        ) from error
