"""Articles for people: chosen, marked by the model, written in their tool's format, named."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest
from annotated_article import GRAMMAR_TEXT, TEXT, exported, grammar_model
from click.testing import CliRunner, Result

from lgtalent_ie.annotation.export import document_name, sha256_of_gold, unique
from lgtalent_ie.annotation.formats import label_studio, standoff
from lgtalent_ie.annotation.importing import read_exported
from lgtalent_ie.annotation.tools import FORMATS
from lgtalent_ie.cli_annotate import annotate
from lgtalent_ie.errors import DataError, LgtalentError

TEXTS = {
    "hiring": GRAMMAR_TEXT,
    "hiring_again": GRAMMAR_TEXT.replace("지난해", "올해"),
    "whales": "먼바다에서 고래 34마리가 물을 뿜으며 천천히 지나갔다.",
}


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return grammar_model(tmp_path_factory.mktemp("export") / "model")


@pytest.fixture
def news(tmp_path: Path) -> Path:
    folder = tmp_path / "news"
    folder.mkdir()
    for name, text in TEXTS.items():
        (folder / f"{name}.txt").write_text(text, encoding="utf-8")
    return folder


def run(*arguments: object) -> Result:
    """The command as it is called; own errors come through."""
    done = CliRunner().invoke(annotate, [str(a) for a in arguments], standalone_mode=False)
    if done.exception is not None and not isinstance(done.exception, LgtalentError):
        raise done.exception
    return done


def export(model: Path, *arguments: object, form: str = "standoff") -> Result:
    return run("export", "--to", form, "--model", model, "--device", "cpu", *arguments)


def test_all_articles_come_with_the_models_marks_and_scores(
    model: Path, news: Path, tmp_path: Path
) -> None:
    done = export(model, news, "-o", tmp_path / "out", "--published", "2024-03-06")
    assert done.return_value == 0, done.output
    assert "3 documents" in done.stderr and "keeps everything" in done.stderr
    gold = json.loads((tmp_path / "out" / "whales.json").read_text("utf-8"))
    assert gold["annotators"] == ["tiny@1"] and gold["published"] == "2024-03-06"
    [mention] = gold["mentions"]
    text = TEXTS["whales"]
    assert text[mention["start"] : mention["end"]] == "34마리" and 0 < mention["score"] <= 1
    assert gold["counts"][0]["value"] == 34


@pytest.mark.parametrize(
    "form, loses",
    [
        ("label_studio", "keeps everything"),
        ("conll", "dates, counts, quotes"),
        ("klue_tsv", "mention ids"),
    ],
)
def test_what_the_format_loses_is_told_and_stays_beside_it(
    model: Path, news: Path, tmp_path: Path, form: str, loses: str
) -> None:
    done = export(model, news, "-o", tmp_path / "out.x", form=form)
    assert loses in done.stderr and "--exported" in done.stderr
    beside = read_exported(tmp_path / "out.x.exported.jsonl")
    assert {name: marked.text for name, marked in beside.items()} == TEXTS
    assert all(marked.gold.counts for marked in beside.values())


def test_label_studio_gets_its_labelling_configuration(
    model: Path, news: Path, tmp_path: Path
) -> None:
    export(model, news, "-o", tmp_path / "tasks.json", form="label_studio")
    config = (tmp_path / "tasks.json.config.xml").read_text("utf-8")
    assert config == label_studio.labelling_config()
    tasks = json.loads((tmp_path / "tasks.json").read_text("utf-8"))
    assert [task["predictions"][0]["model_version"] for task in tasks] == ["tiny@1"] * 3


def test_so_many_are_chosen_as_asked_for_and_the_like_are_put_off(
    model: Path, news: Path, tmp_path: Path
) -> None:
    done = export(model, news, "-o", tmp_path / "out", "--number", 2, "--balance", 0)
    lines = [line.split("\t") for line in done.stdout.splitlines()]
    assert len(lines) == 2 and "whales" in {line[0] for line in lines}
    assert "2 of 3 articles chosen" in done.stderr
    again = export(model, news, "-o", tmp_path / "again", "--number", 2, "--balance", 0)
    assert again.stdout == done.stdout


def test_articles_marked_before_are_left_out(model: Path, news: Path, tmp_path: Path) -> None:
    export(model, news / "whales.txt", "-o", tmp_path / "gold")
    assert len(sha256_of_gold([tmp_path / "gold"])) == 1
    for more in ((), ("--number", 3)):
        done = export(
            model, news, "-o", tmp_path / "next.jsonl", "--marked", tmp_path / "gold", *more
        )
        assert "2 documents" in done.stderr


def test_the_same_text_twice_is_exported_once(model: Path, news: Path, tmp_path: Path) -> None:
    (news / "zz_copy.txt").write_text(TEXTS["whales"], encoding="utf-8")
    done = export(model, news, "-o", tmp_path / "out")
    assert "3 documents" in done.stderr and "zz_copy.txt: a text that came before" in done.stderr


def test_an_article_that_cannot_be_read_is_told_and_the_rest_go_on(
    model: Path, news: Path, tmp_path: Path
) -> None:
    (news / "broken.txt").write_bytes(b"\xff\xff\x81\x00" * 9)
    done = export(model, news, "-o", tmp_path / "out")
    assert done.return_value == 1 and "broken.txt" in done.stderr and "3 documents" in done.stderr


def test_html_is_marked_on_the_text_within(model: Path, tmp_path: Path) -> None:
    page = f"<html><body><article>{'<p>' + TEXTS['whales'] + '</p>' * 1}{'<p>바다는 넓고 하늘은 높았다고 한다.</p>' * 4}</article></body></html>"
    (tmp_path / "page.html").write_text(page, encoding="utf-8")
    export(model, tmp_path / "page.html", "-o", tmp_path / "tasks.json", form="label_studio")
    [task] = json.loads((tmp_path / "tasks.json").read_text("utf-8"))
    assert "<p>" not in task["data"]["text"] and "34마리" in task["data"]["text"]


def test_bare_articles_have_no_marks(model: Path, news: Path, tmp_path: Path) -> None:
    export(model, news, "-o", tmp_path / "out", "--bare")
    assert json.loads((tmp_path / "out" / "whales.json").read_text("utf-8"))["mentions"] == []


def test_standard_input_is_read_for_choosing_and_for_extracting(
    model: Path, tmp_path: Path
) -> None:
    rows = "\n".join(json.dumps({"text": text, "id": name}) for name, text in TEXTS.items())
    arguments = ["export", "--to", "standoff", "--model", str(model), "--device", "cpu", "-",
                 "--number", "1", "-o", str(tmp_path / "out")]  # fmt: skip
    done = CliRunner().invoke(annotate, arguments, input=rows.encode(), standalone_mode=False)
    assert done.return_value == 0, done.output
    assert len(list((tmp_path / "out").iterdir())) == 1


def gold_folder(tmp_path: Path) -> tuple[Path, Path]:
    (tmp_path / "gold").mkdir()
    standoff.write([exported()], tmp_path / "gold", with_text=False)
    (tmp_path / "texts").mkdir()
    (tmp_path / "texts" / "article.txt").write_bytes(TEXT.encode())
    return tmp_path / "gold", tmp_path / "texts"


@pytest.mark.parametrize("form", [f for f in FORMATS if f not in ("spacy_docbin", "hf_datasets")])
def test_gold_is_exported_without_any_model_and_comes_back(form: str, tmp_path: Path) -> None:
    gold, texts = gold_folder(tmp_path)
    target = tmp_path / {"label_studio": "a.json", "doccano": "a.jsonl"}.get(form, "a")
    out = run("export", "--gold", gold, "--texts", texts, "--to", form, "-o", target)
    assert out.return_value == 0, out.output
    back = run("import", target, "--from", form, "--exported", f"{target}.exported.jsonl",
               "--annotator", "kim", "-o", tmp_path / "back", "--marked-on", "2026-02-03")  # fmt: skip
    assert (back.return_value, back.stdout) == (0, ""), back.output
    written = json.loads((tmp_path / "back" / "article.json").read_text("utf-8"))
    was = json.loads((gold / "article.json").read_text("utf-8"))
    for mark in was["mentions"] + was["relations"]:
        del mark["score"]
    for content in (written, was):
        content["relations"].sort(key=lambda relation: relation["type"])
    assert written == was | {"annotators": ["kim"], "marked": "2026-02-03"}


def test_gold_without_its_text_is_told(tmp_path: Path) -> None:
    gold, _ = gold_folder(tmp_path)
    done = run("export", "--gold", gold, "--texts", gold, "--to", "brat", "-o", tmp_path / "out")
    assert isinstance(done.exception, DataError) and "no text of 'article'" in done.stderr


def test_conflicts_are_lines_and_exit_code_one(tmp_path: Path) -> None:
    tasks = tmp_path / "tasks.json"
    gold = msgspec.structs.replace(exported().gold, mentions=exported().gold.mentions[:5],
                                   organizations=())  # fmt: skip
    label_studio.write([type(exported())(gold, TEXT)], tasks)
    standoff.write([exported()], tmp_path / "was.jsonl")
    arguments = ["import", tasks, "--from", "label_studio", "--exported", tmp_path / "was.jsonl",
                 "--annotator", "kim"]  # fmt: skip
    fine = run(*arguments, "-o", tmp_path / "one")
    assert fine.return_value == 0 and "mention deleted: ORG" in fine.stdout
    rows = json.loads(tasks.read_text("utf-8"))
    rows[0]["predictions"][0]["result"][0]["value"]["labels"] = ["FIRM"]
    tasks.write_text(json.dumps(rows), "utf-8")
    nothing = run(*arguments, "-o", tmp_path / "two")
    assert nothing.return_value == 2 and "'FIRM'" in nothing.stdout
    assert not (tmp_path / "two").exists()


def test_gold_that_is_there_is_not_overwritten_unasked(tmp_path: Path) -> None:
    gold, texts = gold_folder(tmp_path)
    before = (gold / "article.json").read_bytes()
    arguments = ["import", gold, "--from", "standoff", "-o", gold]
    (gold / "article.txt").write_bytes((texts / "article.txt").read_bytes())
    assert isinstance(run(*arguments).exception, DataError)
    assert (gold / "article.json").read_bytes() == before
    assert run(*arguments, "--replace", "--annotator", "lee").return_value == 0
    assert b'"lee"' in (gold / "article.json").read_bytes()


def test_a_format_that_does_not_say_who_marked_wants_to_know(tmp_path: Path) -> None:
    gold, texts = gold_folder(tmp_path)
    run("export", "--gold", gold, "--texts", texts, "--to", "conll", "-o", tmp_path / "a")
    done = run("import", tmp_path / "a", "--from", "conll", "-o", tmp_path / "back")
    assert "--annotator" in str(done.exception)


@pytest.mark.parametrize(
    "item, name",
    [("news/2023/a.txt", "a"), ("C:\\news\\b.HTML", "b"), ("rows.jsonl:3", "rows.jsonl_3"),
     ("id 7", "id 7"), ("2023.06.21", "2023.06.21"), ("-", "-"), ("https://a.b/c?d=1", "c?d=1")],
)  # fmt: skip
def test_documents_are_named_after_their_files_and_rows(item: str, name: str) -> None:
    assert document_name(item) == name


def test_names_that_are_taken_get_a_number() -> None:
    names: set[str] = set()
    assert [unique("a", names) for _ in range(3)] == ["a", "a-2", "a-3"]
