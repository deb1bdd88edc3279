"""A Label Studio labelling configuration: where its text comes from and what its labels are."""

from __future__ import annotations

from dataclasses import dataclass
from xml.etree import ElementTree

from lgtalent_ie.annotation.marked import LABELS
from lgtalent_ie.errors import InputError

ACCEPTED = (
    'a configuration such as <View><Labels name="label" toName="text"><Label value="ORG"/></Labels>'
    '<Text name="text" value="$text"/></View>'
)


@dataclass(frozen=True, slots=True)
class LabellingConfig:
    """What a prediction needs of a configuration.

    `from_name` is the control with the labels, `to_name` the text it marks, `key` the field of a
    task's data with the text. `labels` are those of ours that it offers, `relations` the types of
    its `<Relations>`; None where it has no such control, and relations go without a type.
    """

    from_name: str
    to_name: str
    key: str
    labels: frozenset[str]
    relations: frozenset[str] | None


def read_config(xml: str) -> LabellingConfig:
    """Read a configuration; labels that it has and we do not know are none of our business.

    Raises InputError where it is no XML, where no <Labels> points to a <Text> whose value is a
    field of the task, or where none of its labels is one of ours.

    >>> config = read_config('<View><Labels name="l" toName="t"><Label value="ORG"/></Labels>'
    ...                      '<Text name="t" value="$article"/></View>')
    >>> config.from_name, config.to_name, config.key, sorted(config.labels)
    ('l', 't', 'article', ['ORG'])
    """
    remedy = "correct the labelling configuration of the project"
    try:
        root = ElementTree.fromstring(xml)
    except (ElementTree.ParseError, ValueError) as error:
        raise InputError(f"labelling configuration: {error}", ACCEPTED, remedy) from error
    texts = {text.get("name"): text for text in root.iter("Text")}
    control = next((c for c in root.iter("Labels") if c.get("toName") in texts), None)
    if control is None or not control.get("name"):
        raise InputError("labelling configuration without <Labels> on a <Text>", ACCEPTED, remedy)
    text = texts[control.get("toName")]
    value = text.get("value", "")
    if not value.startswith("$") or text.get("valueType") == "url":
        raise InputError(
            f'<Text value="{value}" valueType="{text.get("valueType", "text")}">',
            'the text itself in a field of the task: value="$text"', remedy,
        )  # fmt: skip
    offered = {label.get("value", "") for label in control.iter("Label")}
    labels = offered & set(LABELS)
    if not labels:
        raise InputError(
            f"labels {sorted(offered)}", f"some of {', '.join(LABELS)}", remedy,
        )  # fmt: skip
    relations = [r.get("value", "") for r in root.iter("Relation")]
    return LabellingConfig(
        str(control.get("name")),
        str(text.get("name")),
        value.removeprefix("$"),
        frozenset(labels),
        frozenset(relations) if relations else None,
    )
