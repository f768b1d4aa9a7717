"""Which module a file is, and whose."""

from __future__ import annotations

import pytest

from collector.stacks.in_app.python import locate


@pytest.mark.parametrize(
    ("file", "expected"),
    [
        ("/srv/shop/pay.py", ("pay", True)),
        ("/home/ci/releases/42/app/pay.py", ("pay", True)),
        (r"C:\work\shop\pay.py", ("pay", True)),
        ("pay.py", ("pay", True)),
        ("/srv/shop/orders/__init__.py", ("orders", True)),
        ("/srv/shop-1.2/__init__.py", ("__init__", True)),
        ("/srv/shop/__main__.py", ("shop.__main__", True)),
        ("/srv/templates/cart.html", ("cart.html", True)),
        ("<string>", ("<string>", True)),
        (
            "/srv/.venv/lib/python3.11/site-packages/requests/adapters.py",
            ("requests.adapters", False),
        ),
        ("/usr/lib/python3/dist-packages/yaml/__init__.py", ("yaml", False)),
        ("/x/site-packages/foo-1.0-py3.11.egg/foo/bar.py", ("foo.bar", False)),
        (r"C:\Python311\Lib\json\decoder.py", ("json.decoder", False)),
        (r"C:\Python311\Lib\site-packages\flask\app.py", ("flask.app", False)),
        ("/usr/local/lib/python3.13/json/decoder.py", ("json.decoder", False)),
        ("/usr/lib/python3.13t/json/decoder.py", ("json.decoder", False)),
        ("/usr/lib64/python3.9/json/decoder.py", ("json.decoder", False)),
        ("/opt/python311.zip/json/decoder.py", ("json.decoder", False)),
        ("<frozen importlib._bootstrap>", ("importlib._bootstrap", False)),
        ("<attrs generated init shop.Order>", ("<attrs generated init shop.Order>", False)),
        ("asyncpg/protocol/protocol.pyx", ("asyncpg.protocol.protocol", False)),
        ("pandas/_libs/hashtable_class_helper.pxi", ("pandas._libs.hashtable_class_helper", False)),
        ("/srv/shop/__pypackages__/3.11/lib/requests/adapters.py", ("requests.adapters", False)),
        (r"C:\ProgramData\Miniconda3\envs\shop\lib\json\decoder.py", ("json.decoder", False)),
        (r"C:\Users\a\.pyenv\pyenv-win\versions\3.11.4\Lib\json\decoder.py", ("json.decoder", False)),
        (
            r"C:\Users\a\AppData\Roaming\uv\python\cpython-3.12.1-windows-x86_64-none\Lib\json\decoder.py",
            ("json.decoder", False),
        ),
        ("/tmp/ipykernel_4711/1734567.py", ("<ipython-cell>", True)),
        ("/var/runtime/bootstrap.py", ("bootstrap", False)),
    ],
)
def test_a_python_file_has_a_module_and_an_owner(file: str, expected: tuple[str, bool]) -> None:
    """Deployments change the path, not the module."""
    assert locate(file) == expected
