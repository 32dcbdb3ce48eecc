"""The exported studio in a browser, from a folder beneath a static host."""

import io
import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from runs import NUM_STEPS, give_ink, make_pair, make_run
from static_host import plain_server

from limner.data.formats.stroke_files import read_ndjson
from limner.data.strokes import simplify
from limner.run import Run
from limner.sampling.drawings import sample
from limner.studio.site import build_site, export_site

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not here")

playwright.expect.set_options(timeout=30_000)
CHROMIUM = shutil.which("chromium")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="chromium is not here")

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
SIZES = {
    "desktop": {"width": 1366, "height": 768},
    "wide": {"width": 1920, "height": 1080},
    "phone": {"width": 390, "height": 844},
}
VIEWS = ("draw", "dream", "finish", "morph")
MOST_SHELL_BYTES = 400_000
INK_FACTOR = 3.0  # of the model "pair"
PAPER, INK = np.array([255, 254, 251]), np.array([29, 27, 24])  # of the light style sheet
PIXELS = """(canvas) => {
  const { width, height } = canvas;
  const copy = Object.assign(document.createElement("canvas"), { width, height });
  const context = copy.getContext("2d", { willReadFrequently: true });
  context.drawImage(canvas, 0, 0);
  return Array.from(context.getImageData(0, 0, width, height).data);
}"""
PALETTE = """() => {
  const canvas = document.createElement("canvas");
  const context = canvas.getContext("2d", { willReadFrequently: true });
  const style = getComputedStyle(document.documentElement);
  return Object.fromEntries(["page", "paper", "ink", "muted", "read", "write"].map((name) => {
    context.fillStyle = style.getPropertyValue(`--${name}`);
    context.fillRect(0, 0, 1, 1);
    return [name, Array.from(context.getImageData(0, 0, 1, 1).data)];
  }));
}"""
KEPT = "view => JSON.parse(sessionStorage.getItem(`limner ${view}`) ?? '[]')"


@pytest.fixture(scope="module")
def runs(tmp_path_factory) -> dict[str, Run]:
    folder = tmp_path_factory.mktemp("runs")
    pair = make_pair(folder)
    give_ink(pair, INK_FACTOR)
    return {
        "first": make_run(folder / "first", seed=1),
        "second": make_run(folder / "second", seed=2, cell="dense"),
        "pair": Run.open(pair),
    }


@pytest.fixture(scope="module")
def address(runs, tmp_path_factory) -> Iterator[str]:
    host = tmp_path_factory.mktemp("host")
    export_site(build_site(runs, offline=True), host / "deep" / "studio")
    with plain_server(host) as port:
        yield f"http://127.0.0.1:{port}/deep/studio/"


@pytest.fixture(scope="module")
def browser():
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def open_page(browser, address):
    """Opens a page of the studio; complains of all that its console said, and of requests
    elsewhere, when the test is over."""
    complaints: list[str] = []
    contexts = []

    def check(request) -> None:
        if not request.url.startswith((address, "blob:", "data:")):
            complaints.append(f"a request went to {request.url}")

    def open_(query: str = "", size: str = "desktop", **options):
        context = browser.new_context(
            viewport=SIZES[size], has_touch=size == "phone", service_workers="block", **options
        )
        contexts.append(context)
        # Blocked, or it would hide requests from the tests; test_offline has it.
        context.add_init_script("delete Navigator.prototype.serviceWorker")
        page = context.new_page()
        page.set_default_timeout(20_000)
        page.on("request", check)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda message: complaints.append(message.text))
        page.goto(address + query)
        return page

    open_.complaints = complaints
    yield open_
    for context in contexts:
        context.close()
    assert complaints == []


def answered(page, view: str, steps: int = NUM_STEPS) -> None:
    """Wait until the drawings of a view are here and have been drawn."""
    playwright.expect(page.locator(f"#{view}")).to_have_attribute("aria-busy", "false")
    playwright.expect(page.locator(f'#{view} [data-kind="png"]')).to_be_enabled()
    label = page.locator(f"#{view} .timeline output")
    playwright.expect(label).to_have_text(f"step {steps} of {steps}")


def beside_answered(page) -> None:
    """Wait until the second model has drawn, and said how near it came."""
    done = page.locator('[data-beside][aria-busy="false"] [data-words]:not(:empty)')
    playwright.expect(done).to_be_visible()


def stroke(page, pad, points=((0.2, 0.3), (0.5, 0.2), (0.8, 0.5), (0.4, 0.8))) -> None:
    box = pad.bounding_box()
    places = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in points]
    page.mouse.move(*places[0])
    page.mouse.down()
    for place in places[1:]:
        page.mouse.move(*place, steps=5)
    page.mouse.up()


def pixels(page, selector: str) -> list[int]:
    return page.eval_on_selector(selector, PIXELS)


def drawn(page, view: str) -> list:
    """The strokes on each paper of a view, without examples."""
    return page.evaluate(KEPT, view)


def download(page, view: str, kind: str) -> tuple[str, bytes]:
    with page.expect_download() as coming:
        page.locator(f'#{view} [data-kind="{kind}"]').click()
    return coming.value.suggested_filename, Path(coming.value.path()).read_bytes()


@pytest.mark.parametrize("size", ["desktop", "phone"])
def test_a_stroke_is_seen_drawn_again_and_scrubbed(open_page, size):
    page = open_page("", size)
    answered(page, "draw")
    example = pixels(page, '#draw [data-plate="image"] canvas')
    stroke(page, page.locator("#draw [data-pad] canvas"))
    [[own]] = drawn(page, "draw")  # the example has gone
    assert len(own) > 3
    answered(page, "draw")
    assert pixels(page, '#draw [data-plate="image"] canvas') != example
    last = pixels(page, '#draw [data-plate="canvas"] canvas')
    page.locator("#draw summary").click()
    number = {
        name: float(page.locator(f'#draw [data-number="{name}"]').inner_text())
        for name in ("distortion", "rate", "bound")
    }
    assert number["bound"] == pytest.approx(number["distortion"] + number["rate"], abs=0.11)
    rect = page.locator('#draw [data-plate="canvas"] rect')
    at_last = rect.get_attribute("y")

    bars = page.locator("#draw .bars")
    bars.scroll_into_view_if_needed()
    box = bars.bounding_box()
    page.mouse.click(box["x"] + 2, box["y"] + box["height"] / 2)
    label = page.locator("#draw .timeline output")
    playwright.expect(label).to_have_text(f"step 1 of {NUM_STEPS}")
    assert pixels(page, '#draw [data-plate="canvas"] canvas') != last
    assert rect.get_attribute("y") != at_last
    assert "write" in rect.get_attribute("class")
    assert "read" in page.locator('#draw [data-plate="image"] rect').get_attribute("class")
    page.get_by_role("button", name="One step on").locator("visible=true").click()
    playwright.expect(label).to_have_text(f"step 2 of {NUM_STEPS}")


def test_a_drawing_made_by_touch_is_answered(open_page):
    page = open_page("", "phone")
    answered(page, "draw")
    box = page.locator("#draw [data-pad] canvas").bounding_box()
    page.touchscreen.tap(box["x"] + box["width"] / 2, box["y"] + box["height"] / 3)
    assert [len(strokes) for strokes in drawn(page, "draw")] == [1]
    answered(page, "draw")
    # A dot, an eye, is seen on the paper too.
    paper = np.array(pixels(page, "#draw [data-pad] canvas")).reshape(-1, 4)
    assert 20 < (paper[:, 3] > 128).sum() < len(paper) / 100


def test_undo_clear_and_the_eraser_take_strokes_back(open_page):
    page = open_page()
    answered(page, "draw")
    pad = page.locator("#draw [data-pad] canvas")
    tools = page.locator("#draw [data-tools]")

    def count_after(act) -> int:
        act()
        return len(drawn(page, "draw")[0])

    assert count_after(lambda: stroke(page, pad)) == 1
    assert count_after(lambda: stroke(page, pad, ((0.1, 0.9), (0.9, 0.9)))) == 2
    tools.get_by_text("eraser").click()
    assert count_after(lambda: stroke(page, pad, ((0.5, 0.95), (0.5, 0.85)))) == 1
    assert count_after(lambda: page.keyboard.press("Control+z")) == 2
    assert count_after(lambda: tools.get_by_text("undo").click()) == 1
    answered(page, "draw")
    tools.get_by_text("clear").click()
    assert tools.get_by_text("clear").is_disabled()


def test_clear_leaves_nothing_of_the_old_drawing(open_page):
    page = open_page()
    answered(page, "draw")
    page.locator("#draw [data-tools]").get_by_text("clear").click()
    playwright.expect(page.locator('#draw [data-number="bound"]')).to_have_text("–")
    playwright.expect(page.locator("#draw .timeline output")).to_have_text("")
    assert page.locator("#draw .bars span").count() == 0
    for name in ("Play", "One step on", "Loop"):
        assert page.locator(f'#draw [aria-label="{name}"]').is_disabled()
    assert page.locator('#draw [data-kind="png"]').is_disabled()


def test_a_stroke_ends_when_strokes_are_taken_back_while_it_is_drawn(open_page):
    page = open_page()
    answered(page, "draw")
    pad = page.locator("#draw [data-pad] canvas")
    tools = page.locator("#draw [data-tools]")
    box = pad.bounding_box()

    def move(x: float, y: float) -> None:
        page.mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"], steps=5)

    def begin_and_go_on_after(take_back) -> None:
        move(0.2, 0.7)
        page.mouse.down()
        move(0.5, 0.7)
        take_back()
        move(0.8, 0.7)
        page.mouse.up()

    stroke(page, pad)
    [first] = drawn(page, "draw")
    begin_and_go_on_after(lambda: page.keyboard.press("Control+z"))
    stroke(page, pad, ((0.1, 0.9), (0.9, 0.9)))
    [both] = drawn(page, "draw")
    assert len(both) == 2
    assert both[:1] == first
    begin_and_go_on_after(lambda: tools.get_by_text("clear").press("Enter"))
    assert tools.get_by_text("clear").is_disabled()
    page.keyboard.press("Control+z")
    [[*before, half]] = drawn(page, "draw")
    assert before == both
    assert max(x for x, _ in half) < 160  # of 255: it ended in the middle


def test_play_pressed_twice_at_the_end_freezes_nothing(open_page):
    page = open_page()
    answered(page, "draw")
    page.locator("#draw .play").dblclick()
    stroke(page, page.locator("#draw [data-pad] canvas"))
    answered(page, "draw")
    page.locator('#draw [aria-label="Loop"]').click()
    label = page.locator("#draw .timeline output")
    playwright.expect(label).to_have_text(f"step 1 of {NUM_STEPS}")
    playwright.expect(label).to_have_text(f"step {NUM_STEPS} of {NUM_STEPS}")
    playwright.expect(label).to_have_text(f"step 1 of {NUM_STEPS}")


def test_the_player_is_never_in_a_step_that_is_not_there(open_page):
    page = open_page()
    path = page.locator('script[src$="app.js"]').get_attribute("src").replace("app.js", "player.js")
    seen = page.evaluate(
        """async (path) => {
          const { Player } = await import(new URL(path, document.baseURI).href);
          const random = (most) => Math.floor(most * Math.random());
          const acts = [
            (p) => p.play(), (p) => p.pause(), (p) => p.clear(), (p) => p.go(random(9) - 3),
            (p) => p.advance(random(12)), (p) => p.begin(1 + random(5), random(2) === 1),
            (p) => p.grow(Math.min(p.length, p.available + random(3))),
            (p) => { p.loop = random(2) === 1; }, (p) => p.resize(random(6)),
            (p) => p.turn(random(2) ? 1 : -1), (p) => p.advance(random(12), true),
            (p) => p.play(true),
          ];
          const wrong = [];
          const player = new Player(3);
          for (let n = 0; n < 20000; n += 1) {
            const act = acts[random(acts.length)];
            act(player);
            const { at, part, available, length, empty } = player;
            const inStep = part === null || (part >= 0 && part < 3);
            if (!(at >= 0 && (empty ? at === 0 : at < available) && available <= length && inStep))
              wrong.push(`${act}: ${JSON.stringify(player)}`);
          }
          return wrong;
        }""",
        path,
    )
    assert seen == []


def test_the_newest_question_wins(open_page):
    page = open_page("?view=dream&model=first&seed=7&steps=60")
    seed = page.locator('#dream [data-control="seed"]')
    playwright.expect(page.locator("#dream .timeline output")).to_contain_text("of 60")
    for value in ("8", "9", "10"):
        seed.fill(value)
    page.locator('#dream [data-control="steps"]').fill("3")
    answered(page, "dream", 3)
    newest = pixels(page, "#dream .wall li:nth-child(5) canvas")
    alone = open_page("?view=dream&model=first&seed=10&steps=3")
    answered(alone, "dream", 3)
    assert pixels(alone, "#dream .wall li:nth-child(5) canvas") == newest


@pytest.mark.parametrize("category", [None, "dog"])
def test_dreams_are_those_that_the_library_samples(open_page, runs, category):
    name = "first" if category is None else "pair"
    chosen = "" if category is None else f"&category={category}"
    page = open_page(f"?view=dream&model={name}&seed=4294967295&temperature=0.5&steps=5{chosen}")
    answered(page, "dream", 5)
    drawings = sample(
        runs[name].load_model(),
        num=36,
        num_steps=5,
        seed=2**32 - 1,
        temperature=0.5,
        category=None if category is None else 1,
    )
    ink = drawings.probabilities[-1, :, 0, :, :, None]
    expected = PAPER + (INK - PAPER) * ink
    found = [pixels(page, f"#dream .wall li:nth-child({n + 1}) canvas") for n in range(36)]
    colours = np.reshape(found, (36, 28, 28, 4))[..., :3]
    assert np.abs(colours - expected).max() < 2


def test_a_link_gives_the_same_drawings_again(open_page):
    page = open_page("?view=dream&model=first&seed=7&temperature=0.5&steps=3")
    answered(page, "dream", 3)
    first = pixels(page, "#dream .wall li:nth-child(5) canvas")
    again = open_page("?" + page.url.split("?")[-1])
    answered(again, "dream", 3)
    assert pixels(again, "#dream .wall li:nth-child(5) canvas") == first
    seed = again.locator('#dream [data-control="seed"]')
    assert seed.input_value() == "7"
    again.locator("#dream [data-another]").click()
    playwright.expect(seed).not_to_have_value("7")
    playwright.expect(again).not_to_have_url(re.compile(r"seed=7\b"))


@pytest.mark.parametrize("view", ["draw", "finish", "morph"])
def test_a_drawing_outlives_a_reload_and_travels_in_a_link(open_page, view):
    page = open_page(f"?view={view}&seed=3")
    answered(page, view)
    page.evaluate("navigator.clipboard.writeText = async (words) => { window.copied = words; }")
    for pad in page.locator(f"#{view} [data-pad] canvas").all():
        stroke(page, pad)
    strokes = drawn(page, view)
    page.locator(f'#{view} [data-kind="link"]').click()
    playwright.expect(page.locator("#status")).to_have_text("The link is copied.")
    link = page.evaluate("window.copied")
    page.reload()
    answered(page, view)
    assert drawn(page, view) == strokes
    other = open_page("?" + link.split("?")[-1])
    answered(other, view)
    for first, second in zip(drawn(other, view), strokes, strict=True):
        for one, two in zip(first, second, strict=True):
            np.testing.assert_allclose(one, two, atol=0.51)
    assert "drawing" not in other.url  # what is drawn from now on is not in it


def test_what_an_address_cannot_have_is_said(open_page):
    page = open_page("?view=paint&model=nobody&seed=abc&temperature=9&category=whale")
    said = page.locator("#status")
    playwright.expect(said).to_contain_text("whole number from 0 to 4,294,967,295")
    for word in ("“abc”", "“9”", "“nobody”", "“paint”", "“whale”"):
        playwright.expect(said).to_contain_text(word)
    answered(page, "draw")


def test_a_bad_seed_is_said_and_changes_nothing(open_page):
    page = open_page("?view=dream&seed=7&steps=3")
    answered(page, "dream", 3)
    seed = page.locator('#dream [data-control="seed"]')
    for bad in ("-1", "1.5", "cat", "4294967296"):
        seed.fill(bad)
        playwright.expect(page.locator("#status")).to_contain_text("A seed is a whole number")
        assert seed.get_attribute("aria-invalid") == "true"
        assert "seed=7" in page.url
    seed.fill("8")
    playwright.expect(page.locator("#status")).to_have_text("")
    playwright.expect(page).to_have_url(re.compile(r"seed=8\b"))


def test_too_much_ink_is_said_in_words(open_page):
    page = open_page()
    answered(page, "draw")
    scribble = [[[[n % 2 * 255, n % 255] for n in range(9000)]]]
    page.evaluate(
        "papers => sessionStorage.setItem('limner draw', JSON.stringify(papers))", scribble
    )
    page.reload()
    playwright.expect(page.locator("#status")).to_contain_text("draw with less ink")
    playwright.expect(page.locator("#draw .timeline output")).to_have_text("")


def test_settings_that_surprise_are_explained(open_page):
    page = open_page(f"?view=dream&temperature=0&steps={NUM_STEPS + 1}&model=first")
    answered(page, "dream", NUM_STEPS + 1)
    note = page.locator("#dream [data-note]")
    playwright.expect(note).to_contain_text("there is no chance left")
    playwright.expect(note).to_contain_text(f"It learned to draw in {NUM_STEPS} steps")
    found = {str(pixels(page, f"#dream .wall li:nth-child({n}) canvas")) for n in range(1, 25)}
    assert len(found) == 1


@pytest.mark.parametrize("view", VIEWS)
def test_drawings_are_taken_away(open_page, view):
    page = open_page(f"?view={view}&model=first&temperature=0.5")
    answered(page, view)
    name, content = download(page, view, "gif")
    assert re.fullmatch(r"limner-first-\w+\.gif", name)
    with Image.open(io.BytesIO(content)) as animation:
        assert animation.n_frames == (64 if view == "morph" else NUM_STEPS)  # type: ignore[attr-defined]
        animation.seek(animation.n_frames - 1)  # type: ignore[attr-defined]
        moved = np.asarray(animation.convert("RGB")).astype(int)
    still = np.asarray(Image.open(io.BytesIO(download(page, view, "png")[1])).convert("RGB"))
    large = Image.open(io.BytesIO(download(page, view, "large")[1]))
    assert large.width == 4 * still.shape[1]
    red = still.astype(int)[..., 0] - still[..., 1]
    if view in ("draw", "finish"):  # the windows of the steps; what was added
        assert (red > 40).any()
    if view == "finish":
        assert (moved[..., 0] - moved[..., 1] > 40).any()
    svg = download(page, view, "svg")[1].decode()
    assert svg.startswith("<svg")
    assert "first" in svg
    assert ("temperature 0.5" in svg) == (view in ("dream", "finish"))
    assert download(page, view, "lines")[1].decode().count("<path ") > 0


def test_a_gif_shows_what_was_drawn(open_page):
    page = open_page("?view=dream&model=first&seed=2")
    answered(page, "dream")
    page.locator("#dream .wall button").nth(3).click()
    with Image.open(io.BytesIO(download(page, "dream", "gif")[1])) as animation:
        animation.seek(NUM_STEPS - 1)
        last = np.asarray(animation.convert("RGB")).astype(int)
    shown = np.reshape(pixels(page, "#dream .wall li:nth-child(4) canvas"), (28, 28, 4))[..., :3]
    scale = last.shape[1] // 36  # 28 pixels, and a mat of 4 around them
    top = last.shape[0] - 36 * scale
    cut = last[top + 4 * scale + scale // 2 :: scale, 4 * scale + scale // 2 :: scale][:28, :28]
    assert np.abs(cut - shown).max() <= 8  # five bits a band


@pytest.mark.parametrize("view", ["draw", "finish"])
def test_strokes_are_taken_away_simplified(open_page, tmp_path, view):
    page = open_page(f"?view={view}&model=first")
    answered(page, view)
    page.locator(f"#{view} [data-tools]").get_by_text("clear").click()
    pad = page.locator(f"#{view} [data-pad] canvas")
    stroke(page, pad)
    stroke(page, pad, ((0.1, 0.9), (0.9, 0.9)))
    answered(page, view)
    name, content = download(page, view, "ndjson")
    file = tmp_path / name
    file.write_bytes(content)
    [drawing] = read_ndjson(file)
    [strokes] = drawn(page, view)
    expected = simplify([np.array(points).T for points in strokes])
    assert [points.tolist() for points in drawing] == [points.tolist() for points in expected]
    assert json.loads(content)["word"] == "cat"


def test_one_drawing_of_the_wall_goes_on_elsewhere(open_page):
    page = open_page("?view=dream&model=first&seed=2")
    answered(page, "dream")
    send = page.locator('#dream [data-send="draw"]')
    assert not send.is_visible()
    page.locator("#dream .wall button").nth(3).click()
    send.click()
    answered(page, "draw")
    [strokes] = drawn(page, "draw")
    assert strokes
    page.go_back()
    playwright.expect(page.locator("#dream")).to_be_visible()


def test_models_are_switched_without_a_reload(open_page):
    page = open_page("?model=first")
    answered(page, "draw")
    number = page.locator('#draw [data-number="bound"]')
    before = number.text_content()
    page.select_option("#model", "second")
    playwright.expect(number).not_to_have_text(before)
    assert "model=second" in page.url
    page.locator("#card-button").click()
    playwright.expect(page.locator("#card-title")).to_have_text("second")
    playwright.expect(page.locator("#card-facts")).to_contain_text("5 × 5 filters")
    page.keyboard.press("Escape")
    playwright.expect(page.locator("dialog")).to_be_hidden()


def test_a_conditional_model_is_one_entry_with_a_choice(open_page):
    page = open_page("?model=pair&view=dream")
    answered(page, "dream", 3)
    category = page.locator("#category")
    assert category.locator("option").all_inner_texts() == ["any", "cat", "dog"]
    category.select_option("dog")
    playwright.expect(page).to_have_url(re.compile("category=dog"))
    page.get_by_role("link", name="Draw", exact=True).click()
    answered(page, "draw", 3)
    assert category.locator("option").all_inner_texts() == ["cat", "dog"]
    assert category.input_value() == "dog"
    playwright.expect(page.locator("[data-verdict]")).to_contain_text("dogs")


@pytest.mark.parametrize("size", ["desktop", "phone"])
def test_a_drawing_is_finished_and_two_are_morphed(open_page, size):
    page = open_page("?view=finish", size)
    answered(page, "finish")
    stroke(page, page.locator("#finish [data-pad] canvas"))
    assert len(drawn(page, "finish")[0]) > 1  # the beginning has stayed
    answered(page, "finish")
    page.get_by_role("link", name="Morph").click()
    answered(page, "morph")
    middle = pixels(page, '#morph [data-plate="between"] canvas')
    page.locator('#morph [data-control="position"]').fill("0")
    assert pixels(page, '#morph [data-plate="between"] canvas') != middle
    strip = page.locator("#morph .strip button")
    strip.nth(4).focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    assert page.locator('#morph [data-control="position"]').input_value() == "20"
    page.go_back()
    playwright.expect(page.locator("#finish")).to_be_visible()


def test_a_view_asks_again_only_if_its_question_has_changed(open_page):
    page = open_page("?model=first")
    answered(page, "draw")
    page.locator('#draw [aria-label="One step back"]').click()
    page.get_by_role("link", name="Dream").click()
    answered(page, "dream")
    page.get_by_role("link", name="Draw", exact=True).click()
    label = page.locator("#draw .timeline output")
    playwright.expect(label).to_have_text(f"step {NUM_STEPS - 1} of {NUM_STEPS}")
    page.get_by_role("link", name="Dream").click()
    page.locator('#dream [data-control="seed"]').fill("8")
    before = page.locator("#draw details").text_content()
    page.get_by_role("link", name="Draw", exact=True).click()
    answered(page, "draw")
    assert page.locator("#draw details").text_content() != before


BESIDE = "[data-beside] canvas"


def test_a_second_model_draws_the_same_beside_the_first(open_page):
    alone = open_page("?model=pair&category=cat&seed=5")
    answered(alone, "draw", 3)
    expected = pixels(alone, '#draw [data-plate="canvas"] canvas')
    page = open_page("?model=first&seed=5", "desktop", reduced_motion="reduce")
    answered(page, "draw")
    said = page.locator("#draw details").text_content()
    page.select_option("#beside", "pair")
    beside_answered(page)
    answered(page, "draw")
    assert page.locator("#draw details").text_content() == said
    assert page.locator("[data-beside] [data-who]").inner_text() == "pair, told that it is a cat."
    playwright.expect(page.locator("[data-beside] [data-words]")).to_contain_text("cats")
    assert page.locator("#draw .verdict p").first.inner_text().startswith("first. ")
    assert pixels(page, BESIDE) == expected
    assert "write" in page.locator("[data-beside] rect").get_attribute("class")
    back = page.locator('#draw [aria-label="One step back"]')
    back.click()
    assert pixels(page, BESIDE) == expected  # it has three steps: it stands still
    back.click()
    assert pixels(page, BESIDE) != expected
    page.go_back()
    playwright.expect(page.locator("[data-beside]")).to_be_hidden()
    page.go_forward()
    beside_answered(page)
    page.reload()
    beside_answered(page)
    answered(page, "draw")
    assert pixels(page, BESIDE) == expected
    stroke(page, page.locator("#draw [data-pad] canvas"))
    beside_answered(page)
    answered(page, "draw")
    assert pixels(page, BESIDE) != expected


def test_a_second_model_with_more_steps_makes_the_timeline_longer(open_page):
    page = open_page("?model=pair&beside=first")
    beside_answered(page)
    answered(page, "draw", NUM_STEPS)
    assert page.locator("#draw .step").inner_text().strip() == f"step {NUM_STEPS} of {NUM_STEPS}"
    page.get_by_role("button", name="See the equations").click()
    playwright.expect(page.locator(".equations output").first).to_have_text("step 3 of 3")
    page.get_by_role("button", name="Close the equations").click()
    page.select_option("#beside", "")
    answered(page, "draw", 3)
    page.select_option("#beside", "second")
    page.select_option("#model", "second")  # the two change places
    playwright.expect(page).to_have_url(re.compile("model=second.*beside=pair"))
    answered(page, "draw")
    assert page.locator("#beside option").all_inner_texts() == ["nobody", "first", "pair"]


def test_a_second_model_takes_a_drawing_for_the_likeliest_category(open_page, address):
    def of_two(route) -> None:
        listed = route.fetch().json()
        listed["models"][0]["categories"] = ["cat", "owl"]
        route.fulfill(json=listed)

    page = open_page("?view=dream&model=first")
    answered(page, "dream")
    page.route("**/models.json", of_two)
    page.goto(f"{address}?model=first&beside=pair&seed=5")
    beside_answered(page)
    who = page.locator("[data-beside] [data-who]").inner_text()
    likeliest = re.fullmatch(r"pair, which takes it for a (cat|dog)\.", who)
    assert likeliest
    answered(page, "draw")
    drawn_beside = pixels(page, BESIDE)
    alone = open_page(f"?model=pair&category={likeliest[1]}&seed=5")
    answered(alone, "draw", 3)
    assert pixels(alone, '#draw [data-plate="canvas"] canvas') == drawn_beside


def test_a_second_model_that_does_not_come_leaves_the_first_alone(open_page):
    page = open_page("?model=first&view=dream")
    answered(page, "dream")
    page.route("**/models/second-*", lambda route: route.abort())
    page.locator('nav [data-view="draw"]').click()
    answered(page, "draw")
    page.select_option("#beside", "second")
    playwright.expect(page.locator("[data-beside]")).to_contain_text("is the connection up?")
    answered(page, "draw")
    open_page.complaints.clear()  # the browser's own complaint of the request that failed
    other = open_page("?model=first&beside=first")
    playwright.expect(other.locator("#status")).to_contain_text("“first” cannot draw beside first")


def test_drawings_are_shown_as_ink_where_a_card_says_how(open_page, runs):
    page = open_page("?view=dream&model=pair&seed=3&ink")
    answered(page, "dream", 3)
    logits = sample(runs["pair"].load_model(), num=36, num_steps=3, seed=3).canvases[-1, :, 0]

    def shown():
        found = [pixels(page, f"#dream .wall li:nth-child({n + 1}) canvas") for n in range(36)]
        return np.reshape(found, (36, 28, 28, 4))[..., :3]

    def coloured(factor: float):
        ink = 1 / (1 + np.exp(-factor * np.asarray(logits)[..., None]))
        return PAPER + (INK - PAPER) * ink

    assert np.abs(shown() - coloured(INK_FACTOR)).max() < 2
    first = page.locator("#dream .wall button").first
    playwright.expect(first).to_have_attribute("aria-label", re.compile("of 36: as ink, ink on"))
    name, content = download(page, "dream", "svg")
    assert name == "limner-pair-dreams-as-ink.svg"
    assert f"as ink, logits × {INK_FACTOR:g}" in content.decode()
    page.select_option("#ink", "probabilities")
    assert np.abs(shown() - coloured(1)).max() < 2
    playwright.expect(first).to_have_attribute("aria-label", re.compile("of 36: ink on"))
    assert "ink" not in page.url
    assert download(page, "dream", "svg")[0] == "limner-pair-dreams.svg"


def test_ink_changes_no_number_and_needs_a_factor(open_page):
    page = open_page("?model=pair")
    answered(page, "draw", 3)
    numbers = page.locator("#draw .verdict").text_content()
    before = pixels(page, '#draw [data-plate="canvas"] canvas')
    seen = pixels(page, '#draw [data-plate="image"] canvas')
    page.select_option("#ink", "ink")
    playwright.expect(page).to_have_url(re.compile(r"[?&]ink"))
    playwright.expect(page.locator("#draw [data-ink]")).to_have_text(", shown as ink")
    page.select_option("#beside", "first")
    beside_answered(page)
    assert page.locator("[data-beside] [data-who]").inner_text() == "first."  # it has no factor
    page.select_option("#beside", "")
    assert pixels(page, '#draw [data-plate="canvas"] canvas') != before
    assert pixels(page, '#draw [data-plate="image"] canvas') == seen
    assert page.locator("#draw .verdict").text_content() == numbers
    page.select_option("#model", "first")
    answered(page, "draw")
    playwright.expect(page.locator("#status")).to_contain_text("first shows probabilities")
    assert not page.locator("#ink").is_visible()
    assert "ink" not in page.url


def test_open_equations_are_an_address_to_come_back_to(open_page):
    page = open_page("?model=first")
    answered(page, "draw")
    page.get_by_role("button", name="See the equations").click()
    equations = page.locator(".equations")
    playwright.expect(equations).to_have_count(1)
    assert "equations" in page.url
    page.locator('nav [data-view="dream"]').click()
    answered(page, "dream")
    page.go_back()
    playwright.expect(equations).to_have_count(1)
    page.go_back()
    playwright.expect(equations).to_have_count(0)
    answered(page, "draw")


def test_a_field_takes_back_what_was_typed_and_leaves_the_strokes(open_page):
    page = open_page("?view=finish")
    answered(page, "finish")
    stroke(page, page.locator("#finish [data-pad] canvas"))
    strokes = drawn(page, "finish")
    seed = page.locator('#finish [data-control="seed"]')
    seed.press_sequentially("7")
    page.keyboard.press("Control+z")
    assert seed.input_value() == "0"
    assert drawn(page, "finish") == strokes


def test_a_drawing_is_made_by_keyboard(open_page):
    page = open_page()
    answered(page, "draw")
    paper = page.locator("#draw [data-pad] canvas")
    paper.focus()
    for key in ["Space", *["ArrowRight"] * 5, *["ArrowDown"] * 3, "Space"]:
        page.keyboard.press(key)
    [[line]] = drawn(page, "draw")
    assert line[0] == [127.5, 127.5]
    assert line[-1] == [127.5 + 5 * 6, 127.5 + 3 * 6]
    answered(page, "draw")
    playwright.expect(paper).to_have_attribute("aria-label", re.compile("one stroke"))
    page.keyboard.press("Backspace")
    assert drawn(page, "draw") == [[]]  # the example is back


def test_the_keyboard_reaches_everything(open_page):
    page = open_page()
    answered(page, "draw")
    wanted = [
        "draw",
        "dream",
        "finish",
        "morph",
        "model",
        "card-button",
        "Your",
        "undo",
        "eraser",
        "clear",
        "example",
        "One",
        "Pause|Play",
        "Step",
        "Loop",
        "Full",
        "seed",
        "Draw",
        "beside",
        "See",
        "png",
        "large",
        "gif",
        "film",
        "svg",
        "lines",
        "ndjson",
        "link",
    ]
    page.evaluate("document.activeElement.blur()")
    reached = []
    for _ in range(40):
        page.keyboard.press("Tab")
        reached.append(
            page.evaluate(
                "(e => e.dataset.kind || e.dataset.view || e.dataset.control || e.id ||"
                " (e.getAttribute('aria-label') || e.textContent).trim().split(/[ ,]/)[0])"
                "(document.activeElement)"
            )
        )
    missing = [name for name in wanted if not set(name.split("|")) & set(reached)]
    assert missing == []
    label = page.locator("#draw .timeline output")
    page.locator("#draw .timeline input").focus()
    page.keyboard.press("Home")
    playwright.expect(label).to_have_text(f"step 1 of {NUM_STEPS}")
    page.keyboard.press("ArrowRight")
    playwright.expect(label).to_have_text(f"step 2 of {NUM_STEPS}")
    page.keyboard.press("Space")
    playwright.expect(label).to_have_text(f"step {NUM_STEPS} of {NUM_STEPS}")


def test_a_button_that_steps_to_the_end_keeps_the_focus(open_page):
    page = open_page(reduced_motion="reduce")
    answered(page, "draw")
    page.locator('#draw [aria-label="One step back"]').click()
    on = page.locator('#draw [aria-label="One step on"]')
    playwright.expect(on).to_have_attribute("aria-disabled", "false")
    on.press("Enter")
    answered(page, "draw")
    playwright.expect(on).to_have_attribute("aria-disabled", "true")
    playwright.expect(on).to_be_focused()


@pytest.mark.parametrize("size", SIZES)
def test_the_page_is_light_stays_where_it_is_and_shows_a_view_at_once(open_page, size):
    page = open_page("?model=first", size)
    page.evaluate(
        "() => { window.moved = 0; new PerformanceObserver(list => { for (const entry of"
        " list.getEntries()) window.moved += entry.value; })"
        ".observe({ type: 'layout-shift', buffered: true }); }"
    )
    for view in VIEWS:
        page.locator(f'nav [data-view="{view}"]').click()
        answered(page, view)
        width = page.evaluate("document.documentElement.scrollWidth")
        assert width <= SIZES[size]["width"], view
        last = page.locator(f"#{view} .takeaway").bounding_box()
        if size != "phone":
            assert last["y"] + last["height"] <= SIZES[size]["height"], view
    assert page.evaluate("window.moved") < 0.02
    sizes = page.evaluate(
        "performance.getEntriesByType('resource').filter(e => !e.name.includes('safetensors'))"
        ".map(e => e.encodedBodySize)"
    )
    assert 0 < sum(sizes) < MOST_SHELL_BYTES


def test_a_frame_shows_only_the_view(open_page):
    page = open_page("?embed&view=dream")
    answered(page, "dream")
    assert not page.locator("header").is_visible()
    assert not page.locator("footer").is_visible()
    assert "embed" in page.url


def test_where_motion_is_unwanted_the_finished_drawing_is_shown(open_page):
    page = open_page(reduced_motion="reduce")
    answered(page, "draw")
    playwright.expect(page.locator('#draw [aria-label="Play"]')).to_be_visible()


def test_a_model_that_does_not_come_is_said_not_to(open_page, address):
    page = open_page("?model=first")
    answered(page, "draw")
    page.route("**/models/second-*", lambda route: route.abort())
    page.select_option("#model", "second")
    playwright.expect(page.locator("#status")).to_contain_text("is the connection up?")
    playwright.expect(page.locator("#draw .timeline output")).to_have_text("")
    page.unroute("**/models/second-*")
    page.select_option("#model", "first")
    answered(page, "draw")
    page.select_option("#model", "second")
    answered(page, "draw")
    open_page.complaints.clear()  # the browser's own complaint of the request that failed


def test_images_say_what_is_in_them(open_page):
    page = open_page("?view=dream&model=first")
    answered(page, "dream")
    first = page.locator("#dream .wall button").first
    playwright.expect(first).to_have_attribute(
        "aria-label", re.compile(r"Drawing 1 of 36: (ink on \d+ % of it|nothing but paper)")
    )
    page.get_by_role("link", name="Draw", exact=True).click()
    answered(page, "draw")
    plate = page.locator('#draw [data-plate="image"]')
    playwright.expect(plate).to_have_attribute("aria-label", re.compile(r"ink on \d+ % of it"))


def test_bars_and_marks_are_seen_in_forced_colours(open_page):
    page = open_page(forced_colors="active")
    answered(page, "draw")
    page.locator('#draw [aria-label="One step back"]').click()
    colours = page.evaluate(
        "Array.from(document.querySelectorAll('#draw .bars span'), e =>"
        " getComputedStyle(e).backgroundColor)"
    )
    canvas = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert len(set(colours)) == 3  # past, now, to come
    assert canvas not in colours
    style = "getComputedStyle(document.querySelector('nav [aria-current]')).outlineStyle"
    assert page.evaluate(style) == "solid"
    icon = "getComputedStyle(document.querySelector('#draw .play .icon')).fill"
    assert page.evaluate(icon) != canvas


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_words_stand_out_from_the_page(open_page, scheme):
    page = open_page(color_scheme=scheme)
    colours = page.evaluate(PALETTE)

    def luminance(colour: list[int]) -> float:
        linear = [((v / 255 + 0.055) / 1.055) ** 2.4 for v in colour[:3]]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    for ground in ("page", "paper"):
        for ink in ("ink", "muted", "read", "write"):
            low, high = sorted(luminance(colours[name]) for name in (ground, ink))
            assert (high + 0.05) / (low + 0.05) >= 4.5, (ground, ink)


@pytest.fixture(scope="module")
def axe(tmp_path_factory) -> str:
    """The script of axe-core, which tells what assistive technologies stumble over."""
    npm, folder = shutil.which("npm"), tmp_path_factory.mktemp("axe")
    if npm is None:
        pytest.skip("npm is not here")
    packed = subprocess.run(
        [npm, "pack", "axe-core@4", "--silent"], cwd=folder, capture_output=True, text=True
    )
    if packed.returncode:
        pytest.skip("npm cannot have axe-core: there is no network")
    shutil.unpack_archive(folder / packed.stdout.strip(), folder, filter="data")
    return (folder / "package" / "axe.min.js").read_text()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", ["desktop", "phone"])
def test_axe_finds_no_violation(open_page, axe, size, scheme):
    page = open_page("?model=pair&beside=first&ink", size, color_scheme=scheme)
    for view in VIEWS:
        page.locator(f'nav [data-view="{view}"]').click()
        answered(page, view, NUM_STEPS if view == "draw" else 3)
        if view == "draw":
            beside_answered(page)
            page.locator("#draw summary").click()
        page.evaluate(f"{axe}; undefined")
        found = page.evaluate("async () => (await axe.run()).violations")
        assert [(rule["id"], [node["html"] for node in rule["nodes"]]) for rule in found] == []
    page.locator("#card-button").click()
    found = page.evaluate("async () => (await axe.run()).violations")
    assert [(rule["id"], [node["html"] for node in rule["nodes"]]) for rule in found] == []
