"""SVG files: what stands alone is drawn, whatever lies beside it; what loads or expands is not."""

import time

import numpy as np
import pytest
from data_writers import fault_of
from hypothesis import given, strategies as st

from limner.data.formats.svg import render_svg
from limner.errors import LimnerError

SVG = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 100 100">{}</svg>'
STROKE = '<path d="M20 20 L80 60" stroke="black" stroke-width="8" fill="none"/>'


def drawn(document: str | bytes, side: int = 28) -> np.ndarray:
    data = document.encode() if isinstance(document, str) else document
    return render_svg(data, "a.svg", side)


def refusal_of(document: str | bytes) -> str:
    return fault_of(lambda: drawn(document))


PLAIN = drawn(SVG.format(STROKE))


def is_the_stroke(document: str | bytes) -> bool:
    return bool((drawn(document) == PLAIN).all())


def test_a_stroke_lies_where_it_was_put():
    opacity = drawn(SVG.format(STROKE), 100)[..., 3]
    columns = (np.arange(opacity.shape[1]) + 0.5) * 100 / len(opacity)
    middles = np.average(np.indices(opacity.shape)[0] + 0.5, axis=0, weights=opacity + 1e-9)
    inner = (columns > 30) & (columns < 70)
    rows = middles[inner] * 100 / len(opacity)
    np.testing.assert_allclose(rows, 20 + (columns[inner] - 20) * 2 / 3, atol=0.1)
    assert opacity.mean() / 255 == pytest.approx(8 * np.hypot(60, 40) / 100**2, rel=0.01)


KANJI = (
    '<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.0//EN" "http://www.w3.org/TR/x.dtd" [\n'
    '<!ATTLIST g xmlns:k CDATA #FIXED "http://x.org/k" k:part CDATA #IMPLIED k:kind CDATA "a">\n'
    "<!ATTLIST path k:type CDATA #IMPLIED >\n]>"
    '<svg xmlns="http://www.w3.org/2000/svg" width="100" height="100" viewBox="0 0 100 100">'
    f'<g id="k:1" k:part="left">{STROKE}</g></svg>'
)
ILLUSTRATOR = (
    "<!DOCTYPE svg [\n"
    '<!ENTITY ns_svg "http://www.w3.org/2000/svg">\n'
    '<!ENTITY ns_xlink "http://www.w3.org/1999/xlink">\n'
    '<!ENTITY ns_ai "http://x.org/ai/10.0/">\n'
    '<!ENTITY st0 "fill:none;stroke:black;stroke-width:8;">\n]>'
    '<svg xmlns="&ns_svg;" xmlns:xlink="&ns_xlink;" xmlns:i="&ns_ai;" i:pageBounds="0 9 9 0"'
    ' viewBox="0 0 100 100" enable-background="new 0 0 100 100" xml:space="preserve"><switch>'
    '<foreignObject requiredExtensions="&ns_ai;" width="1" height="1">'
    '<i:ref xlink:href="#pgf"/></foreignObject>'
    '<g i:extraneous="self"><path style="&st0;" d="M20 20 L80 60"/></g></switch>'
    '<i:pgf id="pgf"><![CDATA[eJzsvQdYk1kWMPz&\\]]></i:pgf></svg>'
)
INKSCAPE = (
    '<svg xmlns="http://www.w3.org/2000/svg" xmlns:inkscape="http://www.inkscape.org/x"'
    ' xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:xlink='
    '"http://www.w3.org/1999/xlink" xmlns:sodipodi="http://sodipodi.x.net/x.dtd"'
    ' viewBox="0 0 100 100" sodipodi:docname="C:\\a\\b.svg"'
    ' inkscape:export-filename="\\\\server\\url(http://x)\\b.png">'
    '<sodipodi:namedview><inkscape:grid href="http://x.org"/></sodipodi:namedview>'
    '<metadata><rdf:RDF><rdf:li rdf:resource="http://x.org/"/><script/></rdf:RDF></metadata>'
    '<defs><linearGradient id="a"><stop stop-color="#000"/></linearGradient>'
    '<linearGradient id="b" xlink:href="#a" href=" #a "/></defs>'
    '<path style="fill:none;stroke:black;stroke-width:8;-inkscape-font-specification:'
    '\'Sans\\, Bold\\, 12\'" d="M20 20 L80 60"/></svg>'
)


@pytest.mark.parametrize("document", [KANJI, ILLUSTRATOR, INKSCAPE])
def test_files_of_collections_and_editors_are_read(document):
    assert is_the_stroke(document)


@pytest.mark.parametrize(
    "document",
    [
        '<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://x.org/x.dtd">' + SVG.format(STROKE),
        '<!DOCTYPE svg [<!ENTITY % p "<!ENTITY q \'r\'>"> %p;]>' + SVG.format(STROKE),
        f'<!DOCTYPE svg [<!ENTITY s \'{STROKE.replace("&", "")}\'>]>' + SVG.format("&s;"),
        '<!DOCTYPE svg [<!ENTITY n "8"><!ENTITY n "80">]>'
        + SVG.format(STROKE.replace('"8"', '"&n;"')),
        SVG.format(f'<defs><g id="s">{STROKE}</g></defs><use href="#s"/>'),
        SVG.format(f'<a href="http://x.org/">{STROKE}</a>'),
        SVG.format(f'<g data-src="url(x.png)" onclick="location=\'url(x)\'">{STROKE}</g>'),
        SVG.format("<style>a &gt; b {} @font-face { src: url('data:;a,b') }</style>" + STROKE),
        SVG.format(f"<title>C:\\cup &lt;&amp;&gt; url(http://x)</title>{STROKE}"),
        SVG.format(f"<switch><foreignObject><div/></foreignObject>{STROKE}</switch>"),
        SVG.replace(' xmlns="http://www.w3.org/2000/svg"', "").format(STROKE),
        SVG.replace("<svg", '<svg width="1000000" height="1000000"').format(STROKE),
        SVG.format(STROKE).replace("<", "<s:").replace("<s:/", "</s:").replace("xmlns", "xmlns:s"),
        ('<?xml version="1.0" encoding="utf-16"?>' + SVG.format(STROKE)).encode("utf-16"),
    ],
)  # fmt: skip
def test_what_loads_nothing_changes_nothing(document):
    assert is_the_stroke(document)


@pytest.mark.parametrize(
    "document",
    [
        '<!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/passwd">]>' + SVG.format("<text>&x;</text>"),
        '<!DOCTYPE svg [<!ENTITY % x SYSTEM "http://x.org/x.ent"> %x;]>' + SVG.format(STROKE),
        '<!DOCTYPE svg [<!NOTATION n SYSTEM "n"><!ENTITY x SYSTEM "a.png" NDATA n>]>'
        + SVG.format(STROKE),
        SVG.format('<image href="file:///etc/passwd"/>'),
        SVG.format('<image href="data:image/png;base64,aaaa"/>'),
        SVG.format('<use href="other.svg#a"/>'),
        SVG.format('<use href="data:image/svg+xml,a#a"/>'),
        SVG.format('<use xmlns:x="http://www.w3.org/1999/xlink" x:href="http://x.org/#a"/>'),
        '<!DOCTYPE svg [<!ENTITY u "other.svg#a">]>' + SVG.format('<use href="&u;"/>'),
        '<!DOCTYPE svg [<!ATTLIST use href CDATA "other.svg#a">]>' + SVG.format("<use/>"),
        SVG.format('<rect fill="url(http://x.org/#a)"/>'),
        SVG.format("<rect style=\"fill: URL( 'file:///etc/passwd')\"/>"),
        SVG.format('<rect style="fill: u\\72l(http://x.org)"/>'),
        SVG.format('<rect style="fill: \\000075 rl(\\68ttp://x.org)"/>'),
        SVG.format('<rect style="filter: u\\rl(x.svg#a)"/>'),
        SVG.format("<style>@import 'other.css';</style>"),
        SVG.format("<style>@\\69mport 'other.css';</style>"),
        SVG.format("<style>rect { fill: url(other.svg#a) }</style>"),
        SVG.format("<style>rect { fill: u&#114;l(other.svg#a) }</style>"),
        SVG.format("<style>rect { fill: ur<![CDATA[l(other.svg#a)]]> }</style>"),
        SVG.format("<style>@font-face { src: url(data:a) url(font.woff) }</style>"),
        '<?xml-stylesheet href="other.css"?>' + SVG.format(""),
        SVG.format('<x:include xmlns:x="http://www.w3.org/2001/XInclude" href="/etc/passwd"/>'),
        SVG.format("<script>1</script>"),
        SVG.format('<feImage href="#a"/>'),
    ],
)
def test_what_loads_or_runs_is_refused(document):
    assert "only an SVG that stands alone" in refusal_of(document)


def declared(*entities: str) -> str:
    return "<!DOCTYPE svg [" + "".join(f'<!ENTITY {entity}">' for entity in entities) + "]>"


@pytest.mark.parametrize(
    "document",
    [
        declared('a "aaaa', 'b "&a;&a;') + SVG.format("<text>&b;</text>"),
        declared('a "a', 'b "&#38;a;') + SVG.format("<text>&b;</text>"),
        declared('a "' + "a" * 100_000) + SVG.format("<text>" + "&a;" * 1_000 + "</text>"),
        declared('a "' + "a" * 100_000) + SVG.format("<g id='" + "&a;" * 1_000 + "'/>"),
        declared('a "' + "<g/>" * 1_000) + SVG.format("&a;" * 101),
        f'<!DOCTYPE svg [<!ATTLIST g id CDATA "{"a" * 100_000}">]>' + SVG.format("<g/>" * 1_000),
        SVG.format("<g>" * 1_000 + "</g>" * 1_000),
        SVG.format("<g/>" * 150_000),
        SVG.format(" " * (5 << 20)),
    ],
)
def test_what_expands_without_bound_is_refused_at_once(document):
    start = time.process_time()
    refusal_of(document)
    assert time.process_time() - start < 5  # seconds, of which the tests' checks of types take most


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ("", "it is empty"),
        (" \n", "it is empty"),
        ("no XML", "syntax error"),
        (SVG.format("<g>"), "mismatched tag"),
        ("<html/>", "outermost element is 'html'"),
        ('<svg xmlns="http://x.org"/>', "outermost element is 'svg' of"),
        ('<svg xmlns="http://www.w3.org/2000/svg"/>', "cannot draw a.svg"),
    ],
)
def test_what_is_no_drawing_is_said(document, said):
    assert said in refusal_of(document)


@pytest.mark.parametrize("side", [8, 28, 600])
def test_an_svg_is_drawn_as_long_as_asked_for(side):
    assert drawn(SVG.replace("100 100", "100 50").format(""), side).shape == (side // 2, side, 4)


def test_drawing_at_a_large_side_costs_what_its_pixels_cost():
    """Half a thousand pixels in no time: a sheet of hundreds of icons takes seconds."""
    start = time.process_time()
    for _ in range(20):
        drawn(SVG.format(STROKE), 512)
    assert time.process_time() - start < 20 * 0.05


PIECES = (
    *(STROKE, "<g>", "</g>", "<style>", "</style>", "url(", "#a)", "\\", "&a;", "&lt;", "<defs>"),
    *("</defs>", '<use href="', '"/>', "#a", "<![CDATA[", "]]>", "@import", "data:", "<a>", "</a>"),
    *("'", "<metadata>", "</metadata>", "é", "\u2028"),
)


@given(st.lists(st.sampled_from(PIECES), max_size=8).map("".join))
def test_any_pieces_are_drawn_or_refused_in_one_line(inside):
    said = ""
    try:
        assert drawn(declared('a "url(') + SVG.format(inside)).shape == (28, 28, 4)
    except LimnerError as error:
        said = str(error)
    assert "\n" not in said


@given(st.text(st.characters(codec="utf-8", exclude_categories=["C"]), max_size=30))
def test_private_text_of_any_kind_does_no_harm(text):
    quoted = text.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")
    document = SVG.format(f"<desc>{quoted}</desc>{STROKE}")
    private = f'xmlns:e="http://x.org/editor" e:export-filename="{quoted}"'
    assert is_the_stroke(document.replace("<svg", f"<svg {private}"))
