"""What is known of a model."""

from __future__ import annotations

from msgspec import Struct

from .conversations import Effort, Problem


class LongContext(Struct, frozen=True, forbid_unknown_fields=True):
    """Factors on the prices of a request whose input is `above` so many tokens."""

    above: int
    input: float
    output: float


class Model(Struct, omit_defaults=True, frozen=True):
    """A model that can be chosen and what it takes; prices are per million tokens.

    Its window has room for `context_tokens`; what goes in may be limited on its own
    (`max_input_tokens`).  `shutdown_date` is the first day on which it no longer answers.
    """

    id: str
    name: str
    known: bool = False
    """False: not in our catalogue; of it is known what its server says, if anything."""
    context_tokens: int | None = None
    max_input_tokens: int | None = None
    max_output_tokens: int | None = None
    efforts: list[Effort] = []
    default_effort: Effort | None = None
    temperature: bool = True
    """Whether temperature may be set (with efforts: only at effort `none`)."""
    images: bool = True
    """Whether pictures may go with a question."""
    input_price: float | None = None
    output_price: float | None = None
    cached_price: float | None = None
    cache_write_price: float | None = None
    long_context: LongContext | None = None
    shutdown_date: str | None = None


class ModelList(Struct, omit_defaults=True, frozen=True):
    """`default` is the model used where a thread names none; `problem` says why the
    server's own list could not be had (the catalogue is shown instead).  `gone` are models
    that conversations may still name, and that have been shut down; `unlisted` are those that
    this server's administrator describes and the models' server does not list.  `ignored`
    says what is wrong with what this server's administrator says of models: it is left out."""

    models: list[Model]
    default: str | None
    problem: Problem | None = None
    gone: list[Model] = []
    ignored: Problem | None = None
    unlisted: list[Model] = []
