"""How good samples are, measured with the judge that comes with the package."""

import dataclasses
import json

import numpy as np
import pytest
from runs import make_run

import limner
from limner.cli.main import main
from limner.config import DataConfig, ModelConfig, RunConfig, changed
from limner.data.dataset import Dataset, open_dataset
from limner.errors import LimnerError
from limner.evaluation.judge import load_judge, look
from limner.evaluation.judgement import Judgement
from limner.evaluation.samples import INK_FACTORS, judge_samples
from limner.pretrained.hub import cards
from limner.run import write_config
from limner.sampling.drawings import reconstruct, sample

CONFIG = RunConfig(model=ModelConfig(num_steps=4))


@pytest.fixture(scope="module")
def dataset() -> Dataset:
    return open_dataset(DataConfig(name="doodles", categories=("cat", "house"), limit=80))


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs") / "run"
    return make_run(folder, num_categories=2).load_model()


@pytest.fixture(scope="module")
def judged(model, dataset) -> Judgement:
    return judge_samples(model, dataset, CONFIG, each=5)


def test_recognised_is_the_share_that_a_plain_count_gives(model, dataset, judged):
    judge, card = load_judge()
    # The second category's samples have the noise of indices 5 to 9.
    houses = sample(model, num=10, num_steps=4, seed=0, category=1).probabilities[-1][5:]
    taken = [card.categories[index] for index in look(judge, houses)[0].argmax(1)]
    assert judged.by_category["house"].probabilities.value == pytest.approx(
        taken.count("house") / 5
    )
    both = [of.probabilities.value for of in judged.by_category.values()]
    assert judged.samples.recognised.value == pytest.approx(np.mean(both))
    assert judged.samples.drawings == 10


def test_people_are_drawings_of_the_validation_split(dataset, judged):
    judge, card = load_judge()
    split = dataset.split("valid")
    chosen = np.array([0, 1, 3, 5, 7, 8, 9, 11, 13, 15])
    scores, _ = look(judge, split.levels(chosen) / np.float32(255))
    taken = scores.argmax(1)
    wanted = np.array(card.indices(("cat", "house"), "test"))[split.categories(chosen)]
    assert judged.people.recognised.value == pytest.approx((taken == wanted).mean())
    assert judged.people.distance.value > 0


def reconstructions_named(model, dataset, categories=None) -> dict[float, int]:
    """How many reconstructions of the validation drawings are named rightly, for each factor."""
    judge, card = load_judge()
    split = dataset.split("valid")
    images = split.levels(np.arange(16)) / np.float32(255)
    wanted = [("cat", "house")[k] for k in split.categories(np.arange(16))]
    drawn = reconstruct(model, images, num_steps=4, seed=0, categories=categories).canvases[-1]
    counts = {}
    for factor in INK_FACTORS:
        scores, _ = look(judge, 1 / (1 + np.exp(-np.float32(factor) * drawn)))
        taken = [card.categories[index] for index in scores.argmax(1)]
        counts[factor] = sum(map(str.__eq__, taken, wanted))
    return counts


def test_ink_is_the_factor_that_names_most_reconstructions(model, dataset, judged):
    truth = dataset.split("valid").categories(np.arange(16))
    counts = reconstructions_named(model, dataset, truth)
    most = max(counts.values())
    assert judged.ink == min(factor for factor in INK_FACTORS if counts[factor] == most)
    assert judged.reconstructed == 16
    assert judged.reconstructions.probabilities.value == counts[1.0] / 16
    assert judged.reconstructions.as_ink.value == most / 16


def test_the_choice_of_ink_depends_on_no_sample_and_no_seed(model, dataset, judged):
    other = judge_samples(model, dataset, CONFIG, each=3, seed=9)
    assert other.ink == judged.ink
    assert other.reconstructions == judged.reconstructions
    given = judge_samples(model, dataset, CONFIG, each=5, ink=1.0)
    assert given.as_ink == given.samples == judged.samples
    assert given.reconstructions.as_ink == judged.reconstructions.probabilities


def test_a_model_of_one_category_is_asked_for_any_of_its_data(tmp_path, dataset):
    model = make_run(tmp_path / "run").load_model()
    judge, card = load_judge()
    judged = judge_samples(model, dataset, CONFIG, each=6, ink=2.0)
    images = sample(model, num=6, num_steps=4, seed=0).probabilities[-1]
    taken = [card.categories[index] for index in look(judge, images)[0].argmax(1)]
    hits = [name in ("cat", "house") for name in taken]
    assert judged.samples.recognised.value == pytest.approx(np.mean(hits))
    assert judged.by_category == {}
    # A reconstruction is right by its own drawing's category, also here.
    counts = reconstructions_named(model, dataset)
    assert judged.reconstructions.probabilities.value == counts[1.0] / 16
    assert judged.reconstructions.as_ink.value == counts[2.0] / 16


def test_what_cannot_be_judged_is_refused(model, dataset):
    noise = np.zeros((80, 28, 28), np.uint8)
    digits = Dataset.from_arrays(noise, labels=["0", "1"] * 40)
    with pytest.raises(LimnerError, match="digits cannot be judged: the judge has not learned"):
        judge_samples(model, digits, CONFIG, each=5, of="digits")
    small = Dataset.from_arrays(noise[:, :9, :9], labels=["cat"] * 80)
    with pytest.raises(LimnerError, match=r"the judge sees \(1, 28, 28\), not \(1, 9, 9\)"):
        judge_samples(model, small, CONFIG, each=5)
    with pytest.raises(LimnerError, match="samples is 1: it must be at least 2"):
        judge_samples(model, dataset, CONFIG, each=1)
    # A tenth of each category's drawings are for validation, and of one drawing there are none.
    lone = Dataset.from_arrays(np.zeros((81, 28, 28), np.uint8), labels=["cat"] * 80 + ["house"])
    with pytest.raises(LimnerError, match="mine cannot be judged: a category has no validation"):
        judge_samples(model, lone, CONFIG, each=5, of="mine")
    few = open_dataset(DataConfig(name="doodles", categories=("cat",), limit=40))
    with pytest.raises(LimnerError, match="more than 5 test drawings, and there are 4"):
        judge_samples(model, few, CONFIG, each=5)


@pytest.fixture
def cats(tmp_path):
    """A run with enough test drawings to be judged."""
    run = make_run(tmp_path / "run")
    config = changed(run.config, {"data.limit": 80})
    write_config(run.folder, config)
    return run


def test_the_command_prints_the_samples_beside_the_bound(cats, capsys):
    main(["evaluate", str(cats.folder), "--samples", "6"])
    said = capsys.readouterr().out
    assert "bound" in said
    assert "6 samples in all, seed 0, compared with 8 test drawings" in said
    assert "reconstructions, %" in said
    assert "as ink, logits ×" in said
    main(["evaluate", str(cats.folder), "--samples", "6", "--json"])
    found = json.loads(capsys.readouterr().out)
    assert found["samples"]["samples"]["drawings"] == 6
    assert found["bound"] > 0


def test_a_single_sample_is_refused(cats, capsys):
    with pytest.raises(SystemExit):
        main(["evaluate", str(cats.folder), "--samples", "1"])
    assert "--samples is 1: it must be at least 2" in capsys.readouterr().err


def test_an_exported_model_has_its_samples_and_ink_on_the_card(cats, tmp_path):
    out = tmp_path / "shared"
    main(["export", str(cats.folder), "--out", str(out), "--samples", "6"])
    trained = limner.load(out)
    assert trained.card is not None
    assert trained.card.samples is not None
    assert trained.card.samples == trained.judge(6)
    assert trained.sample(2).ink().sharpness == trained.card.samples.ink
    text = (out / "README.md").read_text()
    assert "6 samples in all" in text
    assert "--samples 6" in text


def test_an_exported_model_is_judged_anew_in_its_folder(cats, tmp_path, capsys):
    out, whole = tmp_path / "one" / "cats", tmp_path / "two" / "cats"
    main(["export", str(cats.folder), "--out", str(out), "--license", "cc-by-4.0"])
    before = limner.load(out).card
    main(["export", str(out), "--samples", "6"])
    assert "6 samples in all" in capsys.readouterr().out
    main(["export", str(cats.folder), "--out", str(whole), "--license", "cc-by-4.0"])
    main(["export", str(whole), "--samples", "5"])
    main(["export", str(whole), "--samples", "6"])
    assert (out / "README.md").read_text() == (whole / "README.md").read_text()
    assert 'license: "cc-by-4.0"' in (out / "README.md").read_text()
    trained = limner.load(out)
    assert before is not None
    assert trained.card == dataclasses.replace(before, samples=trained.judge(6))


def test_the_card_of_a_name_is_not_rewritten(capsys):
    with pytest.raises(SystemExit):
        main(["export", "cat", "--samples", "6"])
    assert "cat is a name: --samples without --out needs a folder" in capsys.readouterr().err


def test_the_cards_that_come_with_limner_are_by_this_judge():
    _, judge = load_judge()
    judged = [card.samples for card in cards().values() if card.samples is not None]
    assert all(samples.judge == judge.test for samples in judged)


def test_a_command_draws_ink_and_says_so(cats, tmp_path):
    out = tmp_path / "drawn"
    main(["sample", str(cats.folder), "--num", "2", "--as-ink", "--out", str(out)])
    with np.load(out / "drawings.npz") as file:
        assert "as ink, logits × 4" in str(file["caption"])
