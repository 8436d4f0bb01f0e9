"""The JSON Schema of checklist files, for editors: completion, explanations and errors while one types.

Made from the models that read the files, with their docstrings as explanations. It knows the form of a file
and not what its parts mean together: that is `visitsafe checklist check`.
"""

import inspect
import re
from typing import Annotated, Any

from pydantic import BaseModel, Field, TypeAdapter

from visitsafe.checklists.checklist import Model
from visitsafe.checklists.checklist_files import MODELS
from visitsafe.checklists.kinds import Checklist, Sources

DIALECT = "https://json-schema.org/draft/2020-12/schema"
_ATTRIBUTE = re.compile(r"^(\w+): (.+)$")


def schema(kind: str | None = None) -> dict[str, Any]:
    """JSON Schema, draft 2020-12, for one kind of file or for all of them.

    Args:
        kind: A kind of checklist or `sources`; None for a schema that tells them apart by `kind`.
    """
    everything: Any = MODELS[kind] if kind else Annotated[Checklist | Sources, Field(discriminator="kind")]
    found = TypeAdapter(everything).json_schema()
    # OpenAPI's hint for the union; JSON Schema has the same in oneOf and the const of each kind.
    found.pop("discriminator", None)
    _explain(found)
    title = f"visitsafe checklist, kind {kind}" if kind else "visitsafe checklist"
    return {"$schema": DIALECT, "title": title, **{key: found[key] for key in found if key != "title"}}


def _explain(found: dict[str, Any]) -> None:
    """Put the explanations of keys beside the keys, and keep only the first paragraph for the whole."""
    explanations = {model.__name__: model for model in _all_models(Model)}
    for name, part in {"": found, **found.get("$defs", {})}.items():
        model = explanations.get(name or str(found.get("title")))
        if model is None or "properties" not in part:
            continue
        part["description"] = inspect.cleandoc(model.__doc__ or "").split("\n\n")[0].replace("\n", " ")
        for name_in_code, text in _attributes(model).items():
            alias = model.model_fields[name_in_code].alias if name_in_code in model.model_fields else None
            key = alias or name_in_code
            if key in part["properties"]:
                part["properties"][key].setdefault("description", text)


def _all_models(base: type[BaseModel]) -> list[type[BaseModel]]:
    return [one for child in base.__subclasses__() for one in (child, *_all_models(child))]


def _attributes(model: type[BaseModel]) -> dict[str, str]:
    """The `Attributes:` of a model's docstring, and of those that it is made from."""
    found: dict[str, str] = {}
    for one in reversed(model.__mro__):
        _, _, listed = inspect.cleandoc(one.__doc__ or "").partition("Attributes:\n")
        for line in inspect.cleandoc(listed).splitlines():
            if match := _ATTRIBUTE.match(line):
                found[match[1]] = match[2]
    return found
