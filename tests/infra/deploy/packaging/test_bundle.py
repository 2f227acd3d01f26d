"""The zip that the functions run."""

from __future__ import annotations

import importlib.util
import os
import platform
import re
import subprocess
import sys
import zipfile
from importlib import metadata
from pathlib import Path

import boto3
import duckdb
import PIL
import pytest
from PIL import Image

from infra.deploy import handlers
from infra.deploy.handlers import ROOT
from tests.infra.deploy.packaging.conftest import Packaged
from tests.integrations.sample_images import encode_image

UNCHECKED_HASH = 0b01
"""PEP 552: the second word of a .pyc; 0b11 would compare the source at import."""

DIST_INFO = re.compile(r"(?:python/)?([^/]+)\.dist-info/METADATA$")

on_lambdas_platform = pytest.mark.skipif(
    (sys.platform, platform.machine(), platform.libc_ver()[0]) != ("linux", "x86_64", "glibc"),
    reason="the bundle's native modules are for Linux on x86_64",
)


@pytest.fixture(scope="module")
def bundle(packaged: Packaged) -> Path:
    return packaged("prod") / "deployment.zip"


@pytest.fixture(scope="module")
def unzipped_bundle(bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("bundle")
    with zipfile.ZipFile(bundle) as archive:
        archive.extractall(root)
    return root


def names(path: Path) -> list[str]:
    with zipfile.ZipFile(path) as archive:
        return archive.namelist()


def run_isolated(*paths: Path, code: str) -> None:
    """Run Python with only the standard library and these directories."""
    start = f"import sys; sys.path[:0] = {[str(path) for path in paths]!r}; {code}"
    account = {"AWS_ACCOUNT_ID": "123456789012", "AWS_DEFAULT_REGION": "us-east-1"}
    environment = {"PATH": os.defpath, "STAGE": "prod", **account}
    process = subprocess.run(
        [sys.executable, "-I", "-S", "-c", start], env=environment, capture_output=True, text=True, check=False
    )
    assert process.returncode == 0, process.stderr


def test_the_bundle_is_small(bundle: Path) -> None:
    with zipfile.ZipFile(bundle) as archive:
        unzipped_bundle = sum(entry.file_size for entry in archive.infolist())

    assert bundle.stat().st_size <= 18_000_000
    assert unzipped_bundle <= 80_000_000


def test_the_build_is_reproducible(packaged: Packaged) -> None:
    for name in ("deployment.zip", "duckdb-layer.zip", "sql-layer.zip"):
        assert (packaged("prod") / name).read_bytes() == (packaged("dev") / name).read_bytes()


def test_the_bundle_contains_runtime_files_only(bundle: Path) -> None:
    top = {name.split("/")[0] for name in names(bundle)}

    assert {"app.pyc", "chalicelib", "chalice", "pydantic", "pynamodb", "botocore"} <= top
    assert not top & {
        "cryptography",
        "duckdb",
        "sqlalchemy",
        "psycopg",
        "pymysql",
        "alembic",
        "pip",
        "setuptools",
        "pytest",
        "infra",
        "tests",
        ".chalice",
        "bin",
    }
    assert not [name for name in names(bundle) if "/tests/" in name or name.endswith((".pyi", ".c", ".h"))]


def test_bundle_and_layers_contain_the_versions_that_the_tests_run(packaged: Packaged) -> None:
    archives = [packaged("prod") / name for name in ("deployment.zip", "duckdb-layer.zip", "sql-layer.zip")]
    contained = {found[1] for path in archives for name in names(path) if (found := DIST_INFO.match(name))}
    versions = {
        (name.lower().replace("_", "-"), version) for name, _, version in (each.rpartition("-") for each in contained)
    }

    assert {("boto3", boto3.__version__), ("duckdb", duckdb.__version__), ("pillow", PIL.__version__)} < versions
    assert {(name, version) for name, version in versions if metadata.version(name) != version} == set()


def test_no_library_of_an_unused_feature_is_in_it(bundle: Path) -> None:
    """AVIF; text in pictures, with what only FreeType needs; Tk; the pages of Swagger UI."""
    unused = "avif|freetype|harfbuzz|brotli|libpng|imagingft|imagingtk"
    libraries = [name for name in names(bundle) if ".so" in name]

    assert [name for name in libraries if re.search(unused, name)] == []
    assert [name for name in libraries if "/_webp." in name or "/libwebp-" in name or "/libjpeg-" in name]
    assert [name for name in names(bundle) if "/swagger_ui/" in name and not name.endswith(".pyc")] == []


def test_every_module_is_compiled_with_unchecked_hashes(bundle: Path) -> None:
    with zipfile.ZipFile(bundle) as archive:
        headers_by_name = {name: archive.read(name)[:8] for name in archive.namelist() if name.endswith(".pyc")}

    assert [name for name in names(bundle) if name.endswith(".py")] == []
    for name, head in headers_by_name.items():
        assert head[:4] == importlib.util.MAGIC_NUMBER, name
        assert int.from_bytes(head[4:], "little") == UNCHECKED_HASH, name


def test_the_bundle_contains_all_modules_and_pages(bundle: Path) -> None:
    sources = (ROOT / "chalicelib").rglob("*.*")
    found = (path for path in sources if path.suffix in (".py", ".sql", ".html", ".css", ".js"))
    own_files = {re.sub(r"\.py$", ".pyc", path.relative_to(ROOT).as_posix()) for path in found}

    assert "chalicelib/studio/pages/storefront/storefront.js" in own_files
    assert own_files <= set(names(bundle))


def test_botocore_has_one_version_of_each_service_in_use(bundle: Path) -> None:
    versions = [
        name.split("/")[2:4] for name in names(bundle) if name.startswith("botocore/data/") and name.count("/") > 3
    ]
    services = [service for service, _ in {tuple(version) for version in versions}]

    assert {"dynamodb", "s3", "sqs", "sns", "kms", "ssm"} <= set(services)
    assert len(services) == len(set(services)) < 12


@on_lambdas_platform
def test_every_handler_starts_with_the_bundle_alone(unzipped_bundle: Path) -> None:
    entries = [handler.entry.rpartition(".") for handler in (*handlers.consumers(), *handlers.schedules())]
    code = "import importlib\nfor module, name in " + repr([("app", "app"), *((m, n) for m, _, n in entries)])
    code += ": getattr(importlib.import_module(module), name)"

    run_isolated(unzipped_bundle, code=f"exec({code!r})")


@on_lambdas_platform
def test_the_vendors_libraries_load(unzipped_bundle: Path) -> None:
    run_isolated(
        unzipped_bundle,
        code="import boto3, jwt, stripe; from PIL import Image; Image.preinit(); Image.new('RGB', (2, 2))",
    )


@on_lambdas_platform
def test_each_format_in_use_has_its_codec(unzipped_bundle: Path) -> None:
    """Pillow finds what is left, and reports the rest as missing without a failure."""
    run_isolated(
        unzipped_bundle,
        code="from PIL import features, Image; Image.init(); "
        "assert all(map(features.check, ('jpg', 'zlib', 'webp', 'littlecms2'))); "
        "assert not any(map(features.check, ('avif', 'freetype2', 'raqm')))",
    )


@on_lambdas_platform
def test_images_are_decoded_in_a_child_process_of_the_bundle(unzipped_bundle: Path) -> None:
    code = """
from chalicelib.integrations.images import decoder_process, decoding
for data, expected in ((b"no picture", decoding.UnreadableImage), (sample, None)):
    try:
        decoder_process.check(data, decoder_process.REQUEST)
    except decoding.UnreadableImage as error:
        assert type(error) is expected, error
    else:
        assert expected is None
assert "PIL" not in sys.modules
"""
    sample = encode_image(Image.new("RGB", (20, 10)), "WEBP")

    run_isolated(unzipped_bundle, code=f"sample = {sample!r}; exec({code!r})")


@on_lambdas_platform
def test_the_clients_in_use_can_be_built(unzipped_bundle: Path) -> None:
    code = (
        "from chalicelib.kit import aws; [aws.client(name) for name in ('dynamodb', 's3', 'sqs', 'sns', 'kms', 'ssm')]"
    )

    run_isolated(unzipped_bundle, code=code)


@on_lambdas_platform
def test_the_archive_layer_contains_duckdb(packaged: Packaged, unzipped_bundle: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(packaged("prod") / "duckdb-layer.zip") as archive:
        archive.extractall(tmp_path)

    code = """
from chalicelib.integrations.duckdb_engine import open_database
from chalicelib.integrations.parquet import Kind
with open_database() as database:
    database.create_view("numbers", {"n": Kind.INTEGER}, [database.parquet("SELECT 42 AS n")])
    assert database.rows("SELECT n FROM numbers") == [{"n": 42}]
"""

    run_isolated(tmp_path / "python", unzipped_bundle, code=f"exec({code!r})")


@on_lambdas_platform
def test_the_sql_layer_contains_the_drivers_and_is_small(
    packaged: Packaged, unzipped_bundle: Path, tmp_path: Path
) -> None:
    layer = packaged("prod") / "sql-layer.zip"
    with zipfile.ZipFile(layer) as archive:
        archive.extractall(tmp_path)
    code = """
import sqlalchemy
for url, driver in (("postgresql+psycopg://", "psycopg"), ("mysql+pymysql://", "pymysql")):
    assert sqlalchemy.create_engine(url).dialect.driver == driver
import psycopg
assert psycopg.pq.__impl__ == "binary"
"""

    run_isolated(tmp_path / "python", unzipped_bundle, code=f"exec({code!r})")
    assert layer.stat().st_size <= 10_500_000
