"""Ending an open task from outside its run: by its customer, or by its time limit.

The move comes first and gives the money back; only then is whoever works on it told. So the answer is true whatever
happens to the message: a runner that did not hear finds the task ended at its next step.
"""

import structlog

from filmgate.store.tasks import Tasks
from filmgate.task import Move, Task

_log = structlog.get_logger("filmgate.work")


async def end_from_outside(tasks: Tasks, task: Task, move: Move) -> bool:
    """Apply a move that ends the task, take its job away, and stop the worker that is at it.

    Returns:
        False, and nothing is changed, if the task has moved on since it was looked at.

    Raises:
        Unavailable: the database is away; the task may have ended.
    """
    if not await tasks.apply(move):
        return False
    await tasks.withdraw(task.id)
    _log.info("task.moved", task=str(task.id), account=str(task.account_id), **{"from": move.seen, "to": move.to})
    return True
