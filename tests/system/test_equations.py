"""The equations of a step in the browser: panels, keys, playing part by part, and a hand in it."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from runs import make_run
from studio_process import running_studio

from limner.pretrained import hub

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not here")
CHROMIUM = shutil.which("chromium")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="chromium is not here")

expect = playwright.expect
expect.set_options(timeout=30_000)
SIZES = {"desktop": (1366, 768), "phone": (390, 844)}
NUM_STEPS = hub.find(Path("cat")).config.model.num_steps
PIXELS = "c => Array.from(c.getContext('2d').getImageData(0, 0, c.width, c.height).data)"


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    """A studio of cats, and of a network without attention."""
    plain = make_run(tmp_path_factory.mktemp("runs") / "plain", read_grid=None, write_grid=None)
    with running_studio(Path(hub.find(Path("cat")).folder), Path(plain.folder)) as address:
        yield address


@pytest.fixture(scope="module")
def browser():
    with playwright.sync_playwright() as driver:
        yield driver.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"]
        )


@pytest.fixture
def opened(browser, address):
    """Opens the equations of an example; complains of all that the console says."""
    said: list[str] = []
    contexts = []

    def open_(size="desktop", model="cat", **options):
        width, height = SIZES[size]
        viewport = {"width": width, "height": height}
        context = browser.new_context(viewport=viewport, has_touch=size == "phone", **options)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.goto(f"{address}/?view=draw&equations&model={model}")
        expect(page.locator(".equations .status")).to_be_empty()
        page.keyboard.press("Home")
        expect(page.locator(".equations .transport output")).to_contain_text("step 1 of")
        return page

    yield open_
    for context in contexts:
        context.close()
    assert said == []


def at(page, step: int) -> None:
    expect(page.locator(".equations .transport output")).to_have_text(f"step {step} of {NUM_STEPS}")


def pixels(page, panel: str, index: int = 0) -> np.ndarray:
    canvas = page.locator(f".equations .{panel} canvas").nth(index)
    return np.array(canvas.evaluate(PIXELS))


def by_hand(page):
    """The drawing with a hand in it, or the lack of one."""
    return page.locator(".equations .result canvas").nth(1)


@pytest.mark.parametrize("size", SIZES)
def test_keys_step_and_every_image_says_what_is_in_it(opened, size):
    page = opened(size)
    for key, step in (
        ("ArrowRight", 2),
        ("End", NUM_STEPS),
        ("ArrowLeft", NUM_STEPS - 1),
        ("Home", 1),
    ):
        page.keyboard.press(key)
        at(page, step)
    first = pixels(page, "window", 1)
    page.keyboard.press("ArrowRight")
    at(page, 2)
    assert not np.array_equal(pixels(page, "window", 1), first)
    for canvas in page.locator(".equations canvas").all():
        assert canvas.get_attribute("role") == "img"
        assert len(canvas.get_attribute("aria-label")) > 10
    expect(page.locator("#draw .timeline .step output")).to_contain_text("2")
    wide = page.evaluate("document.documentElement.scrollWidth > innerWidth")
    assert not wide


def test_parts_are_lit_one_after_another(opened):
    page = opened()
    parts = page.locator(".equations .parts button")
    for part, panel in (
        ("read", "error"),
        ("encode", "latents-panel"),
        ("sample", "latents-panel"),
    ):
        page.keyboard.press("Shift+ArrowRight")
        expect(parts.filter(has_text=part)).to_have_attribute("aria-current", "step")
        assert f"{panel} lit" in page.locator(f".equations .{panel}").get_attribute("class")
    assert "ahead" in page.locator(".equations .patch").get_attribute("class")
    for _ in range(3):
        page.keyboard.press("Shift+ArrowRight")
    at(page, 2)
    expect(parts.first).to_have_attribute("aria-current", "step")
    page.get_by_label("Pace of playing").select_option("quickly")
    page.locator(".equations").get_by_role("button", name="Play").click()
    at(page, NUM_STEPS)
    expect(page.locator(".equations").get_by_role("button", name="Play")).to_be_visible()


def test_the_timeline_above_plays_on_beside_them(opened):
    page = opened()
    page.get_by_label("Pace of playing").select_option("quickly")
    page.locator(".equations .play").click()
    expect(page.locator(".equations .transport output")).not_to_contain_text("step 1 of")
    page.locator("#draw .timeline .play").click()
    last = f"step {NUM_STEPS} of {NUM_STEPS}"
    expect(page.locator("#draw .timeline output")).to_have_text(last)
    at(page, NUM_STEPS)


def test_a_latent_is_taken_by_hand_and_given_back(opened):
    page = opened()
    expect(by_hand(page)).to_be_hidden()
    page.keyboard.press("ArrowRight")
    at(page, 2)
    dot = page.locator(".equations [role=slider]").nth(3)
    before = float(dot.get_attribute("aria-valuenow"))
    dot.focus()
    page.keyboard.press("ArrowUp")
    expect(dot).to_have_attribute("aria-valuenow", f"{before + 0.1:.2f}")
    for _ in range(3):
        page.keyboard.press("PageDown")
    expect(by_hand(page)).to_be_visible()
    assert not np.array_equal(pixels(page, "result", 0), pixels(page, "result", 1))
    page.keyboard.press("Delete")
    expect(by_hand(page)).to_be_hidden()
    expect(dot).to_have_attribute("aria-valuenow", f"{before:.2f}")


def test_two_latents_are_dragged_on_a_plane(opened):
    page = opened()
    plane = page.locator(".equations .plane")
    plane.scroll_into_view_if_needed()
    box = plane.bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] + 0.75 * box["width"], box["y"] + 0.25 * box["height"], steps=8)
    page.mouse.up()
    expect(by_hand(page)).to_be_visible()
    values = page.locator(".equations .plane-and-sliders output")
    for index in (0, 1):
        expect(values.nth(index)).to_have_text("1.50")  # of the three that the plane reaches
    page.get_by_role("button", name="Give it all back").click()
    expect(by_hand(page)).to_be_hidden()


def test_the_reading_window_is_held_and_widened(opened):
    page = opened()
    page.get_by_label("hold it still from here on").check()
    expect(by_hand(page)).to_be_visible()
    held = pixels(page, "window", 1)
    page.locator(".equations .transport").get_by_role("button", name="One step on").click()
    at(page, 2)
    np.testing.assert_array_equal(pixels(page, "window", 1), held)
    image = page.locator(".equations .window canvas").first
    narrow = image.get_attribute("aria-label")
    page.get_by_label("how soft its filters are").fill("1")
    expect(page.locator(".equations .window-controls output").nth(1)).to_have_text("× 2")
    expect(image).not_to_have_attribute("aria-label", narrow)


def test_another_drawing_begins_without_a_hand_in_it(opened):
    page = opened()
    page.get_by_label("hold it still from here on").check()
    expect(by_hand(page)).to_be_visible()
    drawn = pixels(page, "error")
    page.get_by_role("button", name="Draw it again").click()
    expect(by_hand(page)).to_be_hidden()
    page.get_by_role("button", name="example").click()
    expect(page.locator("#draw")).to_have_attribute("aria-busy", "false")
    expect(page.locator(".equations .status")).to_be_empty()
    for _ in range(100):  # until the answer is there
        page.locator(".equations .transport").get_by_role("button", name="First step").click()
        if not np.array_equal(pixels(page, "error"), drawn):
            break
        page.wait_for_timeout(200)
    assert not np.array_equal(pixels(page, "error"), drawn)
    page.get_by_role("button", name="Close the equations").click()
    expect(page.locator(".equations")).to_have_count(0)


def test_a_network_without_attention_says_so(opened):
    page = opened(model="plain")
    expect(page.locator(".equations .window .sentence")).to_contain_text("no window")
    expect(page.locator(".equations .canvas h3")).to_contain_text("8, 18")
    expect(page.get_by_label("hold it still")).to_have_count(0)
    dot = page.locator(".equations [role=slider]").first
    dot.focus()
    page.keyboard.press("PageUp")
    expect(by_hand(page)).to_be_visible()


def test_it_is_seen_in_the_dark_and_in_forced_colours(opened):
    light = opened()
    dark = opened(color_scheme="dark")
    forced = opened(forced_colors="active", reduced_motion="reduce")
    assert not np.array_equal(pixels(light, "error"), pixels(dark, "error"))
    for part in (".latent .bar", ".band", ".share", ".bars .now", ".value"):
        colour = "e => getComputedStyle(e).backgroundColor"
        own = forced.locator(f".equations {part}").first.evaluate(colour)
        assert own != forced.locator("body").evaluate(colour)
