"""The types that the page's scripts say, checked by the TypeScript compiler."""

import shutil
import subprocess
from pathlib import Path

import pytest

import limner

STATIC = Path(limner.__file__).parent / "studio" / "static"
NPX = shutil.which("npx")
COMPILER = ["-y", "-p", "typescript@5", "tsc"]
OPTIONS = [
    "--noEmit", "--allowJs", "--checkJs", "--strict", "--noUnusedLocals",
    "--target", "es2022", "--module", "es2022", "--moduleResolution", "bundler",
    "--lib", "es2022,dom,dom.iterable",
]  # fmt: skip


def compile_types(*arguments: str) -> subprocess.CompletedProcess[str]:
    assert NPX is not None
    return subprocess.run(
        [NPX, *COMPILER, *arguments], cwd=STATIC, capture_output=True, text=True, timeout=300
    )


@pytest.fixture(scope="module")
def _compiler():
    if NPX is None:
        pytest.skip("npx is not here")
    if compile_types("--version").returncode:
        pytest.skip("npx cannot have the TypeScript compiler: there is no network")


@pytest.mark.usefixtures("_compiler")
def test_the_types_of_the_pages_scripts_hold():
    checked = [path for path in STATIC.rglob("*.js") if "// @ts-check" in path.read_text()]
    assert len(checked) > 15
    found = compile_types(*OPTIONS, *map(str, sorted(checked)))
    assert found.returncode == 0, found.stdout


@pytest.mark.usefixtures("_compiler")
def test_a_wrong_type_is_found(tmp_path):
    path = tmp_path / "wrong.js"
    path.write_text('// @ts-check\n/** @type {number} */\nexport const text = "text";\n')
    found = compile_types(*OPTIONS, str(path))
    assert found.returncode != 0
    assert "not assignable to type 'number'" in found.stdout
