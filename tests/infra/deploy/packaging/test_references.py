"""A module may publish every message class that its code uses, but none that it only reads."""

from __future__ import annotations

import ast

import pytest

from chalicelib.kit.email_reports import EmailReported
from chalicelib.kit.messages import Message
from infra.deploy import handlers
from infra.deploy.packaging import import_scan, reachability, references
from infra.deploy.packaging.import_scan import ServiceHidden
from infra.deploy.packaging.reachability import NameHidden
from tests.infra.deploy.packaging import sample_senders

SAMPLE = sample_senders.__name__


@pytest.fixture(scope="module", autouse=True)
def all_messages() -> None:
    handlers.chalice_app()


def scan_classes(source: str = "") -> set[str]:
    """Return the names of the classes that the source uses."""
    tree = ast.parse(source) if source else reachability.source(SAMPLE)
    assert tree
    return {kind.__name__ for kind in references.messages_used(SAMPLE, tree)}


@pytest.mark.parametrize(
    ("how", "kind"),
    [
        ("a table of classes", "ExportRequested"),
        ("a conditional expression over an import with another name", "ErasureRequested"),
        ("an alias in the module", "SweepRequested"),
        ("a default", "OrderCreated"),
        ("an attribute of a module", "EventReceived"),
        ("its full name", "FinalRequested"),
        ("an import inside the function", "GenerationRequested"),
        ("a partial", "ShopInstalled"),
        ("the value of a cast", "ProductUpdated"),
        ("a batch that is passed on", "ProductDeleted"),
        ("a copy of a parameter, by its type variable's bound", "RegistrationRequested"),
        ("the branch of a test of types", "ShopUninstalled"),
    ],
)
def test_a_message_class_is_found_under_any_name(how: str, kind: str) -> None:
    assert kind in scan_classes()


@pytest.mark.parametrize("kind", ["OrderPaid", "RefundCreated", "OrderEdited", "OrderCancelled", "OrderUpdated"])
def test_a_class_in_an_annotation_grants_no_right(kind: str) -> None:
    assert kind not in scan_classes()


def test_a_forwarded_message_may_be_of_any_subclass() -> None:
    source = "def again(request: ShopifyWork) -> None:\n    publish(request.model_copy())"

    shops, discounts = {"RegistrationRequested", "BackfillRequested"}, {"DiscountChanged", "ShopDayEnded"}
    assert scan_classes(source) == shops | discounts


def test_an_unpublished_parameter_grants_no_right() -> None:
    source = "def handle(request: ReimportRequested) -> None:\n    publish(ALIAS(rule=request.shop))"

    assert scan_classes(source) == {"SweepRequested"}


def test_the_scan_knows_the_names_of_the_publishing_functions() -> None:
    from chalicelib.kit import messages

    assert all(callable(getattr(messages, name)) for name in references.PUBLISHERS)


@pytest.mark.parametrize("source", ["aws.client(service)", "make = aws.client", "partial(aws.client, 's3')"])
def test_a_client_with_a_dynamic_service_name_is_refused(source: str) -> None:
    with pytest.raises(ServiceHidden, match="line 1"):
        list(import_scan._clients_in(ast.parse(source)))


def module_messages(module: str) -> frozenset[type[Message]]:
    return references.messages_used(module, reachability.source(module) or ast.Module([], []))


def test_every_message_class_is_published_somewhere() -> None:
    """A class that nothing publishes is unused, or the scan misses its use. SES publishes `EmailReported`."""
    sources = (handlers.ROOT / "chalicelib").rglob("*.py")
    modules = {".".join(path.relative_to(handlers.ROOT).with_suffix("").parts) for path in sources}
    published = {kind for module in modules for kind in module_messages(module.removesuffix(".__init__"))}

    kinds = references.with_subclasses(Message)
    declared = {kind for kind in kinds if (kind.topic or kind.queue) and not kind.__name__.startswith("_")}
    assert declared - {EmailReported} == published


@pytest.mark.parametrize(
    "source",
    [
        "publish(getattr(messages, name)())",
        "publish(vars(messages)[name]())",
        "publish(messages.__dict__[name]())",
        "publish(getattr(import_module(name), 'OrderPaid')())",
        "publish(getattr(__import__(name), 'OrderPaid')())",
        "publish(globals()[name]())",
        "publish(getattr(sys.modules[name], 'OrderPaid')())",
    ],
)
def test_a_name_that_is_looked_up_by_text_is_refused(source: str) -> None:
    """Otherwise the function would get no right to publish the class, and fail in an account."""
    with pytest.raises(NameHidden, match="line 1"):
        reachability._refuse_lookups("chalicelib.kit.unit_of_work", ast.parse(source))


def test_a_column_that_is_looked_up_by_text_hides_nothing() -> None:
    """Its table is named, so it is granted."""
    reachability._refuse_lookups("chalicelib.studio.repository.generations", ast.parse("getattr(Generation, name)"))
