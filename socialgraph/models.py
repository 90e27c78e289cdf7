"""Infrastructure tables: the outbox of events and the ledger of count changes."""

from django.db import models
from django.db.models.functions import Now


class OutboxEvent(models.Model):
    """Something that happened and that the world outside PostgreSQL must still learn.

    Written in the transaction of what happened; handled at least once. `attempts` doubles as the lease's token: who
    claims the row next raises it, and the former holder's writes no longer match. `holder` is the database session of
    the claimant: when that has ended, so has the lease, whatever `lease_until` says.
    """

    event = models.CharField(max_length=40)
    payload = models.JSONField()
    created_at = models.DateTimeField(db_default=Now())
    lease_until = models.DateTimeField(null=True)
    holder = models.IntegerField(null=True)
    attempts = models.PositiveIntegerField(default=0, db_default=0)
    progress = models.BigIntegerField(default=0, db_default=0)
    deliveries = models.BigIntegerField(default=0, db_default=0)
    last_error = models.TextField(default="", db_default="")
    done_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "outbox"
        indexes = [
            models.Index(fields=["id"], name="outbox_pending", condition=models.Q(done_at=None)),
            models.Index(fields=["done_at"], name="outbox_done", condition=models.Q(done_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.event} {self.pk}"


class CountDelta(models.Model):
    """One change to a denormalised count, not yet folded into its row; written by triggers only."""

    counter = models.CharField(max_length=20)
    subject_id = models.BigIntegerField()
    delta = models.IntegerField()

    class Meta:
        db_table = "count_deltas"

    def __str__(self) -> str:
        return f"{self.counter} of {self.subject_id}: {self.delta:+d}"
