"""The commands with a hub, in processes of their own: its settings come from the environment."""

import os
import subprocess
import sys

import pytest
from commands import SMALL
from hub_server import TOKEN, hub_server

pytest.importorskip("huggingface_hub", reason="the extra hub is not installed")


def test_a_model_is_shared_fetched_and_used_without_a_connection(kitten, tmp_path):
    folder = tmp_path / "work"
    folder.mkdir()

    def limner(*words, **environment) -> subprocess.CompletedProcess[str]:
        settings = {
            "HF_ENDPOINT": hub.url,
            "HF_HOME": str(tmp_path / "home"),
            "HF_TOKEN": TOKEN,
            "HF_HUB_DISABLE_XET": "1",
            "HF_HUB_OFFLINE": "0",
        }
        return subprocess.run(
            [sys.executable, "-m", "limner", *map(str, words)],
            cwd=folder,
            env={**os.environ, **settings, **environment},
            capture_output=True,
            text=True,
        )

    with hub_server() as hub:
        shared = limner("export", kitten.folder, "--out", "kitten", "--push", "me/kitten")
        assert shared.returncode == 0, shared.stderr
        assert "uploaded: " in shared.stdout
        drawn = limner("sample", "me/kitten@main", "--num", "1")
        assert drawn.returncode == 0, drawn.stderr
        assert "limner-kitten/samples/final.png" in drawn.stdout
    offline = limner("sample", "me/kitten@main", "--num", "1", HF_HUB_OFFLINE="1")
    assert offline.returncode == 0, offline.stderr
    start = ["--train.start-from", "me/kitten@main", "--model.hidden-size", "16"]
    start += ["--model.latent-size", "3", "--model.num-steps", "4"]
    trained = limner("train", *SMALL, *start, "--out", "more", HF_HUB_OFFLINE="1")
    assert trained.returncode == 0, trained.stderr
    unknown = limner("evaluate", "me/other", HF_HUB_OFFLINE="1")
    assert unknown.returncode == 2
    assert unknown.stderr.startswith(
        "limner: me/other is neither a folder here nor in the hub's cache"
    )
    assert unknown.stderr.count("\n") == 1
