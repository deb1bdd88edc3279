"""The report in a real browser, headless Chromium, by clicking. Needs selenium and Chromium."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from report_samples import many_errors, nasty, second_pass

from lgtalent_ie.evaluation.gold import as_document
from lgtalent_ie.evaluation.report.data import ReportData, report_data
from lgtalent_ie.evaluation.report.page import write_report
from lgtalent_ie.evaluation.sources import Triple

if TYPE_CHECKING:
    from selenium.webdriver import Chrome

pytestmark = pytest.mark.slow

# Chromium may be called either; the driver has to be of the same version.
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
PHONE, DESKTOP = (390, 844), (1280, 900)
# Rows of the list on the page at once, as the script has it, and the nodes of a whole page.
MOST_ROWS, MOST_NODES = 60, 4000


@pytest.fixture(scope="module")
def chrome() -> Iterator[Chrome]:
    selenium = pytest.importorskip("selenium.webdriver", reason="selenium is not installed")
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    driver = shutil.which("chromedriver")
    if not (browser and driver):
        pytest.skip("no Chromium with chromedriver: apt-get install chromium chromium-driver")
    options = selenium.ChromeOptions()
    options.binary_location = browser
    for flag in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    made = selenium.Chrome(options=options, service=selenium.ChromeService(driver))
    yield made
    made.quit()


class Page:
    """The open report, as a person uses it."""

    def __init__(self, chrome: Chrome, path: Path) -> None:
        self.chrome, self.path = chrome, path
        self.size(*DESKTOP)
        self.scheme("light")
        self.open()

    def open(self, fragment: str = "") -> None:
        self.chrome.get("about:blank")
        self.chrome.get(self.path.as_uri() + fragment)

    def size(self, width: int, height: int) -> None:
        screen = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self.chrome.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", screen)

    def scheme(self, name: str) -> None:
        features = [{"name": "prefers-color-scheme", "value": name}]
        self.chrome.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})

    def run(self, script: str, *arguments: object) -> Any:
        return self.chrome.execute_script(script, *arguments)

    def all(self, selector: str) -> list[Any]:
        return self.chrome.find_elements("css selector", selector)

    def one(self, selector: str) -> Any:
        return self.chrome.find_element("css selector", selector)

    def choose(self, field: str, value: str) -> None:
        self.one(f"#f-{field} option[value='{value}']").click()

    def count(self) -> int:
        """The number of errors that the page says it lists."""
        first = str(self.one("#count").text).split()[0].replace(",", "")
        return 0 if first == "No" else int(first)

    def rows(self) -> list[Any]:
        return self.all("#list article")

    def titles(self) -> set[str]:
        return {row.find_element("css selector", "h3").text for row in self.rows()}

    def settle(self) -> None:
        """Wait for two frames: the list is drawn in the next one."""
        self.chrome.execute_async_script(
            "const done = arguments[0]; requestAnimationFrame(() => requestAnimationFrame(done));"
        )

    def faults(self) -> list[Any]:
        return [line for line in self.chrome.get_log("browser") if line["level"] == "SEVERE"]


def opened(chrome: Chrome, folder: Path, data: ReportData) -> Page:
    path = folder / "report.html"
    write_report(data, path)
    chrome.get_log("browser")
    return Page(chrome, path)


def earlier(triples: Sequence[Triple]) -> list[Triple]:
    """A run that found other mentions: every fifth is missing, every seventh has another label."""
    made = []
    for gold, _, text in triples:
        right = as_document(gold, text)
        mentions = tuple(
            replace(m, label="EVENT" if at % 7 == 0 else m.label)
            for at, m in enumerate(right.mentions)
            if at % 5
        )
        made.append((gold, replace(right, model="earlier@1", mentions=mentions), text))
    return made


@pytest.fixture(scope="module")
def two_runs() -> ReportData:
    seeds, short = second_pass(), many_errors(40)
    return report_data(
        {"seeds": seeds, "short": short},
        {"seeds": earlier(seeds), "short": earlier(short)},
        names=("now", "last week"),
        resamples=20,
    )


@pytest.fixture
def page(chrome: Chrome, tmp_path: Path, two_runs: ReportData) -> Page:
    return opened(chrome, tmp_path, two_runs)


def wanted(data: ReportData, **fields: str) -> int:
    """How many errors of the data have these values."""
    count = 0
    for error in data.errors:
        main = error.now or error.was
        assert main is not None
        sides = (main.gold, error.now and error.now.predicted, error.was and error.was.predicted)
        has = {
            "source": {data.sources[data.sentences[error.sentence].source].name},
            "record": {main.record},
            "kind": {main.kind, main.kind.split("/")[0]},
            "label": {side.label for side in sides if side},
            "status": {error.status},
        }
        count += all(value in has[name] for name, value in fields.items())
    return count


def test_the_page_says_what_the_data_say(page: Page, two_runs: ReportData) -> None:
    assert page.count() == len(two_runs.errors)
    score = next(s for s in two_runs.scores if s.source is None and s.row == "mentions/ORG")
    cells = [cell.text for cell in page.all("tr[data-row='mentions/ORG'] > *")]
    assert cells[:2] == ["ORG", f"{100 * score.now.f1:.1f}"]
    assert score.now.interval and f"{100 * score.now.interval[0]:.1f}–" in cells[3]
    assert page.faults() == []


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("record", "mentions", "mentions"),
        ("kind", "missed", "missed"),
        ("kind", "boundary", "boundary"),
        ("kind", "boundary/particle", "boundary/particle"),
        ("label", "ORG", "ORG"),
        ("source", "1", "short"),
        ("status", "fixed", "fixed"),
        ("status", "new", "new"),
        ("status", "unchanged", "unchanged"),
        ("status", "changed", "changed"),
    ],
)
def test_a_filter_lists_its_errors(
    page: Page, two_runs: ReportData, field: str, value: str, said: str
) -> None:
    page.choose(field, value)
    assert page.count() == wanted(two_runs, **{field: said}) < len(two_runs.errors)
    option = page.one(f"#f-{field} option[value='{value}']").text
    assert f"({page.count():,})" in option
    page.one("#reset").click()
    assert page.count() == len(two_runs.errors)


def test_filters_work_together_and_are_in_the_address(page: Page, two_runs: ReportData) -> None:
    page.choose("record", "mentions")
    page.choose("kind", "missed")
    page.choose("label", "ORG")
    count = page.count()
    assert count == wanted(two_runs, record="mentions", kind="missed", label="ORG") > 0
    assert page.titles() == {"Missed · Mentions"}
    address = str(page.chrome.current_url)
    page.open("#" + address.partition("#")[2])
    assert page.count() == count


def test_words_are_searched_in_any_case(page: Page) -> None:
    page.one("#f-text").send_keys("제7호")
    assert page.count() > 0
    assert all("제7호" in row.text for row in page.rows())
    page.one("#f-text").clear()
    page.one("#f-text").send_keys("LG전자")
    count = page.count()
    page.one("#f-text").clear()
    page.one("#f-text").send_keys("lg전자")
    assert page.count() == count > 0
    page.one("#f-text").send_keys("이런 말은 없다")
    assert page.count() == 0 and page.rows() == []


def test_a_range_of_scores_leaves_out_what_has_none(page: Page) -> None:
    page.one("#f-low").send_keys("0.6")
    page.one("#f-high").send_keys("0.8")
    assert page.count() > 0
    scores = [float(mark.text.split()[-1]) for mark in page.all(".is-found + dd .score")]
    assert scores and all(0.6 <= score <= 0.8 for score in scores)


def test_a_number_of_a_table_is_a_filter(page: Page) -> None:
    cell = page.one("#confusion button")
    name, count = str(cell.get_attribute("aria-label")).rsplit(": ", 1)
    cell.click()
    assert page.count() == int(count)
    assert page.one("#pair").is_displayed() and "Gold" in name
    page.one("#pair").click()
    assert page.count() > int(count)
    cell = page.one("#classes button")
    name, count = str(cell.get_attribute("aria-label")).rsplit(": ", 1)
    cell.click()
    assert page.count() == int(count)


def test_before_and_after_stand_side_by_side(page: Page) -> None:
    page.choose("record", "mentions")
    for status, lines in {
        "fixed": {"Gold", "Earlier", "Now"}, "new": {"Gold", "Earlier", "Now"},
        "changed": {"Gold", "Earlier", "Now"}, "unchanged": {"Gold", "Now"},
    }.items():  # fmt: skip
        page.choose("status", status)
        row = page.rows()[0]
        assert {term.text for term in row.find_elements("css selector", "dt")} == lines
        assert row.find_element("css selector", ".status").text == status


def test_the_source_picker_changes_scores_and_errors(page: Page, two_runs: ReportData) -> None:
    page.one("#sources input[value='0']").click()
    assert page.count() == wanted(two_runs, source="seeds")
    score = next(s for s in two_runs.scores if s.source == 0 and s.row == "mentions")
    assert page.all("tr[data-row='mentions'] td")[0].text == f"{100 * score.now.f1:.1f}"
    assert page.one("#f-source").get_attribute("value") == "0"


def test_gold_and_prediction_differ_without_colour(page: Page) -> None:
    page.open("#record=mentions&kind=boundary")
    gold, found = page.one("#list .g"), page.one("#list .p")
    assert gold.value_of_css_property("border-bottom-style") == "solid"
    assert found.value_of_css_property("border-top-style") == "dashed"
    assert "solid line below" in page.one("#legend").text


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_nothing_runs_off_the_side(page: Page, scheme: str, size: tuple[int, int]) -> None:
    page.size(*size)
    page.scheme(scheme)
    page.open()
    page.settle()
    for selector in ("h1", "#overview", "#errors", "footer"):
        page.run("document.querySelector(arguments[0]).scrollIntoView()", selector)
        page.settle()
        assert page.run("return document.documentElement.scrollWidth") <= size[0]
    assert page.run("return [...document.querySelectorAll('#list article')]"
                    ".every(a => a.scrollWidth <= a.clientWidth)")  # fmt: skip


def contrast(page: Page, selector: str) -> float:
    """WCAG 2 contrast of an element's words against the page's paper."""
    return float(
        page.run(
            """
            const luminance = (colour) => {
              const part = colour.match(/[\\d.]+/g).slice(0, 3).map((n) => n / 255)
                .map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
              return 0.2126 * part[0] + 0.7152 * part[1] + 0.0722 * part[2];
            };
            const [a, b] = [
              luminance(getComputedStyle(document.querySelector(arguments[0])).color),
              luminance(getComputedStyle(document.body).backgroundColor),
            ];
            return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
            """,
            selector,
        )
    )


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_words_can_be_read_in_both_schemes(page: Page, scheme: str) -> None:
    page.scheme(scheme)
    paper = page.one("body").value_of_css_property("background-color")
    light = int(paper.split("(")[1].split(",")[0]) > 128
    assert light == (scheme == "light")
    for selector in ("h1", ".about", ".text", ".sides dt", ".status", "td small", ".where"):
        assert contrast(page, selector) >= 4.5, selector


def test_keys_alone_reach_filters_and_errors(page: Page) -> None:
    from selenium.webdriver.common.keys import Keys

    page.one("body").send_keys(Keys.TAB)
    assert page.run("return document.activeElement.className") == "skip"
    page.chrome.switch_to.active_element.send_keys(Keys.ENTER)
    page.chrome.switch_to.active_element.send_keys(Keys.TAB, Keys.TAB)
    assert page.run("return document.querySelector('#filters').contains(document.activeElement)")
    page.rows()[0].send_keys(Keys.ARROW_DOWN)
    for expected in range(3, 30):
        page.chrome.switch_to.active_element.send_keys(Keys.ARROW_DOWN)
        page.settle()
        focused = page.run("return document.activeElement.getAttribute('aria-posinset')")
        assert focused == str(expected)


def test_everything_that_takes_input_has_a_name(page: Page) -> None:
    nameless = page.run(
        """
        return [...document.querySelectorAll("input, select, button, [tabindex='0'], [role]")]
          .filter((e) => !e.closest("[hidden]"))
          .filter((e) => !(e.labels && e.labels.length) && !e.getAttribute("aria-label")
            && !e.getAttribute("aria-labelledby") && !e.textContent.trim())
          .map((e) => e.outerHTML.slice(0, 120));
        """
    )
    assert nameless == []
    assert page.run("return [...document.querySelectorAll('table')].every(t => t.caption)")
    assert page.run(
        "return [...document.querySelectorAll('th')].every(t => t.scope && t.textContent)"
    )
    assert page.run("return [...document.querySelectorAll('.text')].every(t => t.lang === 'ko')")
    assert page.one("#list .text").value_of_css_property("word-break") == "keep-all"


def test_dangerous_words_stay_words(chrome: Chrome, tmp_path: Path) -> None:
    page = opened(chrome, tmp_path, report_data({"<i>s</i>": [nasty()]}, resamples=5))
    assert page.chrome.title == "Evaluation report"
    assert page.all("#list script, #list img, #list b[onclick]") == []
    said = page.one("#list .text").text
    assert "</script><script>" in said and "&amp;" in said and "🦊손" in said
    assert {sign.text for sign in page.all("#list .text .sign")} >= {"U+202E", "U+200B"}
    assert page.faults() == []


def test_offsets_count_code_points(chrome: Chrome, tmp_path: Path) -> None:
    page = opened(chrome, tmp_path, report_data({"s": [nasty()]}, resamples=5))
    page.one("#f-text").send_keys("🦊손")
    page.choose("label", "EVENT")
    (row,) = page.rows()
    assert row.find_element("css selector", ".is-gold + dd bdi").text == "🦊손"
    assert row.find_element("css selector", ".is-found + dd bdi").text == "손"


def test_without_texts_offsets_remain(chrome: Chrome, tmp_path: Path) -> None:
    data = report_data({"seeds": second_pass()}, with_texts=False, resamples=5)
    page = opened(chrome, tmp_path, data)
    assert "texts are left out" in page.one("#about").text
    assert page.count() == len(data.errors) and page.all("#list .text") == []
    assert "–" in page.one("#list dd small").text
    assert page.faults() == []


def test_ten_thousand_errors_stay_light(chrome: Chrome, tmp_path: Path) -> None:
    page = opened(chrome, tmp_path, report_data({"many": many_errors(10_000)}, resamples=5))
    assert page.count() == 10_000

    def light() -> bool:
        page.settle()
        nodes = int(page.run("return document.getElementsByTagName('*').length"))
        return 0 < len(page.rows()) <= MOST_ROWS and nodes <= MOST_NODES

    assert light()
    page.choose("kind", "missed")
    assert page.count() == 2500 and light()
    page.run("scrollTo(0, document.documentElement.scrollHeight / 2)")
    assert light()
    page.run("scrollTo(0, document.documentElement.scrollHeight)")
    assert light()
    page.run("scrollTo(0, document.documentElement.scrollHeight)")
    page.settle()
    last = page.rows()[-1]
    assert last.get_attribute("aria-posinset") == last.get_attribute("aria-setsize") == "2500"
    page.one("#reset").click()
    assert page.count() == 10_000 and light()


def test_a_run_without_errors_says_so(chrome: Chrome, tmp_path: Path) -> None:
    right = [(g, as_document(g, text), text) for g, _, text in second_pass()]
    page = opened(chrome, tmp_path, report_data({"seeds": right}, resamples=5))
    assert page.one("#count").text == "No errors" and page.rows() == []
    assert page.faults() == []
