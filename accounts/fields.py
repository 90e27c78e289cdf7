"""Text that is one and the same whatever its case."""

from typing import Any

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models.sql.compiler import SQLCompiler


class CaselessCharField(models.CharField):  # type: ignore[type-arg]  # not subscriptable at run time
    """Its `iexact` compares lower(), where the unique index is. (Django's own compares upper().)"""


class CaselessEmailField(models.EmailField):  # type: ignore[type-arg]  # not subscriptable at run time
    """The same for addresses, and `exact` too: allauth looks them up so, and would walk the whole table."""


@CaselessCharField.register_lookup
@CaselessEmailField.register_lookup
class CaselessIExact(models.Lookup):
    lookup_name = "iexact"

    def as_sql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> Any:
        left, left_values = self.process_lhs(compiler, connection)
        right, right_values = self.process_rhs(compiler, connection)
        return f"lower({left}) = lower({right})", [*left_values, *right_values]


@CaselessEmailField.register_lookup
class CaselessExact(CaselessIExact):
    lookup_name = "exact"
