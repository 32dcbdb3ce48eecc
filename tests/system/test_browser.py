import io
import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from limner.data.formats.stroke_files import read_ndjson
from limner.data.strokes import simplify

pytest.importorskip("fastapi", reason="the studio's packages are not here")

from runs import NUM_STEPS, make_run
from studio_process import running_studio

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
DESKTOP, PHONE = {"width": 1280, "height": 860}, {"width": 390, "height": 844}
VIEWS = ("draw", "dream", "finish", "morph")
MOST_PAGE_BYTES = 300_000


@pytest.fixture(scope="module")
def address(tmp_path_factory) -> Iterator[str]:
    runs = tmp_path_factory.mktemp("runs")
    make_run(runs / "first", seed=1)
    make_run(runs / "second", seed=2, cell="dense")
    with running_studio(runs / "first", runs / "second") as address:
        yield address


@pytest.fixture(scope="module")
def browsers(tmp_path_factory):
    """Opens browsers whose pages fail on any complaint and on any request elsewhere."""
    complaints: list[str] = []
    opened = {}
    with playwright.sync_playwright() as driver:

        def browser(size: str, scheme: str = "light"):
            if (size, scheme) not in opened:
                opened[size, scheme] = driver.chromium.launch_persistent_context(
                    tmp_path_factory.mktemp("user"),
                    executable_path=CHROMIUM,
                    args=FLAGS,
                    viewport=DESKTOP if size == "desktop" else PHONE,
                    has_touch=size == "phone",
                    color_scheme=scheme,
                    reduced_motion="no-preference",
                )
            return opened[size, scheme]

        yield browser, complaints
        for context in opened.values():
            context.close()


@pytest.fixture
def open_page(browsers, address):
    """Opens a page of the studio; complains of the console's errors when the test is over."""
    browser, complaints = browsers
    complaints.clear()
    pages = []

    def check(request) -> None:
        if not request.url.startswith((address, "blob:", "data:")):
            complaints.append(f"a request went to {request.url}")

    def open_(path: str = "/", size: str = "desktop", scheme: str = "light"):
        page = browser(size, scheme).new_page()
        pages.append(page)
        page.set_default_timeout(20_000)
        page.on("request", check)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on(
            "console",
            lambda message: complaints.append(message.text) if message.type == "error" else None,
        )
        page.goto(address + path)
        return page

    yield open_
    for page in pages:
        page.close()
    assert complaints == []


def answered(page, view: str) -> None:
    """Wait until the drawings of a view are here and have been drawn."""
    step = page.locator(f"#{view} .timeline output")
    playwright.expect(step).to_have_text(f"step {NUM_STEPS} of {NUM_STEPS}")
    playwright.expect(page.locator(f"#{view} .timeline input")).to_be_enabled()


def stroke(page, pad, points=((0.2, 0.3), (0.5, 0.2), (0.8, 0.5), (0.4, 0.8))) -> None:
    box = pad.bounding_box()
    places = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in points]
    page.mouse.move(*places[0])
    page.mouse.down()
    for place in places[1:]:
        page.mouse.move(*place, steps=5)
    page.mouse.up()


def pixels(page, selector: str) -> list[int]:
    return page.eval_on_selector(
        selector,
        "c => Array.from(c.getContext('2d').getImageData(0, 0, c.width, c.height).data)",
    )


@pytest.mark.parametrize("size", ["desktop", "phone"])
def test_a_stroke_is_seen_drawn_again_and_scrubbed(open_page, size):
    page = open_page("/", size)
    answered(page, "draw")
    example = pixels(page, '#draw [data-plate="image"] canvas')
    bound = page.locator('#draw [data-number="bound"]')
    before = bound.inner_text()
    with page.expect_response("**/reconstruct*") as answer:
        stroke(page, page.locator("#draw [data-pad] canvas"))
    assert len(answer.value.request.post_data_json["strokes"]) == 1  # the example has gone
    playwright.expect(bound).not_to_have_text(before)
    answered(page, "draw")
    assert pixels(page, '#draw [data-plate="image"] canvas') != example
    last = pixels(page, '#draw [data-plate="canvas"] canvas')
    number = {
        name: float(page.locator(f'#draw [data-number="{name}"]').inner_text())
        for name in ("distortion", "rate", "bound")
    }
    assert number["bound"] == pytest.approx(number["distortion"] + number["rate"], abs=0.11)
    rect = page.locator('#draw [data-plate="canvas"] rect')
    at_last = rect.get_attribute("y")

    page.locator("#draw .bars").scroll_into_view_if_needed()
    bars = page.locator("#draw .bars").bounding_box()
    page.mouse.click(bars["x"] + 2, bars["y"] + bars["height"] / 2)
    label = page.locator("#draw .timeline output")
    playwright.expect(label).to_have_text(f"step 1 of {NUM_STEPS}")
    assert pixels(page, '#draw [data-plate="canvas"] canvas') != last
    assert rect.get_attribute("y") != at_last
    assert "write" in rect.get_attribute("class")
    assert "read" in page.locator('#draw [data-plate="image"] rect').get_attribute("class")


def test_undo_clear_and_the_eraser_take_strokes_back(open_page):
    page = open_page("/")
    answered(page, "draw")
    pad = page.locator("#draw [data-pad] canvas")
    tools = page.locator("#draw [data-tools]")

    def ask(act) -> int:
        with page.expect_response("**/reconstruct*") as answer:
            act()
        return len(answer.value.request.post_data_json["strokes"])

    assert ask(lambda: stroke(page, pad)) == 1
    assert ask(lambda: stroke(page, pad, ((0.1, 0.9), (0.9, 0.9)))) == 2
    tools.get_by_text("eraser").click()
    assert ask(lambda: stroke(page, pad, ((0.5, 0.95), (0.5, 0.85)))) == 1
    assert ask(lambda: page.keyboard.press("Control+z")) == 2
    assert ask(lambda: tools.get_by_text("undo").click()) == 1
    tools.get_by_text("clear").click()
    playwright.expect(page.locator('#draw [data-number="bound"]')).to_have_text("–")
    assert tools.get_by_text("clear").is_disabled()


def test_a_stroke_ends_when_strokes_are_taken_back_while_it_is_drawn(open_page):
    page = open_page("/")
    answered(page, "draw")
    pad = page.locator("#draw [data-pad] canvas")
    tools = page.locator("#draw [data-tools]")
    box = pad.bounding_box()

    def ask(act, count: int) -> list:
        def is_answer(response) -> bool:
            return "/reconstruct" in response.url and count == len(
                response.request.post_data_json["strokes"]
            )

        with page.expect_response(is_answer) as answer:
            act()
        return answer.value.request.post_data_json["strokes"]

    def move(x: float, y: float) -> None:
        page.mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"], steps=5)

    def begin_and_go_on_after(take_back) -> None:
        move(0.2, 0.7)
        page.mouse.down()
        move(0.5, 0.7)
        take_back()
        move(0.8, 0.7)
        page.mouse.up()

    first = ask(lambda: stroke(page, pad), 1)
    begin_and_go_on_after(lambda: page.keyboard.press("Control+z"))
    both = ask(lambda: stroke(page, pad, ((0.1, 0.9), (0.9, 0.9))), 2)
    assert both[:1] == first
    begin_and_go_on_after(lambda: tools.get_by_text("clear").press("Enter"))
    assert tools.get_by_text("clear").is_disabled()
    *before, half = ask(lambda: page.keyboard.press("Control+z"), 3)
    assert before == both
    assert max(x for x, _ in half) < 160  # of 255: it ended in the middle


@pytest.mark.parametrize("kind", ["gif", "png", "svg"])
def test_drawings_are_taken_away(open_page, kind):
    page = open_page("/")
    answered(page, "draw")
    with page.expect_download() as download:
        page.locator(f'#draw [data-kind="{kind}"]').click()
    assert download.value.suggested_filename == f"limner-reconstruct.{kind}"
    content = Path(download.value.path()).read_bytes()
    if kind == "gif":
        with Image.open(io.BytesIO(content)) as animation:
            assert animation.n_frames == NUM_STEPS  # type: ignore[attr-defined]
    elif kind == "png":
        assert Image.open(io.BytesIO(content)).format == "PNG"
    else:
        assert content.startswith(b"<svg")


@pytest.mark.parametrize(("view", "path"), [("draw", "reconstruct"), ("finish", "complete")])
def test_strokes_are_taken_away_simplified(open_page, tmp_path, view, path):
    page = open_page(f"/?view={view}")
    answered(page, view)
    asks, comes = page.expect_request(f"**/{path}?format=ndjson"), page.expect_download()
    with asks as asked, comes as download:
        page.locator(f'#{view} [data-kind="ndjson"]').click()
    file = tmp_path / download.value.suggested_filename
    assert file.name == f"limner-{path}.ndjson"
    download.value.save_as(file)
    [drawing] = read_ndjson(file)
    drawn = asked.value.post_data_json["strokes"]
    expected = simplify([np.array(stroke).T for stroke in drawn])
    assert [stroke.tolist() for stroke in drawing] == [s.tolist() for s in expected]
    assert json.loads(file.read_text())["word"] == "cat"


def test_models_are_switched_without_a_reload(open_page):
    page = open_page("/")
    answered(page, "draw")
    before = page.locator('#draw [data-number="bound"]').inner_text()
    page.select_option("#model", "second")
    playwright.expect(page.locator('#draw [data-number="bound"]')).not_to_have_text(before)
    assert "model=second" in page.url
    page.locator("#card-button").click()
    playwright.expect(page.locator("#card-title")).to_have_text("second")
    playwright.expect(page.locator("#card-facts")).to_contain_text("dense units")
    playwright.expect(page.locator("#card-facts")).to_contain_text("distortion, validation")
    page.keyboard.press("Escape")
    playwright.expect(page.locator("dialog")).to_be_hidden()


def test_a_link_gives_the_same_dreams_again(open_page):
    page = open_page("/?view=dream&seed=7&temperature=0.5&steps=3")
    step = page.locator("#dream .timeline output")
    playwright.expect(step).to_have_text("step 3 of 3")
    first = pixels(page, "#dream .wall li:nth-child(5) canvas")
    again = open_page("/" + page.url.split("/")[-1])
    playwright.expect(again.locator("#dream .timeline output")).to_have_text("step 3 of 3")
    assert pixels(again, "#dream .wall li:nth-child(5) canvas") == first
    assert again.locator('[data-control="seed"]').first.input_value() == "7"
    again.locator("#dream [data-another]").click()
    playwright.expect(again.locator('#dream [data-control="seed"]')).not_to_have_value("7")
    playwright.expect(again).not_to_have_url(re.compile(r"seed=7\b"))


def test_dreams_are_those_of_the_address_though_others_were_asked_for_meanwhile(open_page):
    page = open_page("/?view=dream&seed=7&steps=3")
    step = page.locator("#dream .timeline output")
    playwright.expect(step).to_have_text("step 3 of 3")
    page.route("**/api/v1/sample*", lambda route: None)  # answered only if it is given up
    steps = page.locator('#dream [data-control="steps"]')
    with page.expect_request("**/sample*"):
        steps.fill("9")
    with page.expect_event("requestfailed"):
        steps.fill("3")
    playwright.expect(page).to_have_url(re.compile(r"steps=3\b"))
    playwright.expect(step).to_have_text("step 3 of 3")


def test_a_field_takes_back_what_was_typed_and_leaves_the_strokes(open_page):
    page = open_page("/?view=finish")
    answered(page, "finish")

    def ask(act) -> dict:
        with page.expect_response("**/complete*") as answer:
            act()
        return answer.value.request.post_data_json

    drawn = ask(lambda: stroke(page, page.locator("#finish [data-pad] canvas")))
    seed = page.locator('#finish [data-control="seed"]')
    typed = ask(lambda: seed.press_sequentially("7"))
    assert typed["seed"] != drawn["seed"]
    assert ask(lambda: page.keyboard.press("Control+z")) == drawn


@pytest.mark.parametrize("size", ["desktop", "phone"])
def test_a_drawing_is_finished_and_two_are_morphed(open_page, size):
    page = open_page("/?view=finish", size)
    answered(page, "finish")
    with page.expect_response("**/complete*") as answer:
        stroke(page, page.locator("#finish [data-pad] canvas"))
    assert len(answer.value.request.post_data_json["strokes"]) > 1  # the beginning has stayed
    answered(page, "finish")
    page.get_by_role("link", name="Morph").click()
    answered(page, "morph")
    middle = pixels(page, '#morph [data-plate="between"] canvas')
    page.locator('#morph [data-control="place"]').fill("0")
    assert pixels(page, '#morph [data-plate="between"] canvas') != middle
    clears = page.locator("#morph [data-tools]").get_by_text("clear")
    page.keyboard.press("Control+z")  # the example that came last
    assert sum(clear.is_disabled() for clear in clears.all()) == 1
    page.go_back()
    playwright.expect(page.locator("#finish")).to_be_visible()


def test_a_view_asks_again_only_if_its_question_has_changed(open_page):
    page = open_page("/")
    answered(page, "draw")
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.get_by_role("link", name="Dream").click()
    answered(page, "dream")
    page.get_by_role("link", name="Draw", exact=True).click()
    playwright.expect(page.locator("#draw")).to_be_visible()
    page.get_by_role("link", name="Dream").click()
    page.locator("#dream [data-another]").click()
    with page.expect_response("**/reconstruct*") as answer:
        page.get_by_role("link", name="Draw", exact=True).click()
    assert answer.value.request.post_data_json["seed"] > 0
    assert sum("/reconstruct" in url for url in asked) == 1


def test_the_keyboard_reaches_everything(open_page):
    page = open_page("/")
    answered(page, "draw")
    reached = []
    page.evaluate("document.activeElement.blur()")
    for _ in range(20):
        page.keyboard.press("Tab")
        reached.append(
            page.evaluate(
                "(e => e.dataset.kind || e.dataset.view || e.getAttribute('aria-label') ||"
                " e.id || e.textContent.trim())(document.activeElement)"
            )
        )
    wanted = [
        "draw",
        "dream",
        "finish",
        "morph",
        "model",
        "card-button",
        "undo",
        "eraser",
        "clear",
        "example",
        "Play",
        "Step",
        "gif",
        "png",
        "svg",
        "ndjson",
    ]
    assert [name for name in reached if name in wanted] == wanted
    label = page.locator("#draw .timeline output")
    page.locator("#draw .timeline input").focus()
    page.keyboard.press("Home")
    playwright.expect(label).to_have_text(f"step 1 of {NUM_STEPS}")
    page.keyboard.press("ArrowRight")
    playwright.expect(label).to_have_text(f"step 2 of {NUM_STEPS}")
    page.keyboard.press("Space")
    playwright.expect(label).to_have_text(f"step {NUM_STEPS} of {NUM_STEPS}")


@pytest.mark.parametrize("size", ["desktop", "phone"])
def test_the_page_is_light_and_stays_where_it_is(open_page, size):
    page = open_page("/", size)
    page.evaluate(
        "() => { window.moved = 0; new PerformanceObserver(list => { for (const entry of"
        " list.getEntries()) window.moved += entry.value; })"
        ".observe({ type: 'layout-shift', buffered: true }); }"
    )
    for view in VIEWS:
        page.locator(f'nav [data-view="{view}"]').click()
        answered(page, view)
        width = page.evaluate("document.documentElement.scrollWidth")
        assert width <= (DESKTOP if size == "desktop" else PHONE)["width"], view
    assert page.evaluate("window.moved") < 0.02
    sizes = page.evaluate(
        "performance.getEntriesByType('resource').filter(e => !e.name.includes('/api/'))"
        ".map(e => e.encodedBodySize)"
    )
    assert 0 < sum(sizes) < MOST_PAGE_BYTES


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_words_stand_out_from_the_page(open_page, scheme):
    page = open_page("/", scheme=scheme)
    colours = page.evaluate(
        "() => { const c = document.createElement('canvas').getContext('2d'); const style ="
        " getComputedStyle(document.documentElement); return Object.fromEntries(['page', 'paper',"
        " 'ink', 'muted', 'read', 'write'].map(n => { c.fillStyle = style.getPropertyValue('--' +"
        " n); c.fillRect(0, 0, 1, 1); return [n, Array.from(c.getImageData(0, 0, 1, 1).data)];"
        " })); }"
    )

    def luminance(colour: list[int]) -> float:
        linear = [((v / 255 + 0.055) / 1.055) ** 2.4 for v in colour[:3]]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    for ground in ("page", "paper"):
        for ink in ("ink", "muted", "read", "write"):
            low, high = sorted(luminance(colours[name]) for name in (ground, ink))
            assert (high + 0.05) / (low + 0.05) >= 4.5, (ground, ink)


def test_a_studio_that_stops_is_said_to_have_stopped(open_page, browsers):
    page = open_page("/")
    answered(page, "draw")
    page.route("**/api/v1/reconstruct*", lambda route: route.abort())
    stroke(page, page.locator("#draw [data-pad] canvas"))
    playwright.expect(page.locator("#status")).to_contain_text("is it still running?")
    page.route("**/api/v1/doodle*", lambda route: route.abort())
    tools = page.locator("#draw [data-tools]")
    tools.get_by_text("clear").click()
    playwright.expect(page.locator("#status")).to_have_text("")
    tools.get_by_text("example").click()
    playwright.expect(page.locator("#status")).to_contain_text("is it still running?")
    browsers[1].clear()  # the browser's own complaint of the request that failed


def test_a_card_that_does_not_come_is_said_not_to(open_page, browsers):
    page = open_page("/")
    answered(page, "draw")
    page.route("**/api/v1/models", lambda route: route.abort())
    page.locator("#card-button").click()
    playwright.expect(page.locator("#status")).to_contain_text("is it still running?")
    browsers[1].clear()


def test_a_busy_studio_is_asked_again(open_page, browsers):
    page = open_page("/")
    answered(page, "draw")
    refusals = [json.dumps({"detail": "busy"})]

    def refuse_once(route) -> None:
        if refusals:
            route.fulfill(status=503, body=refusals.pop(), content_type="application/json")
        else:
            route.continue_()

    page.route("**/api/v1/reconstruct*", refuse_once)
    before = page.locator('#draw [data-number="bound"]').inner_text()
    stroke(page, page.locator("#draw [data-pad] canvas"))
    playwright.expect(page.locator('#draw [data-number="bound"]')).not_to_have_text(before)
    browsers[1].clear()


def test_the_documentation_of_the_api_opens(open_page):
    page = open_page("/docs")
    playwright.expect(page.get_by_text("/api/v1/reconstruct")).to_be_visible()
