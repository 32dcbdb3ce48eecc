"""Models in Hugging Face repositories: which names mean one, fetching it, uploading one.

A repository is `owner/name` or `owner/name@revision`; the revision is a branch, a tag or a commit.
The address of its page on the hub means the same.
What the hub client keeps (its cache, its token, HF_HUB_OFFLINE, HF_ENDPOINT) works as everywhere.

Nothing from a repository is executed or unpickled. Its config.json is checked before the weights
are fetched, so those of a repository that holds something else are not.
"""

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

from limner.config import RunConfig
from limner.errors import LimnerError, reason
from limner.system.checksums import read_checked
from limner.system.files import reading

_TEXTS = ("README.md", "card.json", "config.json")
FILES = (*_TEXTS, "data.json", "model.safetensors", "samples.png")
"""The files of a shared model; nothing else is fetched or uploaded."""

_NAME = re.compile(
    r"(?P<id>[A-Za-z0-9_](?:[\w-]{0,94}[A-Za-z0-9_])?/[A-Za-z0-9_](?:[\w.-]{0,94}[A-Za-z0-9_])?)"
    r"(?:@(?P<revision>[A-Za-z0-9_][\w./-]{0,200}))?",
    re.ASCII,
)
_ADDRESS = re.compile(  # with one slash of two where it went through a Path
    r"https?://?(?:huggingface\.co|hf\.co)/(?P<id>[^/]+/[^/]+)(?:/tree/(?P<revision>.+?))?/?"
)
_PATIENCE_SECONDS = 10.0
_LOG_IN = "log in with `hf auth login`, or set HF_TOKEN"


class Repository(NamedTuple):
    """A Hugging Face repository, and which of its revisions is meant."""

    id: str
    """Its owner and its name."""
    revision: str | None = None
    """A branch, a tag or a commit; None for the newest."""

    @classmethod
    def named(cls, name: str) -> "Repository | None":
        """The repository of a name or an address; None if the hub allows no such name."""
        if address := _ADDRESS.fullmatch(name):
            name = "@".join(filter(None, address.group("id", "revision")))
        found = _NAME.fullmatch(name)
        if found is None or ".." in name or "--" in found["id"] or found["id"].endswith(".git"):
            return None
        return cls(found["id"], found["revision"])

    def __str__(self) -> str:
        return self.id if self.revision is None else f"{self.id}@{self.revision}"


def repository_of(name: str | Path) -> Repository | None:
    """The repository that a name given to a command or to `limner.load` means.

    None if it is a path. Every name is a path that is not a repository's name, and so is one whose
    first part lies in the working folder: `runs/cat` where there is a folder `runs`.
    """
    text = name if isinstance(name, str) else name.as_posix()
    repository = Repository.named(text)
    return None if repository is None or Path(text.split("/")[0]).exists() else repository


def fetch(repository: Repository) -> Path:
    """The folder of a repository's model in the hub's cache, fetched if it is not there.

    Raises:
        LimnerError: There is no such repository or revision, it cannot be reached, it holds no
            model of limner, or a file of it is damaged.
    """
    from limner.model.weights import read_arrays

    hub = _hub(f"{repository} is not a folder here; as a Hugging Face repository it")
    with _told(repository):
        download = partial(hub.snapshot_download, repository.id, local_files_only=not _answers())
        folder = Path(download(revision=repository.revision, allow_patterns=[*_TEXTS]))
        _check_config(repository, folder / "config.json")
        commit = folder.name  # even if a newer one has come since
        download(revision=commit, allow_patterns=[*FILES])
    if not (folder / "model.safetensors").is_file():
        raise LimnerError(f"{repository} is not a whole model: it lacks model.safetensors")
    try:
        _fields(folder / "card.json")
        read_arrays(folder / "model.safetensors")
    except LimnerError as error:
        raise _damaged(repository, folder, error) from None
    return folder


def name_of(folder: Path) -> str:
    """The repository and commit of a folder in the hub's cache; the name of any other folder."""
    owner_and_name = folder.parent.parent.name.split("--")
    if folder.parent.name == "snapshots" and len(owner_and_name) == 3:
        return f"{owner_and_name[1]}/{owner_and_name[2]}@{folder.name[:10]}"
    return folder.name


def check_can_push(name: str) -> Repository:
    """The repository to upload to, after a look whether the hub knows the user.

    Raises:
        LimnerError: It is no name of a repository, or has a revision; or there is no valid token or
            no connection.
    """
    repository = Repository.named(name)
    if repository is None or repository.revision is not None:
        raise LimnerError(f"--push {name} is not a repository: give its owner and its name, me/cat")
    hub = _hub("--push")
    with _told(repository):
        if not _answers():
            raise OSError("it does not answer")
        hub.HfApi().whoami()
    return repository


def push(folder: Path, repository: Repository, *, private: bool = False) -> str:
    """Upload an exported model in one commit, to a repository that is made if it is not there.

    Args:
        folder: The exported model.
        repository: Where to.
        private: Make a new repository private; one that is there keeps its visibility.

    Returns:
        The address of the commit.

    Raises:
        LimnerError: The model's README.md cannot be read, or the repository not be written.
    """
    hub = _hub("uploading")
    api = hub.HfApi(library_name="limner", library_version=version("limner"))
    with reading(folder / "README.md", UnicodeDecodeError):
        readme = (folder / "README.md").read_text("utf-8").split(_USE)[0] + _use(repository)
    contents = {name: folder / name for name in FILES if (folder / name).is_file()}
    with _told(repository):
        api.create_repo(repository.id, private=private or None, exist_ok=True)
        done = api.create_commit(
            repository.id,
            operations=[
                hub.CommitOperationAdd(name, readme.encode() if name == "README.md" else path)
                for name, path in contents.items()
            ],
            commit_message=f"Model exported by limner {version('limner')}",
        )
    return done.commit_url


_USE = "\n## From the hub\n"


def _use(repository: Repository) -> str:
    return f"""{_USE}
```python
import limner  # with its extra for the hub: pip install 'limner[hub]'

model = limner.load("{repository.id}")
model.sample(16).save("drawings.png")
```
"""


def _hub(what: str):
    """The hub's client, which `what` needs."""
    try:
        import huggingface_hub
    except ModuleNotFoundError as error:
        raise LimnerError(
            f"{what} needs a package that is not here ({error.name}): install limner with its "
            "extra, as in pip install '.[hub]' in a clone"
        ) from None
    return huggingface_hub


def _answers() -> bool:
    """Whether the hub answers in some seconds, since its client would wait for it for ever."""
    import httpx2
    from huggingface_hub import constants

    if constants.HF_HUB_OFFLINE:
        return True  # its client asks nobody, and says so
    try:
        httpx2.head(constants.ENDPOINT, timeout=_PATIENCE_SECONDS)
    except httpx2.TransportError:
        return False
    return True


@contextmanager
def _told(repository: Repository) -> Iterator[None]:
    """Turn what the hub's client raises into one line that says what would do.

    Its progress bars are for a terminal.
    """
    import httpx2
    from huggingface_hub import errors
    from huggingface_hub.utils import disable_progress_bars

    try:
        with nullcontext() if sys.stderr.isatty() else disable_progress_bars():
            yield
    except errors.GatedRepoError:
        advice = f"ask for it on its page, then {_LOG_IN}"
        raise LimnerError(f"{repository.id} is given only to who asked for it: {advice}") from None
    except errors.RepositoryNotFoundError:
        raise LimnerError(
            f"{repository.id} is neither a folder here nor a repository on the Hugging Face hub "
            f"that you may read: look at its name, or {_LOG_IN}"
        ) from None
    except errors.RevisionNotFoundError:
        raise LimnerError(
            f"{repository.id} has no revision {repository.revision}: name a branch, a tag or a "
            "commit that its page lists, or leave out @ for the newest"
        ) from None
    except errors.LocalTokenNotFoundError:
        raise LimnerError(f"the Hugging Face hub does not know who you are: {_LOG_IN}") from None
    except (errors.LocalEntryNotFoundError, errors.OfflineModeIsEnabled) as error:
        is_offline = isinstance(error.__cause__ or error, errors.OfflineModeIsEnabled)
        why = "HF_HUB_OFFLINE is set" if is_offline else "the hub cannot be reached"
        raise LimnerError(
            f"{repository} is neither a folder here nor in the hub's cache, and {why}: load it "
            "once with a connection"
        ) from None
    except errors.HfHubHTTPError as error:
        status = error.response.status_code
        advice = _LOG_IN if status in (401, 403) else "try again later"
        raise LimnerError(
            f"the Hugging Face hub refuses {repository.id} (HTTP {status}): {advice}"
        ) from None
    except (httpx2.HTTPError, OSError, ValueError, RuntimeError, ImportError) as error:
        raise LimnerError(
            f"{repository} cannot be reached on the Hugging Face hub ({reason(error)}): look at "
            "the connection and try again"
        ) from None


def _check_config(repository: Repository, path: Path) -> None:
    """Check that a config.json is one of limner's, as `limner export` writes it."""
    if not path.is_file():
        raise LimnerError(f"{repository} is not a model of limner: it has no config.json")
    try:
        fields = _fields(path)
    except LimnerError as error:
        raise _damaged(repository, path.parent, error) from None
    if not {"limner", "model", "data", "train"} <= set(fields):
        raise LimnerError(f"{repository} is not a model of limner: another program made it")
    data = RunConfig.from_fields(fields, origin=f"config.json of {repository}").data
    if data.root is not None or (data.path is not None and data.path != Path(data.path.name)):
        raise LimnerError(
            f"{repository} is not as `limner export` writes a model: it names a path of a machine"
        )


def _fields(path: Path) -> dict[str, Any]:
    """The fields of a JSON file, or none if it is not there."""
    return read_checked(path) if path.is_file() else {}


def _damaged(repository: Repository, folder: Path, error: LimnerError) -> LimnerError:
    return LimnerError(
        f"{repository} is damaged ({error}): delete {folder.parent.parent} to fetch it again, and "
        "if that does not help, tell its owner"
    )
