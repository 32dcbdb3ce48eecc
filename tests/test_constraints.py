"""The versions that the tests run with are those that pyproject.toml speaks of."""

import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

REPOSITORY = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((REPOSITORY / "pyproject.toml").read_text("utf-8"))["project"]
EXTRAS = PROJECT["optional-dependencies"]


def pinned(file: str) -> dict[str, Version]:
    lines = (REPOSITORY / file).read_text("utf-8").splitlines()
    pins = [line.split("==") for line in lines if line and not line.startswith("#")]
    return {canonicalize_name(name): Version(version) for name, version in pins}


def required(*extras: str) -> list[Requirement]:
    """What limner and some of its extras ask for, without those of limner itself."""
    lines = PROJECT["dependencies"] + [line for extra in extras for line in EXTRAS[extra]]
    requirements = [Requirement(line) for line in lines]
    return [one for one in requirements if one.name != "limner"]


@pytest.mark.parametrize("requirement", required("test-short"), ids=str)
def test_the_oldest_version_is_the_lower_bound(requirement):
    (bound,) = requirement.specifier
    assert bound.operator == ">="
    assert pinned("constraints-oldest.txt")[canonicalize_name(requirement.name)] == Version(
        bound.version
    )


@pytest.mark.parametrize("requirement", required("test-short", "test", "docs"), ids=str)
def test_the_newest_version_is_one_that_is_allowed(requirement):
    assert pinned("constraints.txt")[canonicalize_name(requirement.name)] in requirement.specifier


def test_the_citation_names_this_version():
    lines = (REPOSITORY / "CITATION.cff").read_text("utf-8").splitlines()
    assert f"version: {PROJECT['version']}" in lines
    assert f"license: {PROJECT['license']}" in lines
