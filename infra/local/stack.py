"""The local stack: embedded AWS, resources, sandboxes, HTTP API and event pump. They stop in reverse order."""

from __future__ import annotations

import json
import os
import socket
from contextlib import ExitStack
from pathlib import Path

from infra.local.api_process import ApiProcess
from infra.local.databases.lazy_servers import LazyServers
from infra.local.databases.relay import Relay
from infra.local.engine_keeper import EngineKeeper
from infra.local.environment import HOST, Plan
from infra.sandbox.mailbox import Mailbox
from infra.sandbox.shopify import ShopifySandbox
from infra.sandbox.stripe import StripeSandbox
from infra.sandbox.supabase import SupabaseSandbox


class PortTaken(RuntimeError):
    """Another process listens on a port of the stack; the message names the remedy."""


class Stack(ExitStack):
    """A running stack; leaving the `with` block stops it. One per process, because the settings are read once."""

    def __init__(self, plan: Plan) -> None:
        super().__init__()
        self.plan = plan

    def start(self) -> None:
        """Start everything. Raises PortTaken if a port is in use, EngineError if the engine does not start."""
        plan = self.plan
        for purpose, port in plan.ports().items():
            _demand_free(purpose, port)
        plan.state_dir.mkdir(parents=True, exist_ok=True)
        os.environ.update(plan.environment)
        if plan.embedded_aws:
            keeper = self.enter_context(EngineKeeper(plan.state_dir / "aws", plan.aws_port, _provision))
            self.enter_context(Mailbox(keeper.engine.endpoint_url, plan.mailbox_port))
        if plan.sandbox_shopify:
            state = plan.state_dir / "shopify.json"
            self.enter_context(ShopifySandbox(port=plan.shopify_port, app_base_url=plan.api_url, state_file=state))
        if plan.sandbox_stripe:
            state = plan.state_dir / "stripe.json"
            url = f"{plan.api_url}/webhooks/stripe"
            self.enter_context(StripeSandbox(port=plan.stripe_port, webhook_url=url, state_file=state))
        self._start_databases()
        self._serve()

    def _start_databases(self) -> None:
        """Listen on the ports of the database servers; a server starts at its first connection."""
        plan = self.plan
        servers = self.enter_context(LazyServers(plan.state_dir / "databases"))
        for server, port in ((servers.postgresql, plan.postgresql_port), (servers.mariadb, plan.mariadb_port)):
            self.enter_context(Relay(server, port))
        self.enter_context(
            SupabaseSandbox(
                servers.postgresql,
                servers.pooler,
                plan.supabase_port,
                plan.supabase_pooler_port,
                state_file=plan.state_dir / "supabase.json",
            )
        )

    def _serve(self) -> None:
        """Start our own parts. Import them here: they read the settings, which must be set before."""
        from chalicelib.kit import secrets
        from infra.deploy import renamed_queues
        from infra.local.pump import Pump
        from infra.local.reloader import Reloader

        if self.plan.environment.get("KMS_KEY_ID") is None:
            secrets.new_key_file(Path(self.plan.environment["SECRETS_KEY_FILE"]))
        _provision()
        renamed_queues.move_messages()
        pump = Pump()
        self.callback(pump.stop)
        pump.start()
        api = self.enter_context(ApiProcess(HOST, self.plan.port))
        self.enter_context(Reloader(api, pump))

    def announce(self) -> None:
        """Write the file by which `make demo` and `make tick` find the stack; remove it when the stack stops."""
        file = running_file(self.plan)
        file.write_text(json.dumps({"pid": os.getpid(), "api_url": self.plan.api_url}))
        self.callback(file.unlink, missing_ok=True)


def _provision() -> None:
    """Create the AWS resources. The import is local because the module reads the settings, which must be set first."""
    from infra.local.provision import provision

    provision()


def running_file(plan: Plan) -> Path:
    """Return the path of the file that exists while a stack runs."""
    return plan.state_dir / "running.json"


def is_running(plan: Plan) -> bool:
    """Return whether a stack of this plan runs on this machine."""
    try:
        pid = json.loads(running_file(plan).read_text())["pid"]
        os.kill(pid, 0)
    except (OSError, ValueError, KeyError):
        return False
    return True


def fire(plan: Plan, name: str | None) -> None:
    """Run the schedule `name` once, in a worker process, against the stack of this plan.

    Raises ValueError with a list of the schedules if none has this name, HandlerFailed if the handler fails.
    """
    os.environ.update(plan.environment)
    from chalicelib.kit import clock
    from infra.deploy import handlers
    from infra.local import schedules
    from infra.local.worker import Worker

    known = {schedule.name: schedule for schedule in handlers.schedules()}
    if name not in known:
        listed = "\n".join(f"  {schedule.name:24} {schedule.expression}" for schedule in known.values())
        raise ValueError(f"give the name of a schedule, e.g. backroom tick retention-start_sweep:\n{listed}")
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
            f"Port {port} for {purpose} is in use. Stop the process that listens there, perhaps another `make run` "
            f"(find it with `lsof -i :{port}`), or choose other ports: make run PORT={port + 1000}"
        ) from error
